"""How the demo's RMs answer, and the clock that they and the desk go by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pytest

from stream.demo.clock import TownClock, begun
from stream.demo.habits import EARLY, LATE, habits_of, next_move
from stream.desk.work import answers
from stream.desk.work.commands import Acknowledge, Actor, LogContact, Outcome, Snooze
from stream.engine.log.jsonl import Fault, Line
from stream.settings.desk_work import Work

HOUR = 3_600_000
TIME = 1_736_000_000_000
REASONS = tuple(Work().loss_reasons)
RM = Actor(staff_id="rm-0000", role="rm")


@dataclass(frozen=True)
class Warned:
    episode_id: str = "e1"
    customer_id: str = "c1"
    opened_at: int = TIME
    ended_at: int | None = None
    acknowledged_at: int | None = None
    snoozed_until: int | None = None
    first_contact_at: int | None = None
    outcome: str | None = None
    version: int = 0


def move(habit, seen, *, leaves=False, lived=TIME):
    return next_move(habit, seen, leaves=leaves, lived=lived, reasons=REASONS)


def life(habit, episode_id, *, leaves=False):
    """Return every move about one warning, from its opening to its outcome."""
    seen, lived, moves = Warned(episode_id), TIME, []
    while (found := move(habit, seen, leaves=leaves, lived=lived)) is not None:
        moves.append(found)
        lived, version = found.at, seen.version + 1
        match found.command:
            case Snooze(until=until):
                seen = replace(seen, snoozed_until=until, version=version)
            case Acknowledge():
                seen = replace(seen, acknowledged_at=lived, snoozed_until=None, version=version)
            case LogContact():
                seen = replace(seen, first_contact_at=lived, version=version)
            case Outcome(outcome=ending):
                seen = replace(seen, outcome=ending, version=version)
        assert len(moves) < 10
    return moves


EPISODES = [f"e{number}" for number in range(300)]


def test_the_last_rm_is_the_person_at_the_screen_and_the_others_take_turns():
    assert habits_of(["a", "b", "c", "d", "e"]) == {"a": EARLY, "b": LATE, "d": EARLY}
    assert habits_of(["a"]) == habits_of([]) == {}


def test_who_answers_early_has_seen_it_within_hours_and_who_answers_late_after_more_than_a_day():
    early = [move(EARLY, Warned(name)).at - TIME for name in EPISODES]
    late = [move(LATE, Warned(name)).at - TIME for name in EPISODES]
    assert 0.5 * HOUR <= min(early) <= max(early) <= 3 * HOUR
    assert 30 * HOUR <= min(late) <= max(late) <= 96 * HOUR


@pytest.mark.parametrize("habit", [EARLY, LATE])
def test_a_warning_is_seen_then_the_customer_called_then_it_is_answered(habit):
    orders = Counter()
    for name in EPISODES:
        moves = life(habit, name)
        assert [one.at for one in moves] == sorted(one.at for one in moves)
        assert len({one.command.action_id for one in moves}) == len(moves)
        orders[tuple(type(one.command).__name__ for one in moves)] += 1
    usual = ("Acknowledge", "LogContact", "Outcome")
    assert set(orders) == {usual, ("Snooze", *usual)}
    assert 0.03 < orders["Snooze", *usual] / len(EPISODES) < 0.2


def test_what_somebody_does_is_what_the_desk_takes():
    seen = Warned()
    for name in EPISODES:
        for one in life(EARLY, name, leaves=True):
            if isinstance(one.command, Outcome):
                answers.outcome(seen, one.command, RM, one.at, Work())
            elif isinstance(one.command, Snooze):
                answers.snooze(seen, one.command, RM, one.at, Work())
                assert one.command.why in Work().snooze_reasons
            elif isinstance(one.command, LogContact):
                assert one.command.how in Work().contact_ways


def endings(*, leaves):
    return Counter(life(EARLY, name, leaves=leaves)[-1].command.outcome for name in EPISODES)


def test_who_leaves_is_more_often_lost_and_who_stays_more_often_saved_or_a_false_alarm():
    leaving, staying = endings(leaves=True), endings(leaves=False)
    assert leaving["lost"] > 5 * staying["lost"] > 0
    assert staying["saved"] > leaving["saved"] > 0
    assert staying["false_alarm"] > leaving["false_alarm"] > 0


def test_the_same_warning_is_always_answered_in_the_same_way():
    assert life(LATE, "e7", leaves=True) == life(LATE, "e7", leaves=True)


def test_nothing_is_done_in_the_past_nor_while_it_is_put_off():
    assert move(EARLY, Warned(), lived=TIME + 90 * HOUR).at == TIME + 90 * HOUR
    assert move(EARLY, Warned(snoozed_until=TIME + 72 * HOUR)).at == TIME + 72 * HOUR
    assert move(EARLY, Warned(outcome="saved")) is None


class Hand:
    """A monotonic clock that is moved by hand, in seconds."""

    def __init__(self):
        self.at = 100.0

    def __call__(self):
        return self.at


def lines(count):
    return [Line("balances", "c", TIME + number * HOUR, {}) for number in range(1, count + 1)]


def test_the_town_is_as_far_as_the_broker_has_it_and_goes_on_at_the_walls_pace():
    hand = Hand()
    clock = TownClock(TIME, hand)
    assert len(list(clock.marked(lines(100)))) == 100
    assert clock.ahead() == TIME
    clock.delivered(59)
    assert clock.ahead() == TIME + 40 * HOUR
    hand.at += 2
    assert clock.ahead() == TIME + 40 * HOUR + 2000
    clock.delivered(100)
    assert clock.ahead() == TIME + 100 * HOUR


def test_the_desk_follows_when_it_is_told_and_never_goes_back():
    clock = TownClock(TIME, Hand())
    clock.move_on(TIME + 5)
    clock.move_on(TIME + 3)
    assert clock.now() == TIME + 5


def test_the_town_begins_with_its_first_line_and_none_is_lost():
    given = [Fault(1, "no JSON"), *lines(3)]
    first, rest = begun(given)
    assert (first, list(rest)) == (TIME + HOUR, given)
    first, rest = begun(given[:1])
    assert (first, list(rest)) == (0, given[:1])

"""Who is warned of whose departure: by share and size, once a wave, and called off when they come back."""

from __future__ import annotations

import pytest

from stream.domain import groups
from stream.domain.events import GroupSignal
from stream.domain.groups import Contagion, GroupState, decode, encode, fold
from stream.domain.state import StateVersionError

DAY = 86_400_000
T0 = 1_740_794_400_000
RULES = Contagion()


def signal(kind, member, day=0.0, group_kind="household", **more):
    time = T0 + round(day * DAY)
    identity = more.pop("event_id", f"{kind}-{member}-{time}")
    return GroupSignal(
        event_id=identity, customer_id=member, time=time, group_id="g", group_kind=group_kind, kind=kind, **more
    )


def group_of(count, kind="household"):
    group = GroupState()
    for number in range(count):
        assert fold(group, signal("joined", f"m{number}", -100, kind), RULES) == []
    return group


def warned(group, *signals, rules=RULES):
    """Return whom each signal warns."""
    return [[warning.customer_id for warning in fold(group, one, rules) or []] for one in signals]


def test_one_leaver_of_a_household_warns_the_others_and_not_themselves():
    group = group_of(3)
    [first, second] = fold(group, signal("left", "m1"), RULES)
    assert {first.customer_id, second.customer_id} == {"m0", "m2"}
    assert (first.left, first.size, first.group_id, first.group_kind) == (1, 3, "g", "household")
    assert first.cause == f"left-m1-{T0}" and first.time == T0 and not first.over


def test_the_others_are_warned_once_however_many_follow_soon():
    group = group_of(5)
    first, *later = warned(group, *(signal("left", f"m{n}", n) for n in range(4)))
    assert first == ["m1", "m2", "m3", "m4"] and later == [[], [], []]


def test_after_some_quiet_they_are_warned_again_if_it_got_worse():
    assert warned(group_of(5), signal("left", "m0"), signal("left", "m1", 29.9)) == [["m1", "m2", "m3", "m4"], []]
    assert warned(group_of(5), signal("left", "m0"), signal("left", "m1", 30))[1] == ["m2", "m3", "m4"]


def test_one_more_of_many_is_not_worse_enough():
    group = group_of(10, "circle")
    leavers = [signal("left", f"m{n}", n / 100, "circle") for n in range(3)]
    assert [len(found) for found in warned(group, *leavers)] == [0, 0, 7]
    assert warned(group, signal("left", "m3", 40, "circle")) == [[]]
    assert [len(found) for found in warned(group, signal("left", "m4", 41, "circle"))] == [5]


def test_departures_further_apart_than_the_window_do_not_add_up_and_begin_a_wave_of_their_own():
    group = group_of(10, "payroll")
    assert warned(group, signal("left", "m0", 0, "payroll"), signal("left", "m1", 90, "payroll")) == [[], []]
    household = group_of(4)
    assert [len(w) for w in warned(household, signal("left", "m0"), signal("left", "m1", 90))] == [3, 2]


@pytest.mark.parametrize(
    ("kind", "size", "left", "spreads"),
    [
        ("household", 2, 1, True), ("household", 8, 1, True), ("household", 9, 1, False), ("household", 9, 3, True),
        ("circle", 3, 1, False), ("circle", 5, 2, True), ("circle", 6, 2, True), ("circle", 7, 2, False),
        (None, 5, 1, False), (None, 5, 2, True),
        ("payroll", 4, 1, False), ("payroll", 5, 2, True), ("payroll", 40, 7, False), ("payroll", 40, 8, True),
        ("payroll", 5000, 1, False), ("payroll", 5000, 999, False), ("payroll", 5000, 1000, True),
    ],
)  # fmt: skip
def test_share_and_size_decide(kind, size, left, spreads):
    assert RULES.spreads(kind, size, left) is spreads


def test_seven_of_forty_on_a_payroll_are_silent_and_eight_are_not():
    group = group_of(40, "payroll")
    found = warned(group, *(signal("left", f"m{n}", n, "payroll") for n in range(8)))
    assert [len(warnings) for warnings in found] == [0, 0, 0, 0, 0, 0, 0, 32]


def test_the_same_signal_again_is_a_duplicate():
    group = group_of(3)
    assert fold(group, signal("left", "m1"), RULES)
    before = encode(group)
    assert fold(group, signal("left", "m1"), RULES) is None
    assert encode(group) == before


def test_the_same_departure_makes_the_same_warning_ids_and_another_one_others():
    once, again = group_of(3), group_of(3)
    ids = [w.event_id for w in fold(once, signal("left", "m1"), RULES)]
    assert ids == [w.event_id for w in fold(again, signal("left", "m1"), RULES)] and len(set(ids)) == 2
    assert not set(ids) & {w.event_id for w in fold(once, signal("left", "m0", 40), RULES)}


def test_who_parted_is_neither_warned_nor_a_departure():
    group = group_of(3)
    assert warned(group, signal("parted", "m2"), signal("left", "m1", 1)) == [[], ["m0"]]
    assert group.size == 2


def test_a_leaver_who_is_forgotten_counts_on_without_a_name():
    group = group_of(10, "payroll")
    warned(group, signal("left", "m0", 0, "payroll"), signal("parted", "m0", 1, "payroll"))
    assert b"m0" not in encode(group).replace(b"left-m0", b"")  # the name of the event is the test's own
    assert len(warned(group, signal("left", "m1", 2, "payroll"))[0]) == 8


def test_leavers_who_come_back_call_the_warning_off_for_those_who_got_it():
    group = group_of(4)
    fold(group, signal("left", "m0"), RULES)
    fold(group, signal("joined", "m9", 1), RULES)
    back = fold(group, signal("joined", "m0", 2), RULES)
    assert {w.customer_id for w in back} == {"m1", "m2", "m3"}
    assert all(w.over and w.left == 0 and w.size == 5 for w in back)
    assert fold(group, signal("joined", "m0", 3), RULES) == []
    assert len(warned(group, signal("left", "m0", 4))[0]) == 4, "a new departure begins a new wave"


def test_one_back_of_enough_leavers_calls_nothing_off():
    group = group_of(4)
    warned(group, signal("left", "m0"), signal("left", "m1", 1))
    assert warned(group, signal("joined", "m0", 2)) == [[]]


def test_a_member_known_only_behind_the_departure_is_warned_all_the_same_and_a_later_one_is_not():
    group = group_of(3)
    warned(group, signal("left", "m0", 5))
    [warning] = fold(group, signal("joined", "late", 4), RULES)
    assert (warning.customer_id, warning.cause, warning.time) == ("late", f"left-m0-{T0 + 5 * DAY}", T0 + 5 * DAY)
    assert warned(group, signal("joined", "late", 4, event_id="again"), signal("joined", "new", 6)) == [[], []]


def test_a_leaver_of_whom_nothing_else_was_known_counts():
    group = group_of(2)
    assert sorted(warned(group, signal("left", "stranger"))[0]) == ["m0", "m1"]
    assert group.size == 3


def test_old_news_of_joining_does_not_bring_a_leaver_back():
    group = group_of(3)
    warned(group, signal("left", "m0", 5), signal("joined", "m0", 4))
    assert "m0" not in group.members and len(group.left) == 1


def test_a_departure_from_before_the_window_warns_nobody():
    group = group_of(12, "circle")
    warned(group, signal("left", "m0", 200, "circle"))
    assert warned(group, signal("left", "m1", 0, "circle")) == [[]]
    assert [leaver.member for leaver in group.left] == ["m0"]


def test_departures_in_any_order_leave_the_same_state():
    signals = [signal("left", f"m{n}", n * 10, "payroll") for n in range(3)]
    states = []
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        group = group_of(40, "payroll")
        warned(group, *(signals[n] for n in order))
        states.append((group.left, sorted(group.members)))
    assert states[0] == states[1] == states[2]


def test_more_members_than_are_kept_by_name_are_counted(monkeypatch):
    monkeypatch.setattr(groups, "MOST_MEMBERS", 3)
    group = group_of(6, "circle")
    assert (len(group.members), group.more, group.size) == (3, 3, 6)
    assert warned(group, signal("left", "m5", 0, "circle"), signal("left", "m0", 1, "circle")) == [[], ["m1", "m2"]]
    assert (group.more, group.size) == (2, 6)
    warned(group, signal("parted", "m4", 2, "circle"))
    assert group.more == 1


def test_the_oldest_departures_are_dropped_where_there_are_too_many(monkeypatch):
    monkeypatch.setattr(groups, "MOST_LEFT", 2)
    group = group_of(6, "payroll")
    warned(group, *(signal("left", f"m{n}", n, "payroll") for n in range(3)))
    assert [leaver.member for leaver in group.left] == ["m1", "m2"]


def test_without_rules_the_state_is_kept_and_nobody_is_warned():
    group = group_of(3)
    assert fold(group, signal("left", "m0"), None) == []
    assert group.size == 3 and len(group.left) == 1


def test_a_state_is_stored_and_read_back():
    group = group_of(4)
    fold(group, signal("left", "m0"), RULES)
    assert decode(encode(group)) == group


@pytest.mark.parametrize("stored", [b"", b"\x09\x90", b"\x01\xc1", b"\x01\x91\x05"])
def test_what_is_no_state_of_this_build_is_refused(stored):
    with pytest.raises(StateVersionError):
        decode(stored)

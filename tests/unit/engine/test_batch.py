"""One batch in memory: what goes wrong for one customer touches nobody else, and nothing is half done."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import orjson
import pytest
from support.harness import Harness
from support.timeline import at, records, settings, steady
from support.units import SHANGHAI

from stream.domain.state import decode
from stream.domain.step import Step
from stream.domain.storm import StormLimits
from stream.domain.world import World
from stream.engine.log import deadletter
from stream.engine.log.deadletter import build_version
from stream.faults import describe
from stream.policy.pipeline import Pipeline
from stream.rules.base import Params, Rule
from stream.rules.registry import build

NOON = at("2025-03-01 12:00")
POISON = "poison"


class Brittle(Rule[Params]):
    """A rule with a fault: it raises on marked events, and on a timer where it asked for one."""

    name = "brittle"
    listens = frozenset({"contacts", "balances"})
    behavioural = False
    practice = "none"
    respond_within_h = 1
    texts = {}
    Params = Params

    def evaluate(self, state, event):
        if event.topic == "tick" or getattr(event, "how", "") == POISON or getattr(event, "account_id", "") == POISON:
            raise ZeroDivisionError("c1 owes 12.50")

    def look(self, state, time):
        return {}

    def next_due(self, state, event):
        if getattr(event, "how", "") == "timed":
            return event.time + 3_600_000
        return None


PLAIN = {"balance_drop", "call_forwarding_off_net", "serious_complaint"}  # the others have timers of their own


def core():
    known = [rule for rule in build(settings().rules, SHANGHAI) if rule.name in PLAIN]
    rules = (*known, Brittle(Params(), SHANGHAI))
    return Step(SHANGHAI, rules, Pipeline(rules, (), update_gap_h=24, expire_days=30))


@pytest.fixture
async def harness(tmp_path):
    made = Harness(tmp_path, core=core())
    await made.open()
    yield made
    await made.crash()


def contact(moment, customer, how="call"):
    return moment.event("contacts", customer, staff_id="s", how=how, result="reached")


async def after(harness, *parts):
    harness.feed(records(*parts))
    await harness.drain()
    return harness.states()


def letters(harness):
    return [(r.key, r.value, {k: v.decode() for k, v in r.headers}) for r in harness.written("dead-letters")]


async def test_a_record_that_cannot_be_read_becomes_a_dead_letter_as_it_was_received(harness):
    harness.broker.append("balances", 0, b"c", b"\xff not json", 1_740_000_000_000)
    harness.broker.append("balances", 0, None, None, 1_740_000_000_001)
    await harness.drain()
    first, second = letters(harness)
    assert first[:2] == (b"c", b"\xff not json")
    assert first[2].items() >= {
        "dl_topic": "balances", "dl_partition": "0", "dl_offset": "0", "dl_timestamp": "1740000000000",
        "dl_reason": "not-json", "dl_path": "$", "dl_version": build_version(),
    }.items()  # fmt: skip
    assert (second[0], second[1], second[2]["dl_reason"]) == (None, None, "no-value")
    assert harness.states() == {}
    assert harness.counted("churnwatch_events_total", topic="balances", result="dead-letter") == 2
    assert harness.counted("churnwatch_dead_letters_total", reason="not-json") == 1


async def test_a_poison_event_leaves_its_customers_state_as_it_was_and_the_batch_goes_on(harness):
    good = [NOON.balance("c1", 5), NOON.plus(hours=2).balance("c1", 7), NOON.plus(hours=1).balance("c2", 9)]
    states = await after(harness, good, contact(NOON.plus(minutes=90), "c1", POISON))
    assert decode(states[b"c1"]).contact is None
    assert decode(states[b"c1"]).accounts["a1"].balance == 700
    assert decode(states[b"c2"]).accounts["a1"].balance == 900
    [(key, value, headers)] = letters(harness)
    assert key == b"c1"
    assert orjson.loads(value)["how"] == POISON
    assert (headers["dl_reason"], headers["dl_topic"]) == ("poison", "contacts")
    assert headers["dl_message"].startswith("ZeroDivisionError at evaluate:")
    assert "12.50" not in str(headers)


async def test_a_customer_who_begins_with_a_poison_event_is_unknown(harness):
    assert await after(harness, contact(NOON, "c1", POISON), NOON.balance("c2", 1)) == {b"c2": harness.states()[b"c2"]}


async def test_a_poison_event_is_no_duplicate_when_it_is_sent_again(harness):
    bad = contact(NOON, "c1", POISON)
    await after(harness, bad, bad)
    assert len(letters(harness)) == 2


async def test_many_poison_events_between_good_ones_leave_just_the_good_ones(harness, tmp_path):
    good = [NOON.plus(minutes=n).balance("c1", n) for n in range(20)]
    bad = [NOON.plus(minutes=n + 0.5).balance("c1", 1, account=POISON) for n in range(20)]
    mixed = await after(harness, good, bad)
    clean = Harness(tmp_path / "clean", core=core())
    await clean.open()
    assert mixed == await after(clean, good)
    await clean.crash()
    assert len(letters(harness)) == 20


async def test_a_step_that_fails_teaches_the_shard_nothing(harness, tmp_path):
    """The first event of a month counts what the customer is worth, a forwarding what warnings are usual."""
    next_month = at("2025-04-02 12:00")
    fails = contact(next_month, "c1", POISON)
    history = [NOON.balance("c1", 500_000), NOON.plus(days=20).balance("c2", 1)]
    await after(harness, [*history, fails])
    assert harness.shard._world.top_value.count == 0
    clean = Harness(tmp_path / "clean", core=core())
    await clean.open()
    await after(clean, [*history, contact(next_month, "c1", "call")])
    assert clean.shard._world.top_value.count == 1  # the same step, where it does not fail
    await clean.crash()


def test_the_world_forgets_what_a_failed_step_taught_and_keeps_what_a_good_one_did():
    limits, world = StormLimits(at_least=2), World()
    world.learn_worth(700)
    assert world.learn_warning("k", NOON.time, limits) == 0
    world.settle()
    before = world.dump()
    world.learn_worth(900)
    assert world.learn_warning("k", NOON.time, limits) == NOON.time
    world.learn_warning("other", NOON.time, limits)
    assert world.dump() != before
    world.unlearn()
    assert world.dump() == before
    world.unlearn()
    assert world.dump() == before


async def test_what_alerted_before_the_poison_in_the_same_batch_has_alerted_once(harness):
    parts = [
        NOON.forwarding("c1", "unconditional", "rival"),
        contact(NOON.plus(minutes=1), "c1", POISON),
        NOON.plus(minutes=2).forwarding("c1", "inactive"),
    ]
    await after(harness, parts)
    assert [alert["state"] for alert in harness.alerts()] == ["opened", "resolved"]


async def test_a_poison_timer_is_given_up_and_told_and_the_rest_goes_on(harness):
    parts = [contact(NOON, "c1", "timed"), NOON.balance("c1", 5), NOON.plus(hours=5).balance("c2", 1)]
    states = await after(harness, parts)
    assert Brittle.name not in decode(states[b"c1"]).timers
    assert decode(states[b"c1"]).accounts["a1"].balance == 500
    [(key, value, headers)] = letters(harness)
    assert (key, orjson.loads(value)) == (b"c1", {"due": NOON.time + 3_600_000})
    assert (headers["dl_topic"], headers["dl_reason"]) == ("timers", "poison")
    assert harness.counted("churnwatch_dead_letters_total", topic="timers", reason="poison") == 1


async def test_a_poison_timer_is_given_up_also_where_a_poison_event_makes_the_batch_be_done_again(harness):
    parts = [
        contact(NOON, "c1", "timed"),
        NOON.plus(hours=2).balance("c1", 5),
        contact(NOON.plus(hours=3), "c1", POISON),
        NOON.plus(hours=4).balance("c1", 6),
    ]
    states = await after(harness, parts)
    assert Brittle.name not in decode(states[b"c1"]).timers
    assert decode(states[b"c1"]).accounts["a1"].balance == 600
    assert [headers["dl_topic"] for _, _, headers in letters(harness)] == ["timers", "contacts"]


async def test_good_timers_are_done_again_when_a_later_event_is_poison(harness):
    drop = [steady("c1", 100_000), at("2025-03-02 09:00").balance("c1", 10_000)]
    bad = contact(at("2025-03-03 09:00"), "c1", POISON)
    states = await after(harness, drop, bad, at("2025-03-03 10:00").balance("c1", 10_000))
    assert [alert["state"] for alert in harness.alerts()] == ["opened"]
    assert list(decode(states[b"c1"]).episodes) == ["balance_drop"]


async def test_forgetting_survives_a_poison_event_behind_it(harness):
    parts = [
        NOON.balance("c1", 5),
        NOON.plus(hours=1).forget("c1"),
        NOON.plus(hours=2).balance("c1", 6),
        contact(NOON.plus(hours=3), "c1", POISON),
    ]
    states = await after(harness, parts)
    assert decode(states[b"c1"]).first_seen == NOON.time + 2 * 3_600_000
    await after(harness, NOON.plus(hours=4).forget("c1"), contact(NOON.plus(hours=5), "c1", POISON))
    assert harness.states() == {}


async def test_a_forgotten_customer_is_gone_from_store_changelog_and_due_index(harness):
    await after(harness, NOON.forwarding("c1", "unconditional", "rival"))
    assert harness.store.timers_after(0, b"", 9) != []
    await after(harness, NOON.plus(hours=1).forget("c1"))
    assert harness.states() == {}
    assert harness.store.timers_after(0, b"", 9) == []
    assert [r.value for r in harness.written("state-changelog") if r.key == b"c/c1"][-1] is None
    await after(harness, NOON.plus(days=40).passes())
    assert [alert["state"] for alert in harness.alerts()] == ["opened"]


async def test_a_customer_who_was_forgotten_may_come_back_with_the_same_timer(harness):
    opened = NOON.forwarding("c1", "unconditional", "rival")
    await after(harness, opened, NOON.plus(minutes=0).forget("c1"))
    again = NOON.arriving("2025-03-02 12:00").forwarding("c1", "unconditional", "rival")
    await after(harness, again, NOON.plus(days=40).passes())
    states = [alert["state"] for alert in harness.alerts()]
    assert states.count("expired") == 1


async def test_a_resent_event_changes_nothing_and_is_counted(harness):
    line = NOON.balance("c1", 5)
    before = dict(await after(harness, line))
    after_it = await after(harness, line)
    assert after_it == before
    assert harness.counted("churnwatch_events_total", topic="balances", result="duplicate") == 1


async def test_the_changelog_holds_each_changed_customer_once_a_batch(harness):
    await after(harness, [NOON.plus(minutes=n).balance("c1", n) for n in range(5)], NOON.balance("c2", 1))
    assert sorted(r.key for r in harness.written("state-changelog")) == [b"c/c1", b"c/c2", b"m/shard"]


async def test_a_customer_whose_events_were_all_duplicates_is_not_written_again(harness):
    await after(harness, NOON.balance("c1", 5))
    await after(harness, NOON.balance("c1", 5))
    assert [r.key for r in harness.written("state-changelog")] == [b"c/c1", b"m/shard", b"m/shard"]


async def test_the_due_index_of_the_store_is_what_the_states_say(harness):
    parts = [
        steady("c1", 100_000, days=50),
        steady("c2", 100_000, days=50),
        at("2025-02-20 09:00").balance("c1", 1_000),
        at("2025-02-20 09:00").balance("c2", 1_000),
        at("2025-02-20 20:00").balance("c2", 99_000),
        NOON.forwarding("c3", "unconditional", "rival"),
    ]
    await after(harness, parts)
    wanted = {(decode(stored).due(), customer) for customer, stored in harness.states().items()}
    assert set(harness.store.timers_after(0, b"", 99)) == {entry for entry in wanted if entry[0]}


def test_a_fault_is_described_by_its_kind_and_place_alone():
    assert describe(ValueError("secret")) == "ValueError"
    try:
        int("secret")
    except ValueError as fault:
        assert describe(fault).startswith("ValueError at test_a_fault_is_described")
        assert "secret" not in describe(fault)


def other(moment):
    return moment.service("c2", "renewal_due")


async def test_a_timer_that_went_and_comes_back_for_the_same_moment_stays_in_the_store(harness):
    """Stream time passes it meanwhile, in the same batch, so that its entry is found stale."""
    await after(harness, NOON.complaint("c1", "k1", severity="high"))
    due = decode(harness.states()[b"c1"]).due()
    late = NOON.arriving("2025-04-01 13:00").complaint("c1", "k2", severity="high")
    passes = NOON.plus(days=31).complaint("c2", "k3", severity="low")
    await after(harness, NOON.plus(hours=1).complaint("c1", "k1", "closed", satisfied=True), passes, late)
    assert decode(harness.states()[b"c1"]).due() == due
    assert (due, b"c1") in harness.store.timers_after(0, b"", 9)


async def test_a_forgotten_customer_who_comes_back_with_a_timer_of_the_same_moment_gets_it_fired(harness):
    parts = [
        NOON.forwarding("c1", "unconditional", "rival", event_id="first"),
        NOON.plus(hours=1).forget("c1"),
        other(NOON.plus(days=31)),
        NOON.arriving("2025-04-01 13:00").forwarding("c1", "unconditional", "rival", event_id="again"),
        other(NOON.plus(days=32)),
    ]
    await after(harness, parts)
    told = [alert for alert in harness.alerts() if alert["customer_id"] == "c1"]
    assert [alert["state"] for alert in told] == ["opened", "opened", "expired"]


def test_a_build_that_is_not_installed_says_so(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(deadletter, "version", missing)
    assert build_version.__wrapped__() == "unknown"
    assert build_version()  # as it is known to this process

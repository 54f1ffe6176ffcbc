"""Groups in the shard: kept beside the customers, restored, undone, and told in the batch's own transaction."""

from __future__ import annotations

import msgspec
import pytest
from support.harness import Harness
from support.timeline import at, records

from stream.domain import groups
from stream.domain.events import GroupSignal, GroupWarning
from stream.engine.log.partition import partition_for
from stream.engine.shard.hop import hop
from stream.engine.store.rocks import GROUP

NOON = at("2025-03-01 12:00")


def family(*names):
    return [NOON.profile(name, household_id="h") for name in names]


def group(harness):
    return {key: groups.decode(stored) for key, stored in harness.store.states(GROUP)}


def opened(harness):
    return sorted(a["customer_id"] for a in harness.alerts() if a["kind"] == "group_contagion")


def test_a_record_goes_to_the_partition_of_its_key_with_what_is_in_it():
    signal = GroupSignal(event_id="s", customer_id="c", time=5, group_id="g7", group_kind="circle", kind="left")
    message = hop(signal, 8, 99)
    assert (message.topic, message.key, message.partition) == ("group-signals", b"g7", partition_for(b"g7", 8))
    assert message.timestamp == 99
    assert msgspec.json.decode(message.value, type=GroupSignal) == signal
    warning = GroupWarning(event_id="w", customer_id="c9", time=5, group_id="g7", cause="s", left=1, size=2)
    message = hop(warning, 8, 99)
    assert (message.topic, message.key, message.partition) == ("group-warnings", b"c9", partition_for(b"c9", 8))


async def test_groups_are_kept_beside_customers_and_are_none(harness):
    await harness.handle(family("a", "b"))
    assert set(group(harness)[b"h"].members) == {"a", "b"}
    assert set(harness.states()) == {b"a", b"b"}
    assert harness.shard.positions["group-signals"] == 2
    assert {customer for _, customer in harness.store.timers_after(0, b"", 9)} <= {b"a", b"b"}


@pytest.mark.parametrize("lose_store", [False, True])
async def test_after_a_crash_the_group_is_what_it_was_and_nobody_is_warned_twice(harness, lose_store):
    await harness.handle(family("a", "b", "c"), NOON.plus(days=1).service("a", "account_closed"))
    before = group(harness)
    await harness.crash(lose_store=lose_store)
    await harness.open()
    assert group(harness) == before
    await harness.handle(NOON.plus(days=2).service("b", "account_closed"), NOON.plus(days=3).passes())
    assert opened(harness) == ["b", "b", "c"]  # b's is closed as they leave
    assert [len(harness.written(topic)) for topic in ("group-signals", "group-warnings")] == [5, 2]


async def test_a_crash_between_any_two_batches_changes_nothing(tmp_path):
    lines = [
        family("a", "b", "c"),
        NOON.plus(days=1).service("a", "account_closed"),
        NOON.plus(days=2).service("a", "restored"),
        NOON.plus(days=9).service("c", "account_closed"),
    ]
    found = []
    for crash in (False, True):
        harness = Harness(tmp_path / str(crash), batch_events=1, fetch_records=1)
        harness.feed(records(lines))
        await harness.open()
        while await harness.drain(batches=1):
            if crash:
                await harness.crash(lose_store=True)
                await harness.open()
        found.append((group(harness), harness.states(), [a["alert_id"] for a in harness.alerts()]))
        await harness.crash()
    assert found[0] == found[1]
    assert len(found[0][2]) > 2


async def test_a_group_that_nobody_belongs_to_any_more_is_forgotten(harness):
    await harness.handle(family("a"))
    assert group(harness)
    await harness.handle(NOON.plus(days=1).forget("a"))
    assert group(harness) == {}
    assert harness.written("state-changelog")[-2:][0].key == b"g/h"


async def test_to_tell_a_group_of_somebody_forgotten_does_not_move_its_clock(harness):
    await harness.handle(family("a", "b"))
    harness.broker.append("customers", 0, b"a", None, NOON.time + 400 * 86_400_000)
    await harness.drain()
    assert harness.shard.stream_time == NOON.time
    assert set(group(harness)[b"h"].members) == {"b"}


async def test_a_warning_to_somebody_who_was_forgotten_meanwhile_makes_nobody_known_again(harness):
    warning = NOON.event("group-warnings", "gone", group_id="h", cause="x", left=1, size=2)
    await harness.handle(warning)
    assert harness.states() == {}
    assert harness.counted("churnwatch_events_total", topic="group-warnings", result="handled") == 1


async def test_a_warning_is_no_act_of_the_customers(harness):
    await harness.handle(family("a", "b"))
    before = harness.shard.peek("b")
    await harness.handle(NOON.plus(days=3).service("a", "account_closed"))
    after = harness.shard.peek("b")
    assert (after.newest, after.first_seen) == (before.newest, before.first_seen)
    assert list(after.episodes) == ["group_contagion"]


async def test_a_poison_signal_leaves_the_group_as_it_was_and_goes_to_the_dead_letters(harness, monkeypatch):
    plain = groups.fold

    def brittle(state, signal, rules):
        found = plain(state, signal, rules)
        if signal.customer_id == "poison":
            raise ZeroDivisionError
        return found

    monkeypatch.setattr(groups, "fold", brittle)
    await harness.handle(family("a", "poison", "b"))
    assert set(group(harness)[b"h"].members) == {"a", "b"}
    [letter] = harness.written("dead-letters")
    assert letter.key == b"h"
    assert dict(letter.headers)["dl_reason"] == b"poison"


async def test_a_signal_that_is_sent_again_changes_nothing_and_is_counted(harness):
    await harness.handle(family("a", "b"))
    before = group(harness)
    again = harness.written("group-signals")[0]
    harness.broker.append("group-signals", 0, again.key, again.value, again.timestamp)
    await harness.drain()
    assert group(harness) == before
    assert harness.counted("churnwatch_events_total", topic="group-signals", result="duplicate") == 1


async def test_a_poison_event_behind_a_warning_leaves_the_warning(harness):
    await harness.handle(family("a", "b"), NOON.plus(days=1).service("a", "account_closed"))
    harness.broker.append("balances", 0, b"b", b"{", NOON.time)
    await harness.handle(NOON.plus(days=2).balance("b", 5))
    assert opened(harness) == ["b"]

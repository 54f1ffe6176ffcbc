"""What one shard says of itself: pulse, log, gauges and counters."""

from __future__ import annotations

import asyncio

from support.timeline import at, records, steady

NOON = at("2025-03-01 12:00")


async def test_its_pulse_says_that_work_waits_and_beats_when_it_is_done(harness):
    pulse = harness.shard.pulse
    assert pulse.work == ""
    harness.feed(records(NOON.balance("c", 5)))
    await harness.shard.fetch(0)
    assert pulse.work == "records wait"
    before = pulse.beats
    await harness.shard.process()
    assert (pulse.beats, pulse.work) == (before + 1, "")
    await harness.shard.process()
    assert pulse.beats == before + 1, "nothing was done"


async def test_work_stays_in_the_pulse_of_a_batch_that_does_not_end(harness, monkeypatch):
    pulse = harness.shard.pulse
    harness.feed(records(NOON.balance("c", 5)))
    await harness.shard.fetch(0)
    monkeypatch.setattr(harness.log, "commit", lambda output: asyncio.Event().wait())
    stuck = asyncio.create_task(harness.shard.process())
    await asyncio.sleep(0)
    assert (pulse.work, len(harness.shard._merge)) == ("a batch is under way", 0)
    stuck.cancel()


async def test_what_is_dead_lettered_is_logged_with_its_place_and_without_its_customer(harness, caplog):
    harness.broker.append("balances", 0, b"customer-7", b"{", 1)
    harness.broker.append("balances", 0, b"customer-8", b"{", 1)
    await harness.drain()
    (line,) = [each for each in caplog.records if each.name == "stream.engine.shard.tally"]
    assert (line.levelname, line.getMessage()) == ("WARNING", "dead letters from balances: not-json")
    assert (line.shard, line.offset, line.count, line.path) == (0, 0, 2, "$")
    assert "customer-" not in str(vars(line))


async def test_alerts_are_logged_by_their_ids_at_debug_only(harness, caplog):
    await harness.handle(steady("c", 100_000), NOON.forwarding("c", "unconditional", "rival"))
    assert not caplog.records
    with caplog.at_level("DEBUG", logger="stream.engine.shard.tally"):
        await harness.handle(NOON.plus(hours=1).forwarding("c", "inactive"))
    (line,) = [each for each in caplog.records if each.name == "stream.engine.shard.tally"]
    assert (line.state, line.kind, line.shard) == ("resolved", "call_forwarding_off_net", 0)
    assert line.alert_id == harness.alerts()[-1]["alert_id"]


async def test_the_gauges_say_where_it_stands(harness):
    await harness.handle(NOON.balance("c", 5), NOON.balance("d", 5))
    harness.feed(records(NOON.plus(hours=1).balance("c", 7)))
    harness.store.flush()
    harness.shard.report()
    assert harness.counted("churnwatch_lag_records", topic="balances", shard="0") == 1
    assert harness.counted("churnwatch_lag_records", topic="customers", shard="0") == 0
    assert harness.counted("churnwatch_stream_timestamp_seconds", shard="0") == NOON.time / 1000
    assert harness.counted("churnwatch_states", shard="0") >= 2
    assert harness.counted("churnwatch_state_bytes", shard="0") > 0


async def test_what_was_handled_is_counted(harness):
    await harness.handle(NOON.complaint("c", "k", severity="high"), NOON.plus(days=31).passes())
    assert harness.counted("churnwatch_events_total", topic="complaints", result="handled") == 1
    assert harness.counted("churnwatch_alerts_total", kind="serious_complaint", severity="high", state="opened") == 1
    assert harness.counted("churnwatch_timers_fired_total") >= 1
    assert harness.counted("churnwatch_end_to_end_seconds_count") >= 1
    for phase in ("step", "transaction", "store"):
        assert harness.counted("churnwatch_batch_phase_seconds_count", phase=phase) >= 1

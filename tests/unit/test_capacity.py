"""What a load takes: by the measured costs, never less for more, and as a command."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some
from typer.testing import CliRunner

from stream.capacity import costs
from stream.capacity.plan import Load, TooLarge, event_us, plan, settings
from stream.cli.commands import build
from stream.config import Topics
from stream.engine.store.state_memory import memory_of

COUNTS = some.integers(1, 100_000_000)
EVENTS = some.integers(1, 2_000_000_000)


def test_a_small_bank_takes_one_worker_and_one_to_spare():
    made = plan(Load(customers=100_000, events_per_day=1_000_000))
    assert (made.workers, made.partitions) == (2, 4)
    assert made.cached_states == (768 << 20) // costs.DECODED_BYTES
    assert made.worker_disk == 100_000 * costs.STATE_BYTES * 1.5
    assert made.restore_s == pytest.approx(100_000 / costs.RESTORE_STATES_PER_S)


def test_a_hundred_million_customers_are_bound_by_the_peak_of_their_events():
    made = plan(Load(customers=100_000_000, events_per_day=1_000_000_000))
    peak, scores = 1e9 / 86_400 * 4, 1e8 / (7 * 86_400)

    def busy(workers):
        missed = 1 - (768 << 20) // costs.DECODED_BYTES * workers / 1e8
        kb = costs.STATE_BYTES / 1000
        change = costs.CHANGE_US + costs.CHANGE_US_PER_KB * kb
        miss = costs.MISS_US + costs.MISS_US_PER_KB * kb
        return (peak * (costs.EVENT_US + change + missed * miss) + scores * costs.SCORE_US) / 1e6

    assert busy(made.workers - 1) <= 0.6 * (made.workers - 1)
    assert busy(made.workers - 2) > 0.6 * (made.workers - 2)
    assert made.partitions >= 2 * made.workers
    assert made.shard_states * made.partitions >= 100_000_000


def test_events_of_one_customer_in_one_batch_share_what_a_change_costs():
    assert event_us(0.5, 0.0, 1000) == costs.EVENT_US + (costs.CHANGE_US + costs.CHANGE_US_PER_KB) / 2


def test_a_decoded_state_takes_what_the_engine_reckons():
    assert memory_of(costs.STATE_BYTES) == costs.DECODED_BYTES


def test_memory_in_place_of_workers():
    load = {"customers": 10_000_000, "events_per_day": 500_000_000}
    few, many = plan(Load(**load, cache_mb=0)), plan(Load(**load, cache_mb=60_000))
    assert many.workers < few.workers
    assert many.worker_memory > few.worker_memory


def test_quiet_customers_are_bound_by_how_soon_they_are_restored():
    made = plan(Load(customers=100_000_000, events_per_day=1_000))
    assert made.restore_s <= 300
    hasty = plan(Load(customers=100_000_000, events_per_day=1_000, restore_s=60))
    assert hasty.workers > made.workers


def test_the_more_shards_the_less_a_warm_standby_would_spare():
    load = {"customers": 100_000_000, "events_per_day": 1_000_000_000}
    few, many = plan(Load(**load)), plan(Load(**load, growth=16))
    assert few.workers == many.workers
    assert few.failover_s > few.standby_s
    assert many.failover_s - many.standby_s < 0.3 * (few.failover_s - few.standby_s)


def test_one_of_two_workers_takes_all_that_the_other_had():
    made = plan(Load(customers=2_000_000, events_per_day=1_000_000, cache_mb=60_000))
    assert made.workers == 2
    assert made.failover_s == pytest.approx(costs.SESSION_S + 1_000_000 / costs.RESTORE_STATES_PER_S)


def test_brokers_bear_the_bytes_the_partitions_and_the_copies():
    assert plan(Load(customers=100_000, events_per_day=1_000_000)).brokers == 3
    large = plan(Load(customers=100_000_000, events_per_day=1_000_000_000))
    assert large.brokers * costs.BROKER_REPLICAS >= large.broker_partitions
    assert large.brokers * costs.BROKER_BYTES_PER_S >= large.broker_in


@given(COUNTS, EVENTS, COUNTS, EVENTS)
def test_more_never_takes_less(customers, events, more_customers, more_events):
    small = plan(Load(customers=customers, events_per_day=events))
    large = plan(Load(customers=customers + more_customers, events_per_day=events + more_events))
    for figure in ("peak_events", "partitions", "workers", "broker_in", "broker_disk", "broker_partitions"):
        assert getattr(small, figure) <= getattr(large, figure)


@given(COUNTS, EVENTS)
def test_what_it_says_can_be_set(customers, events):
    load = Load(customers=customers, events_per_day=events)
    made = plan(load)
    given_ = settings(load, made)
    Topics(partitions=int(given_["topics.partitions"]), replication=int(given_["topics.replication"]))
    assert made.workers <= made.partitions
    assert made.restore_s <= load.restore_s


def test_what_no_group_can_carry_is_refused():
    with pytest.raises(TooLarge, match="4096 are the most"):
        plan(Load(customers=100_000_000, events_per_day=10**12))
    with pytest.raises(ValueError, match="above 0"):
        plan(Load(customers=0, events_per_day=1))


def run(*arguments):
    return CliRunner().invoke(build(), ["capacity", *arguments])


def test_the_command_says_it_in_words_and_as_json():
    load = ("--customers", "5000000", "--events-per-day", "40000000")
    said = run(*load)
    assert said.exit_code == 0
    for words in ("partitions", "topics widen", "topics.partitions", "min.insync.replicas", "assumed"):
        assert words in said.stdout
    read = json.loads(run(*load, "--json").stdout)
    assert read["settings"]["topics.partitions"] == str(read["plan"]["partitions"])
    assert run("--customers", "1", "--events-per-day", str(10**13)).exit_code == 2

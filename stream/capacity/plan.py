"""From customers and events a day to partitions, workers, memory, disk and the broker's load."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stream.capacity import costs
from stream.topics import BY_NAME, DAY_MS

_DAY_S = 86_400
_USED = 0.6  # of a worker's speed at the peak: the rest catches up after a restart
_STEPS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
"""Partition counts with many divisors, so that workers share them evenly."""


class TooLarge(ValueError):
    """More than one group of partitions can carry; the message says by how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is expected.

    Attributes:
        customers: known at a time.
        events_per_day: over all input topics, of a usual day.
        peak: the busiest hour's rate over the day's mean.
        growth: how many times more may come before the partitions are too few: adding some copies every topic.
        restore_s: within which a worker that lost its disk has its shards back.
        replication: copies of each topic.
        retention_days: of the input topics.
        cutoff_days: between two scores of a customer.
        cache_mb: memory for decoded states that a worker has.
    """

    customers: int
    events_per_day: int
    peak: float = 4.0
    growth: float = 2.0
    restore_s: float = 300.0
    replication: int = 3
    retention_days: float = BY_NAME["transactions"].retention_ms / DAY_MS  # type: ignore[operator]
    cutoff_days: float = 7.0
    cache_mb: int = 768


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What it takes. Bytes are bytes, rates a second; a worker's figures are of each, when one of them is away.

    Attributes:
        restore_s: of a worker that lost its disk, all by itself.
        failover_s: until a lost worker's shards run elsewhere: it is missed, and the others read its shards' changelog.
        standby_s: the same with warm standbys, which would spare reading the changelog and nothing else.
    """

    peak_events: float
    scores: float
    partitions: int
    workers: int
    cached_states: int
    worker_memory: int
    worker_disk: int
    shard_states: int
    restore_s: float
    failover_s: float
    standby_s: float
    brokers: int
    broker_in: float
    broker_disk: int
    broker_partitions: int


def plan(load: Load) -> Plan:
    """Return what a load takes.

    Raises:
        TooLarge: it needs more partitions than there can be.
        ValueError: a figure is not positive.
    """
    if min(load.customers, load.events_per_day, load.peak, load.growth, load.restore_s, load.cutoff_days) <= 0:
        raise ValueError("customers, events and spans of time must be above 0")
    peak = load.events_per_day / _DAY_S * load.peak
    scores = load.customers / (load.cutoff_days * _DAY_S)
    working = _working(load, peak, scores)
    workers = working + 1  # one may be away
    partitions = _partitions(load.growth * workers)
    each = math.ceil(load.customers / working)
    cached = min(each, _cached(load))
    broker_in = peak * (costs.EVENT_BYTES + costs.STATE_BYTES / costs.STATE_ZSTD) * load.replication
    replicas = load.replication * _partitions_of_all(partitions)
    return Plan(
        peak_events=peak,
        scores=scores,
        partitions=partitions,
        workers=workers,
        cached_states=cached,
        worker_memory=costs.WORKER_BYTES + cached * costs.DECODED_BYTES,
        worker_disk=round(each * costs.STATE_BYTES * costs.STORE_AMPLIFICATION),
        shard_states=math.ceil(load.customers / partitions),
        restore_s=each / costs.RESTORE_STATES_PER_S,
        failover_s=costs.SESSION_S
        + _taken_over(partitions, working) * math.ceil(load.customers / partitions) / costs.RESTORE_STATES_PER_S,
        standby_s=costs.SESSION_S,
        brokers=_brokers(load, broker_in, replicas),
        broker_in=broker_in,
        broker_disk=_broker_disk(load),
        broker_partitions=replicas,
    )


def _working(load: Load, peak: float, scores: float) -> int:
    """Return the fewest workers that are fast enough, and each restored soon enough."""
    working = math.ceil(load.customers / (costs.RESTORE_STATES_PER_S * load.restore_s))
    while _busy(load, peak, scores, working) > _USED * working:
        working += 1
        _partitions(load.growth * (working + 1))  # else there is no end
    return working


def _busy(load: Load, peak: float, scores: float, working: int) -> float:
    """Return the cores that are busy at the peak. Events are taken to fall on all customers alike: the worst."""
    missed = max(0.0, 1 - _cached(load) * working / load.customers)
    return (peak * event_us(1.0, missed, costs.STATE_BYTES) + scores * costs.SCORE_US) / 1e6


def event_us(changes: float, missed: float, state_bytes: float) -> float:
    """Return what an event costs, scores apart: µs of a core.

    Args:
        changes: customers whom a batch changes, for each of its events: 1 where no two are of the same.
        missed: the share of them whose state is not in memory.
        state_bytes: of a stored state, mean.
    """
    kb = state_bytes / 1000
    change = costs.CHANGE_US + costs.CHANGE_US_PER_KB * kb
    return costs.EVENT_US + changes * (change + missed * (costs.MISS_US + costs.MISS_US_PER_KB * kb))


def _cached(load: Load) -> int:
    return (load.cache_mb << 20) // costs.DECODED_BYTES


def _partitions(least: float) -> int:
    for step in _STEPS:
        if step >= least:
            return step
    raise TooLarge(f"{math.ceil(least)} partitions would be needed, and {_STEPS[-1]} are the most: split the customers")


def _taken_over(partitions: int, working: int) -> int:
    """Return how many shards of a lost worker one of the others has to take at most: few shards cannot be shared."""
    return math.ceil(math.ceil(partitions / (working + 1)) / working)


def _brokers(load: Load, broker_in: float, replicas: int) -> int:
    """Return how many brokers bear it; never fewer than there are copies."""
    by_load = math.ceil(broker_in / costs.BROKER_BYTES_PER_S)
    return max(load.replication, by_load, math.ceil(replicas / costs.BROKER_REPLICAS))


def _broker_disk(load: Load) -> int:
    events = load.events_per_day * load.retention_days * costs.EVENT_BYTES
    states = load.customers * costs.STATE_BYTES / costs.STATE_ZSTD * costs.LOG_AMPLIFICATION
    return round((events + states) * load.replication)


def _partitions_of_all(partitions: int) -> int:
    return sum(topic.partitions or partitions for topic in BY_NAME.values())


def settings(load: Load, made: Plan) -> dict[str, str]:
    """Return what to set: ours under their names, the broker's under Kafka's."""
    ours = {
        "topics.partitions": made.partitions,
        "topics.replication": load.replication,
        "engine.cache_mb": load.cache_mb,
    }
    copies = {
        "offsets.topic.replication.factor": load.replication,
        "transaction.state.log.replication.factor": load.replication,
        "transaction.state.log.min.isr": max(1, load.replication - 1),
        "min.insync.replicas": max(1, load.replication - 1),
    }
    safe = {
        "unclean.leader.election.enable": "false",
        "auto.create.topics.enable": "false",
        "transaction.max.timeout.ms": "900000",
        "message.max.bytes": "1048588",
    }
    return {name: str(value) for name, value in (ours | copies | safe).items()}

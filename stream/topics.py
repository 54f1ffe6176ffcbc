"""The topics, as data: name, key, what they carry, how they are cleaned up. Nothing here talks to Kafka."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DAY_MS = 86_400_000

Cleanup = Literal["delete", "compact"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `co_partitioned` topics all have the configured partition count, and one shard spans them."""

    name: str
    key: str
    carries: str
    cleanup: Cleanup = "delete"
    co_partitioned: bool = True
    partitions: int | None = None  # of a topic that is not co-partitioned
    retention_ms: int | None = 30 * DAY_MS  # of `delete` topics; None for `compact`
    broker_time: bool = False  # LogAppendTime: retention and latency count from arrival


def _input(name: str, carries: str, **more: object) -> Topic:
    return Topic(name, "customer", carries, broker_time=True, **more)  # type: ignore[arg-type]


def _broadcast(name: str, key: str, carries: str) -> Topic:
    return Topic(name, key, carries, "compact", co_partitioned=False, partitions=1, retention_ms=None)


def _compacted(name: str, key: str, carries: str, **more: object) -> Topic:
    return Topic(name, key, carries, "compact", retention_ms=None, **more)  # type: ignore[arg-type]


TABLE: tuple[Topic, ...] = (
    _compacted("customers", "customer", "profile; null = forget this customer", broker_time=True),
    _input("transactions", "money or usage movements"),
    _input("balances", "balance of an account at a time"),
    _input("complaints", "opened / updated / answered / closed"),
    _input("service-events", "call forwarding, port-out, products, tiers, incidents"),
    _input("contacts", "RM contact log"),
    _input("feedback", "what the RM did with an alert"),
    Topic("group-signals", "group", "a member's departure, re-keyed", broker_time=True),
    _input("group-warnings", "what a group's state tells its other members"),
    _broadcast("staff", "RM or branch", "RM left / moved / on leave; branch merged, moved, closed"),
    Topic("control", "command", "operators' commands", co_partitioned=False, partitions=1, broker_time=True),
    _broadcast("settings", "name", "what is in force"),
    _broadcast("workers", "instance", "address and shards of each worker"),
    _broadcast("models", "model", "snapshots"),
    Topic("alerts", "customer", "the notification topic"),
    Topic("examples", "customer", "matured training examples", retention_ms=400 * DAY_MS),
    Topic("dead-letters", "as received", "records that could not be read or handled", retention_ms=90 * DAY_MS),
    _compacted("state-changelog", "c/ + customer, g/ + group, p/ + customer, m/ + name", "the state store's log"),
)
"""Design section 3. Input topics come first, in the order in which the merge breaks ties."""

BY_NAME = {topic.name: topic for topic in TABLE}

FEEDS: tuple[str, ...] = (
    "customers",
    "transactions",
    "balances",
    "complaints",
    "service-events",
    "contacts",
    "feedback",
)
"""Customer-keyed topics that come from outside, in tie order: a profile is known before what it explains."""

HOPS: tuple[str, ...] = ("group-signals", "group-warnings")
"""What shards send each other: a member's news to the group's shard, and its answer to the other members'."""

STAFF = "staff"
"""Read whole by every process and merged into the input of every shard, but of no group: see `engine.log.Bulletin`."""

INPUTS: tuple[str, ...] = FEEDS + HOPS
"""Every topic that a shard consumes as a member of the group, in tie order: what happened before what came of it."""

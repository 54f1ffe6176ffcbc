"""The topics, as data: name, key, what they carry, how they are cleaned up. Nothing here talks to Kafka."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

DAY_MS = 86_400_000

Cleanup = Literal["delete", "compact"]
Role = Literal["producer", "worker", "trainer", "desk", "reader", "operator"]
"""Who talks to Kafka: the systems events come from, our processes, who is told of alerts, who runs it all."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `co_partitioned` topics all have the configured partition count, and one shard spans them.

    `written_by`, `read_by`: the roles that must; the broker's access lists are made of it (`stream.access`).
    """

    name: str
    key: str
    carries: str
    cleanup: Cleanup = "delete"
    co_partitioned: bool = True
    partitions: int | None = None  # of a topic that is not co-partitioned
    retention_ms: int | None = 30 * DAY_MS  # of `delete` topics; None for `compact`
    broker_time: bool = False  # LogAppendTime: retention and latency count from arrival
    written_by: tuple[Role, ...] = ()
    read_by: tuple[Role, ...] = ()


_ROLES: dict[str, Role] = {"p": "producer", "w": "worker", "t": "trainer", "d": "desk", "r": "reader", "o": "operator"}


def _who(writers_readers: str) -> dict[str, Any]:
    """`pd>w` is written by producers and the desk, and read by workers."""
    writers, _, readers = writers_readers.partition(">")
    return {"written_by": tuple(_ROLES[w] for w in writers), "read_by": tuple(_ROLES[r] for r in readers)}


def _input(name: str, carries: str, who: str, **more: object) -> Topic:
    return Topic(name, "customer", carries, broker_time=True, **_who(who), **more)  # type: ignore[arg-type]


def _broadcast(name: str, key: str, carries: str, who: str) -> Topic:
    return Topic(name, key, carries, "compact", co_partitioned=False, partitions=1, retention_ms=None, **_who(who))


def _compacted(name: str, key: str, carries: str, who: str, **more: object) -> Topic:
    return Topic(name, key, carries, "compact", retention_ms=None, **_who(who), **more)  # type: ignore[arg-type]


def _once(name: str, key: str, carries: str, who: str, **more: object) -> Topic:
    return Topic(name, key, carries, **_who(who), **more)  # type: ignore[arg-type]


_STORED = "c/, p/ + customer, g/ + group, f/ + digest, m/ + name"

# Operators write to inputs because they send dead letters again.
TABLE: tuple[Topic, ...] = (
    _compacted("customers", "customer", "profile; null = forget this customer", "po>wd", broker_time=True),
    _input("transactions", "money or usage movements", "po>w"),
    _input("balances", "balance of an account at a time", "po>w"),
    _input("complaints", "opened / updated / answered / closed", "po>wd"),
    _input("service-events", "call forwarding, port-out, products, tiers, incidents", "po>wd"),
    _input("contacts", "RM contact log", "pdo>wd"),
    _input("feedback", "what the RM did with an alert", "do>w"),
    _once("group-signals", "group", "a member's departure, re-keyed", "wo>w", broker_time=True),
    _input("group-warnings", "what a group's state tells its other members", "wo>w"),
    _broadcast("staff", "RM or branch", "RM left / moved / on leave; branch merged, moved, closed", "po>wd"),
    _once("control", "command", "operators' commands", "to>wtd", co_partitioned=False, partitions=1, broker_time=True),
    _broadcast("settings", "name", "what is in force", "w>wto"),
    _broadcast("workers", "instance", "address and shards of each worker", "w>wdo"),
    _broadcast("models", "model", "snapshots", "t>wto"),
    _once("alerts", "customer", "the notification topic", "wd>dro"),
    _once("examples", "customer", "matured training examples", "w>t", retention_ms=400 * DAY_MS),
    _once("dead-letters", "as received", "records that could not be read", "wtdo>o", retention_ms=90 * DAY_MS),
    _compacted(
        "state-changelog", "c/, p/ + customer, g/ + group, f/ + digest, m/ + name", "the state store's log", "w>w"
    ),
)
"""Design section 3. Input topics come first, in the order in which the merge breaks ties."""

BY_NAME = {topic.name: topic for topic in TABLE}

CHANGELOG = "state-changelog"

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

"""What the topics should be, and in what a cluster's differ. Pure: nothing here talks to Kafka."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from stream.config import Settings
from stream.topics import TABLE, Topic

APPLY = "churnwatch topics apply"
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
LETTER_ROOM_BYTES = 1 << 20
"""A dead letter holds a refused record whole, a changelog record a customer's whole state."""

SEGMENT_BYTES = 32 * 1024 * 1024
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Wanted:
    """One topic as it should be; `configs` under the broker's own names."""

    topic: Topic
    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """One topic as it is. `configs` are in force; `overrides` are those set on the topic itself."""

    partitions: int
    replication: int
    configs: Mapping[str, str]
    overrides: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One difference: of which topic, in what, and what mends it. `applies` says that `topics apply` does."""

    topic: str
    what: str
    expected: str
    found: str
    mend: str
    applies: bool

    def __str__(self) -> str:
        return f"{self.topic}: {self.what} is {self.found}, should be {self.expected}. To mend: {self.mend}"


class TopicMismatch(RuntimeError):
    """The topics are not as a worker needs them; each line names a difference and what mends it."""

    def __init__(self, mismatches: list[Mismatch]) -> None:
        self.mismatches = mismatches
        lines = "\n".join(f"  {mismatch}" for mismatch in mismatches)
        super().__init__(f"The topics do not fit ({len(mismatches)}):\n{lines}")


def full_name(settings: Settings, name: str) -> str:
    """Return the name that the table's topic `name` has in the cluster."""
    return settings.topics.prefix + name


def wanted(settings: Settings) -> list[Wanted]:
    """Return every topic of the table as `settings` wants it, in the table's order."""
    return [
        Wanted(
            topic,
            full_name(settings, topic.name),
            settings.topics.partitions if topic.co_partitioned else topic.partitions or 1,
            settings.topics.replication,
            _configs(topic, settings),
        )
        for topic in TABLE
    ]


def compare(wants: list[Wanted], found: Mapping[str, Found]) -> list[Mismatch]:
    """Return every difference, in the table's order; a topic absent from `found` is missing."""
    together = Counter(
        found[want.name].partitions for want in wants if want.topic.co_partitioned and want.name in found
    )
    return [
        mismatch
        for want in wants
        for mismatch in (
            _differences(want, found[want.name], together)
            if want.name in found
            else [Mismatch(want.name, "the topic", "present", "missing", APPLY, True)]
        )
    ]


def _differences(want: Wanted, have: Found, together: Counter[int]) -> list[Mismatch]:
    differences = []
    if have.partitions != want.partitions:
        what, mend = _partition_advice(want, have, together)
        differences.append(Mismatch(want.name, what, str(want.partitions), str(have.partitions), mend, False))
    if have.replication < want.replication:
        mend = f"raise it with Kafka's own kafka-reassign-partitions, or set topics.replication = {have.replication}"
        differences.append(
            Mismatch(want.name, "replication", str(want.replication), str(have.replication), mend, False)
        )
    for key, value in want.configs.items():
        if not _same(value, present := have.configs.get(key, "not set")):
            differences.append(Mismatch(want.name, key, value, present, APPLY, True))
    return differences


def _partition_advice(want: Wanted, have: Found, together: Counter[int]) -> tuple[str, str]:
    """Partition counts decide which shard a customer belongs to: none is ever changed in place."""
    fresh = f"choose a fresh topics.prefix and run: {APPLY}"
    anew = f"stop producers and workers, delete the topic (its records go with it) and run: {APPLY}; or {fresh}"
    if not want.topic.co_partitioned:
        return "partition count", anew
    if len(together) == 1:
        return (
            "partition count",
            f"set topics.partitions = {have.partitions} (CHURNWATCH_TOPICS__PARTITIONS={have.partitions}), "
            f"which all customer-keyed topics have; or {fresh}",
        )
    counts = ", ".join(f"{number} with {count}" for count, number in sorted(together.items()))
    return f"co-partitioning is broken (topics: {counts} partitions); its partition count", anew


def _configs(topic: Topic, settings: Settings) -> dict[str, str]:
    configs: dict[str, str | int | float] = {
        "cleanup.policy": topic.cleanup,
        # a dead letter is a whole record of any other topic, and says besides where it came from and why
        "max.message.bytes": MAX_MESSAGE_BYTES + (LETTER_ROOM_BYTES if topic.name == "dead-letters" else 0),
        "message.timestamp.type": "LogAppendTime" if topic.broker_time else "CreateTime",
        # with three replicas an acknowledged record survives the loss of any one
        "min.insync.replicas": 2 if settings.topics.replication >= 3 else 1,
    }
    if topic.cleanup == "delete":
        configs["retention.ms"] = -1 if topic.retention_ms is None else topic.retention_ms
    else:
        configs["delete.retention.ms"] = DAY_MS
        if topic.name == "customers":  # a group that begins anew learns from it who was forgotten
            configs["delete.retention.ms"] = settings.privacy.remember_forgotten_ms
        # the active segment is never compacted, and a forgotten customer must not live on in it
        configs["segment.ms"] = HOUR_MS
        configs["max.compaction.lag.ms"] = DAY_MS
    if topic.name == "state-changelog":
        # restoring reads all that is not yet compacted: compact early, in small pieces
        configs["delete.retention.ms"] = settings.engine.store_max_age_ms
        configs["segment.bytes"] = SEGMENT_BYTES
        configs["min.cleanable.dirty.ratio"] = 0.1
    return {key: str(value) for key, value in configs.items()}


def _same(expected: str, found: str) -> bool:
    """Compare as numbers where both are, as sets where they are lists, else as text."""
    try:
        return float(expected) == float(found)
    except ValueError:
        return {part.strip() for part in expected.split(",")} == {part.strip() for part in found.split(",")}

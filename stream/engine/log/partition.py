"""Which shard a key belongs to: murmur2 as the Java client computes it, so that producers agree with us."""

from __future__ import annotations

from aiokafka.partitioner import murmur2


def partition_for(key: bytes, partitions: int) -> int:
    """Return the partition (0 .. `partitions` - 1) of `key`.

    Source: `BuiltInPartitioner.partitionForKey` of Apache Kafka, `toPositive(murmur2(key)) % partitions`.

    Raises:
        ValueError: `partitions` is below 1.
    """
    if partitions < 1:
        raise ValueError(f"partitions must be at least 1, not {partitions}")
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)

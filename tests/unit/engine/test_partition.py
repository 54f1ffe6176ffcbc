"""Partitions are those of Kafka's Java client."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2

from stream.engine.log.partition import partition_for

JAVA = {  # org.apache.kafka.common.utils.UtilsTest.testMurmur2
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "expected"), JAVA.items())
def test_the_hash_is_that_of_kafkas_own_test(key, expected):
    assert murmur2(key) == expected % 2**32


@pytest.mark.parametrize(("key", "hashed"), JAVA.items())
@pytest.mark.parametrize("partitions", [1, 7, 8, 4096])
def test_the_partition_is_the_positive_hash_modulo_the_count(key, hashed, partitions):
    positive = hashed + 2**31 if hashed < 0 else hashed
    assert partition_for(key, partitions) == positive % partitions


def test_bytes_beyond_ascii_are_hashed_as_the_java_client_hashes_them():
    # computed with kafka-clients 4.3.1: Utils.toPositive(Utils.murmur2(key)) % 8
    assert [partition_for(key.encode(), 8) for key in ("客户-1", "é", "")] == [5, 7, 1]


def test_a_count_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        partition_for(b"x", 0)

"""The trainer's way in: records read, merged in one order, the checkpoint's file."""

from __future__ import annotations

import random

import msgspec
import pytest
from support.examples import town

from stream.codec import Rejected
from stream.engine.log.memory import MemoryRecord
from stream.training import keeping
from stream.training.merge import Merge
from stream.training.records import read


def record(offset, value):
    return MemoryRecord(offset, 0, b"k", value)


def spread(examples, partitions=3, seed=1):
    """Return the log of each partition."""
    dice = random.Random(seed)
    logs = {number: [] for number in range(partitions)}
    for each in examples:
        log = logs[dice.randrange(partitions)]
        log.append(record(len(log), msgspec.json.encode(each)))
    return logs


def taken(items):
    return [item.example.event_id for item in items]


@pytest.mark.parametrize("seed", range(6))
def test_the_order_is_the_same_however_records_arrive(seed):
    examples = town(300)
    logs = spread(examples)
    dice = random.Random(seed)
    merge, done, given = Merge(logs), [], dict.fromkeys(logs, 0)
    while any(given[n] < len(logs[n]) for n in logs):
        number = dice.choice([n for n in logs if given[n] < len(logs[n])])
        size = dice.randrange(1, 40)
        merge.add(number, logs[number][given[number] : given[number] + size])
        given[number] += size
        done += taken(merge.take({n for n in logs if given[n] >= len(logs[n])}))
    assert done == [each.event_id for each in examples]


def test_it_waits_for_a_partition_that_has_more_and_for_no_other():
    logs = spread(town(30))
    merge = Merge(logs)
    merge.add(0, logs[0])
    merge.add(1, logs[1])
    assert taken(merge.take(set())) == []
    assert len(taken(merge.take({0, 1, 2}))) == len(logs[0]) + len(logs[1])
    assert merge.held(0) == 0


def test_within_a_partition_the_log_goes_before_the_clock():
    one, two = town(2)
    merge = Merge([0])
    merge.add(0, [record(0, msgspec.json.encode(two)), record(1, msgspec.json.encode(one))])
    assert taken(merge.take({0})) == [two.event_id, one.event_id]


@pytest.mark.parametrize(
    ("value", "reason", "path"),
    [
        (None, "no-value", "$"),
        (b"", "not-json", "$"),
        (b"\xff\xfe", "not-json", "$"),
        (b"[]", "invalid", "$"),
        (b'{"event_id": 5}', "invalid", "$.event_id"),
        (b"[" * 100_000, "not-json", "$"),
    ],
)
def test_what_is_no_example_is_rejected_with_the_path(value, reason, path):
    with pytest.raises(Rejected) as caught:
        read(value)
    assert (caught.value.reason, caught.value.path) in {(reason, path), ("invalid", path)}


def test_a_damaged_one_does_not_hold_up_the_others():
    good = town(2)
    merge = Merge([0, 1])
    merge.add(0, [record(0, msgspec.json.encode(good[0])), record(1, b"damaged")])
    merge.add(1, [record(0, b"damaged"), record(1, msgspec.json.encode(good[1]))])
    items = list(merge.take({0, 1}))
    assert len(items) == 4
    assert sorted(taken(item for item in items if not isinstance(item.example, Rejected))) == ["e0000000", "e0000001"]


def test_a_checkpoint_is_replaced_whole_and_is_for_its_user_alone(tmp_path):
    assert keeping.read(tmp_path) is None
    keeping.write(tmp_path, b"one")
    keeping.write(tmp_path, b"two" * 1_000)
    assert keeping.read(tmp_path) == b"two" * 1_000
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint"]
    assert (tmp_path / "checkpoint").stat().st_mode & 0o777 == 0o600

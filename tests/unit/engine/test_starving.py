"""A shard whose records lie on the broker and do not come is known to starve; one whose broker is away is not."""

from __future__ import annotations

import pytest

from stream.config import load
from stream.engine.kafka.intake import Intake
from stream.engine.kafka.log import KafkaShardLog
from stream.engine.liveness.pulse import LOOP, Pulse
from stream.engine.log.memory import MemoryRecord
from stream.engine.store.slots import Slot
from stream.engine.worker.supervisor import Supervisor
from stream.metrics import Metrics
from stream.topics import INPUTS

NOW = 1_760_000_000_000


class HeardOf(Intake):
    """An intake that has heard of an end at a time."""

    def __init__(self, end: int, heard: float) -> None:
        super().__init__(load(env={}), listener=None)  # type: ignore[arg-type]
        self._said = end, heard

    def bounds(self, partition):
        return self._said


def log_of(end: int, heard: float) -> KafkaShardLog:
    made = KafkaShardLog(load(env={}), 3, HeardOf(end, heard))
    made.start({})
    return made


@pytest.mark.parametrize(
    ("end", "heard", "starves"),
    [(5, NOW, True), (5, NOW - 60_000, False), (0, NOW, False)],
    ids=["records that do not come", "a broker that is silent", "nothing there"],
)
def test_it_starves_where_the_broker_that_was_heard_of_lately_has_more(end, heard, starves):
    assert log_of(end, heard).starving(NOW - 10_000) is starves


def test_what_was_delivered_is_no_hunger():
    log = log_of(5, NOW)
    for topic in INPUTS:
        log.receive(topic, [MemoryRecord(4, NOW, b"k", b"v")])
    assert not log.starving(NOW - 10_000)


@pytest.fixture
def supervisor(tmp_path, monkeypatch):
    monkeypatch.setattr("stream.engine.worker.supervisor.wall_ms", lambda: NOW)
    slot = Slot(tmp_path, "")
    yield Supervisor(load(env={}), slot, Metrics(), staff=None, failed=lambda fault: None)  # type: ignore[arg-type]
    slot.release()


def test_only_an_idle_shard_can_starve_and_it_recovers(supervisor):
    idle, busy, unknown = Pulse(), Pulse("a batch is under way"), 9
    supervisor.pulses.update({3: idle, 4: busy})
    for number in (3, 4, unknown):
        supervisor._logs[number] = log_of(5, NOW)
    supervisor.feel(10_000)
    assert (idle.work, busy.work) == ("records on the broker are not delivered", "a batch is under way")
    supervisor._logs[3] = log_of(0, NOW)
    supervisor.feel(10_000)
    assert idle.work == ""


def test_of_the_loop_and_of_unknown_shards_nobody_can_say_where_they_wait(supervisor):
    assert supervisor.whereabouts(LOOP) == []
    assert supervisor.whereabouts(3) == []


def test_a_shard_that_left_shows_nothing_more():
    metrics = Metrics()
    for shard in ("3", "4"):
        metrics.lag.labels("balances", shard).set(7)
        metrics.states.labels(shard).set(7)
    metrics.drop_shard(3)
    left = {
        sample.labels["shard"]
        for family in metrics.registry.collect()
        for sample in family.samples
        if "shard" in sample.labels
    }
    assert left == {"4"}

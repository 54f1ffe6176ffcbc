"""The sample consumers as they are given away, against a real broker: every alert once, nothing that was aborted."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from support.processes import REPOSITORY, eventually
from support.timeline import at, run, steady

from stream.broker.clients import client_options
from stream.config import Settings
from stream.ops.widen.clients import offsets

pytestmark = pytest.mark.kafka

EXAMPLES = REPOSITORY / "deploy" / "examples"


@pytest.fixture(scope="module")
def alerts() -> list[dict[str, Any]]:
    """Alerts as the engine makes them."""
    gone = at("2025-03-02 10:00")
    found: list[dict[str, Any]] = []
    for number in range(3):
        name, gone_sum = f"c{number}", 90_000 + 1_000 * number  # each with words of its own
        left = gone.plus(hours=1).balance(name, 100_000 - gone_sum)
        found += run(steady(name, 100_000), gone.pays(name, gone_sum), left).alerts
    assert len(found) >= 3
    for told in ([alert["alert_id"] for alert in found], [alert["reason"]["en"] for alert in found]):
        assert len(set(told)) == len(found)
    return found


@pytest.fixture
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that sends in transactions, as workers do."""
    made = AIOKafkaProducer(
        **client_options(settings.kafka), transactional_id=f"{settings.engine.group}-sample", compression_type="zstd"
    )
    async with made:
        yield made


async def send(producer: AIOKafkaProducer, settings: Settings, alerts: Sequence[dict[str, Any]], commit: bool) -> None:
    await producer.begin_transaction()
    for alert in alerts:
        sent = await producer.send(
            settings.topics.prefix + "alerts", orjson.dumps(alert), key=alert["customer_id"].encode()
        )
        await sent
    await (producer.commit_transaction() if commit else producer.abort_transaction())


class Sample:
    """A sample consumer at work; what it prints goes to a file."""

    def __init__(self, command: Sequence[str], out: Path) -> None:
        self._out = out
        with out.open("ab") as file, out.with_suffix(".err").open("ab") as error:
            self.process = subprocess.Popen(command, stdout=file, stderr=error, start_new_session=True)

    def lines(self) -> list[str]:
        return self._out.read_text(encoding="utf-8").splitlines()

    async def until(self, count: int) -> list[str]:
        async def said() -> list[str]:
            assert self.process.poll() is None, self._out.with_suffix(".err").read_text(encoding="utf-8")
            return self.lines()

        return await eventually(said, lambda lines: len(lines) >= count, 60)

    async def end(self) -> None:
        """End it, and every program of its pipe: one that lingers would read on, and commit."""
        if self.process.poll() is None:
            parts = psutil.Process(self.process.pid).children(recursive=True)
            os.killpg(self.process.pid, signal.SIGTERM)
            _, alive = await asyncio.to_thread(psutil.wait_procs, parts, 30)
            assert not alive
        await asyncio.to_thread(self.process.wait, 20)


def python(settings: Settings, group: str) -> list[str]:
    given = ["--bootstrap", settings.kafka.bootstrap, "--group", group, "--topic", settings.topics.prefix + "alerts"]
    return [sys.executable, str(EXAMPLES / "consumer.py"), *given]


def kcat(settings: Settings, group: str) -> list[str]:
    for program in ("kcat", "jq"):
        assert shutil.which(program), f"{program} is not installed; on Debian: sudo apt-get install kcat jq"
    return ["sh", str(EXAMPLES / "consumer.sh"), settings.kafka.bootstrap, group, settings.topics.prefix + "alerts"]


@pytest.mark.parametrize("command", [python, kcat])
async def test_it_tells_each_committed_alert_once_with_its_reason(
    command: Any, settings: Settings, producer: AIOKafkaProducer, alerts: list[dict[str, Any]], tmp_path: Path
) -> None:
    group = f"{settings.engine.group}-reader-{command.__name__}"
    first, last = alerts[:-1], alerts[-1:]
    await send(producer, settings, [{**alerts[0], "alert_id": "aborted", "reason": {"en": "aborted"}}], commit=False)
    await send(producer, settings, [*first, *first], commit=True)  # the desk's may come twice
    sample = Sample(command(settings, group), tmp_path / "out")
    try:
        await sample.until(len(first))
        await send(producer, settings, last, commit=True)
        lines = await sample.until(len(alerts))
        assert len(lines) == len(alerts)
        for alert in alerts:
            (line,) = [each for each in lines if alert["reason"]["en"] in each]
            assert alert["severity"] in line
            assert alert["title"]["en"] in line
        assert not any("aborted" in each for each in lines)
        await eventually(lambda: offsets(settings, group), lambda found: committed(found) > len(alerts))
    finally:
        await sample.end()

    again = Sample(command(settings, group), tmp_path / "again")  # goes on where it was
    try:
        fresh = [{**alerts[0], "alert_id": "fresh", "reason": {"zh": "新", "en": "fresh and new"}}]
        await send(producer, settings, fresh, commit=True)
        lines = await again.until(1)
        assert len(lines) == 1
        assert "fresh and new" in lines[0]
    finally:
        await again.end()


def committed(found: dict[TopicPartition, Any]) -> int:
    return sum(one.offset for one in found.values())

"""The demo from end to end: its own worker on a real broker, and every event accounted for."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest
from aiokafka.admin import AIOKafkaAdminClient

pytestmark = pytest.mark.kafka


def demo(broker, *arguments: str) -> subprocess.Popen[str]:
    """Start the demo on the session's broker, with its output in a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "stream", "demo", *arguments],
        env={**os.environ, "KAFKA_BOOTSTRAP": broker.bootstrap},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def topics(broker) -> list[str]:
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await client.start()
    try:
        return [name for name in await client.list_topics() if name.startswith("demo-")]
    finally:
        await client.close()


async def test_a_small_town_is_fed_watched_and_accounted_for_and_nothing_is_left(broker):
    process = demo(broker, "--customers", "40", "--days", "60", "--rate", "0", "--test-alert", "--heartbeat")
    output, _ = await asyncio.to_thread(process.communicate, timeout=180)
    assert process.returncode == 0, output
    assert "Every event is accounted for." in output
    assert " opened: " in output
    assert output.count("alerts after") == 2
    assert await topics(broker) == []


async def test_a_signal_ends_it_early_and_says_what_is_open(broker):
    process = demo(broker, "--customers", "40", "--days", "365", "--rate", "200")
    assert process.stdout is not None
    deadline = time.monotonic() + 90
    said = ""
    while "worker " not in said and time.monotonic() < deadline:
        said += await asyncio.to_thread(process.stdout.readline)
    process.send_signal(signal.SIGTERM)
    output, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0, said + output
    assert "Every event is accounted for." in output
    assert await topics(broker) == []

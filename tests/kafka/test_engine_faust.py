"""Faust agents of ours see committed records only."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiokafka import AIOKafkaProducer

from stream.app import build_app
from stream.broker.clients import client_options
from stream.config import Settings

pytestmark = pytest.mark.kafka


async def write(settings: Settings, value: bytes, *, abort: bool) -> None:
    """Write one record to `alerts` in a transaction of its own."""
    producer = AIOKafkaProducer(**client_options(settings.kafka), transactional_id=f"{settings.engine.group}-test")
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(settings.topics.prefix + "alerts", value, key=b"c", partition=0)
        await (producer.abort_transaction() if abort else producer.commit_transaction())
    finally:
        await producer.stop()


@pytest.mark.timeout(60)
async def test_an_agent_does_not_see_an_aborted_record(settings: Settings) -> None:
    await write(settings, b"aborted", abort=True)
    await write(settings, b"committed", abort=False)
    await write(settings, b"aborted too", abort=True)
    await write(settings, b"last", abort=False)
    app = build_app(settings, role="reader")
    seen: list[bytes] = []
    done = asyncio.Event()

    async def agent(stream: object) -> None:
        async for value in stream:  # type: ignore[attr-defined]
            seen.append(value)
            if value == b"last":
                done.set()

    topic = app.topic(settings.topics.prefix + "alerts", value_type=bytes, value_serializer="raw", key_serializer="raw")
    app.agent(topic, name="agent")(agent)
    app.finalize()
    try:
        await app.start()
        await asyncio.wait_for(done.wait(), 30)
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.stop(), 15)
    assert seen == [b"committed", b"last"]

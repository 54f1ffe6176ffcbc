"""Bad input on a real broker: it ends in `dead-letters` as it came, and nothing else changes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from chaos import oracle
from chaos.owner import Owner
from support.units import T0

from stream.broker.clients import client_options
from stream.broker.layout import MAX_MESSAGE_BYTES
from stream.config import Settings

pytestmark = pytest.mark.kafka
GOOD = {"event_id": "e1", "customer_id": "c", "time": T0, "staff_id": "s", "how": "call", "result": "reached"}

BAD: dict[str, tuple[str, bytes | None, bytes | None, str]] = {
    "garbage": ("transactions", b"c", b"\xff\x00\xfe{{", "not-json"),
    "empty": ("transactions", b"c", b"", "not-json"),
    "a list": ("balances", b"c", b"[1, 2]", "wrong-type"),
    "wrong type": ("contacts", b"c", orjson.dumps(GOOD | {"result": 7}), "wrong-type"),
    "too deep": ("contacts", b"c", b"[" * 5000 + b"]" * 5000, "too-deep"),
    "too large": ("complaints", b"c", b"x" * 300_000, "too-large"),
    "wrong key": ("contacts", b"another", orjson.dumps(GOOD), "wrong-key"),
    "no key": ("contacts", None, orjson.dumps(GOOD), "wrong-key"),
    "no value": ("contacts", b"c", None, "no-value"),
    "another topic's event": ("balances", b"c", orjson.dumps(GOOD), "missing"),
    "from the future": ("contacts", b"c", orjson.dumps(GOOD | {"time": 4_000_000_000_000}), "future"),
    "a number too large": ("transactions", b"c", b'{"amount": 1e400}', "not-json"),
}


async def send(settings: Settings, topic: str, key: bytes | None, value: bytes | None) -> None:
    producer = AIOKafkaProducer(**client_options(settings.kafka), max_request_size=16 << 20)
    await producer.start()
    try:
        headers = [("traceparent", b"00-1")]
        await producer.send_and_wait(settings.topics.prefix + topic, value, key=key, partition=0, headers=headers)
    finally:
        await producer.stop()


async def test_bad_input_ends_in_dead_letters_as_it_came_and_nothing_else_changes(
    single: Settings, tmp_path: Path
) -> None:
    owner = Owner(single, tmp_path / "s")
    try:
        await owner.open()
        await send(single, "contacts", b"c", orjson.dumps(GOOD))
        await oracle.until_taken(single, 1, 20)
        before = dict(owner.shard.states())
        for topic, key, value, _ in BAD.values():
            await send(single, topic, key, value)
        await oracle.until_taken(single, 1 + len(BAD), 20)
        assert dict(owner.shard.states()) == before
        await send(single, "contacts", b"c", orjson.dumps(GOOD | {"event_id": "e2", "time": T0 + 1}))
        await oracle.until_taken(single, 2 + len(BAD), 20)
        assert dict(owner.shard.states()) != before, "a good event after all the bad ones is taken"
    finally:
        await owner.close()
    letters = await oracle.read(single, "dead-letters")
    found = sorted((dict(r.headers)["dl_topic"], r.key or b"", r.value or b"") for r in letters)
    assert found == sorted((topic.encode(), key or b"", value or b"") for topic, key, value, _ in BAD.values())
    reasons = {(r.key, r.value): dict(r.headers)["dl_reason"].decode() for r in letters}
    assert reasons == {(key, value): reason for _, key, value, reason in BAD.values()}
    for letter in letters:
        headers = dict(letter.headers)
        assert headers["dl_partition"] == b"0" and headers["dl_offset"].isdigit() and headers["dl_version"]
    assert await oracle.read(single, "alerts") == []


async def test_the_largest_record_that_an_input_topic_takes_fits_into_dead_letters(
    single: Settings, tmp_path: Path
) -> None:
    value = os.urandom(MAX_MESSAGE_BYTES - 200)  # cannot be compressed; the rest is the batch's own
    await send(single, "complaints", b"c", value)
    owner = Owner(single, tmp_path / "s")
    try:
        await owner.open()
        assert owner.running is not None
        taken = asyncio.create_task(oracle.until_taken(single, 1, 30))
        await asyncio.wait({taken, owner.running}, return_when=asyncio.FIRST_COMPLETED)
        assert not owner.running.done(), owner.running.exception()
        await taken
    finally:
        await owner.close()
    [letter] = await oracle.read(single, "dead-letters")
    assert letter.value == value

"""Gives an operator's command on `control` and waits for what comes of it: its effect, or its refusal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import orjson
from aiokafka.errors import KafkaError
from msgspec import Struct

from stream import control
from stream.config import Settings
from stream.domain.alerts import rfc3339
from stream.domain.events import Control
from stream.engine.kafka.sender import KafkaSender
from stream.engine.log.deadletter import TOPIC as DEAD_LETTERS
from stream.model_commands import PublishModel
from stream.ops.reading import Reader, ReadError


class Effect(Struct, frozen=True):
    """Where a command took effect, after how long (s), and what was written; `refused` says why it was not."""

    topic: str
    partition: int
    offset: int
    took_s: float
    key: str = ""
    headers: dict[str, str] = {}
    body: bytes = b""
    refused: str = ""


async def give(
    settings: Settings,
    command: str,
    arguments: dict[str, Any],
    *,
    actor: str,
    event_id: str,
    now: int,
    timeout_s: float,
    sent: Callable[[], None] = lambda: None,
) -> Effect | None:
    """Write a command and return what a worker made of it; `None`: none answered in time.

    Args:
        settings: with a bootstrap address.
        command: one of `stream.control.COMMANDS`.
        arguments: the command's own.
        actor: who gives it, for the audit.
        event_id: unique; the effect carries it.
        now: epoch ms.
        timeout_s: how long to wait for the effect.
        sent: called once the command is on the topic.

    Raises:
        Rejected: no such command, or wrong arguments; nothing was written.
        ReadError: the broker does not answer, or a topic is missing.
    """
    event = Control(event_id=event_id, time=now, command=command, actor=actor, arguments=arguments)
    read = control.read(event)
    value = msgspec.json.encode(msgspec.to_builtins(event) | {"time": rfc3339(now)})
    taken_away = control.takes_away(read)
    stop = asyncio.Event()
    topics = ["alerts", "settings", DEAD_LETTERS, *(["models"] if isinstance(read, PublishModel) else [])]
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(Reader(settings, topic)) for topic in topics]
        for reader in readers:
            await reader.from_end()
        await _send(settings, command.encode(), value)
        sent()
        begun = time.monotonic()
        asyncio.get_running_loop().call_later(timeout_s, stop.set)
        async for topic, record in _merged(settings, readers, stop):
            effect = _effect(topic, record, event_id, taken_away, time.monotonic() - begun)
            if effect is not None:
                return effect
    return None


async def _merged(settings: Settings, readers: list[Reader], stop: asyncio.Event) -> AsyncIterator[tuple[str, Any]]:
    """Yield topic (without prefix) and record from all readers as they come, until `stop`."""
    arrived: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()

    async def pump(reader: Reader) -> None:
        async for records in reader.follow(stop):
            for record in records:
                arrived.put_nowait((reader.name.removeprefix(settings.topics.prefix), record))
        arrived.put_nowait(None)

    pumps = [asyncio.create_task(pump(reader)) for reader in readers]
    try:
        while (one := await arrived.get()) is not None:
            yield one
    finally:
        for task in pumps:
            task.cancel()
        for task in pumps:
            with contextlib.suppress(asyncio.CancelledError):
                await task


def _effect(topic: str, record: Any, event_id: str, taken_away: str | None, took_s: float) -> Effect | None:
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    key = (record.key or b"").decode("utf-8", "replace")
    place = (topic, record.partition, record.offset, took_s, key, headers, record.value or b"")
    if topic == DEAD_LETTERS:
        if headers.get("dl_topic") == "control" and _field(record.value, "event_id") == event_id:
            return Effect(*place, refused=f"{headers.get('dl_path')}: {headers.get('dl_message')}")
        return None
    if topic == "models":
        return Effect(*place) if headers.get("event_id") == event_id else None
    if topic == "alerts":
        return Effect(*place) if headers.get("ce_id") == f"control-{event_id}" else None
    if record.value is None:
        return Effect(*place) if key == taken_away else None
    return Effect(*place) if _field(record.value, "event_id") == event_id else None


def _field(value: bytes | None, name: str) -> Any:
    try:
        body = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    return body.get(name) if isinstance(body, Mapping) else None


async def _send(settings: Settings, key: bytes, value: bytes) -> None:
    sender = KafkaSender(settings)
    try:
        await sender.start()
        await sender.send("control", key, value)
    except KafkaError as fault:
        raise ReadError(f"the command could not be written to control: {fault or type(fault).__name__}") from None
    finally:
        await sender.stop()

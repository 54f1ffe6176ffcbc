"""Gives an operator's command on `control` and waits for what comes of it on `alerts`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
from aiokafka.errors import KafkaError

from stream import control
from stream.config import Settings
from stream.domain.alerts import rfc3339
from stream.domain.events import Control
from stream.engine.sender import KafkaSender
from stream.ops.reading import ReadError
from stream.ops.watch import Received, tail


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
) -> tuple[Received, float] | None:
    """Write a command and return the alert that a worker answered with, and after how many seconds; `None`: none did.

    Args:
        settings: with a bootstrap address.
        command: one of `stream.control.COMMANDS`.
        arguments: the command's own.
        actor: who gives it, for the audit.
        event_id: unique; the alert's id is made of it.
        now: epoch ms.
        timeout_s: how long to wait for the effect.
        sent: called once the command is on the topic.

    Raises:
        Rejected: no such command, or wrong arguments; nothing was written.
        ReadError: the broker does not answer, or a topic is missing.
    """
    event = Control(event_id=event_id, time=now, command=command, actor=actor, arguments=arguments)
    control.read(event)
    value = msgspec.json.encode(msgspec.to_builtins(event) | {"time": rfc3339(now)})
    stop = asyncio.Event()
    async with tail(settings, stop) as alerts:
        await _send(settings, command.encode(), value)
        sent()
        begun = time.monotonic()
        asyncio.get_running_loop().call_later(timeout_s, stop.set)
        async for one in alerts:
            if one.header("ce_id") == f"control-{event_id}":
                return one, time.monotonic() - begun
    return None


async def _send(settings: Settings, key: bytes, value: bytes) -> None:
    sender = KafkaSender(settings)
    try:
        await sender.start()
        await sender.send("control", key, value)
    except KafkaError as fault:
        raise ReadError(f"the command could not be written to control: {fault or type(fault).__name__}") from None
    finally:
        await sender.stop()

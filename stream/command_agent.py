"""Agents that read operators' commands for a role other than the worker, which answers for each of them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import faust

from stream.app import control_topic, record_of
from stream.codec import Rejected
from stream.config import Settings
from stream.domain.events import Control
from stream.engine.assemble import codec
from stream.engine.log.memory import MemoryRecord
from stream.faults import describe

log = logging.getLogger(__name__)


def on_commands(
    app: faust.App, settings: Settings, name: str, take: Callable[[Control, MemoryRecord], Awaitable[None]]
) -> None:
    """Give the app an agent of this name that hands each readable command to `take`, in their order, one at a time.

    A command that `take` fails on is logged and passed by: Faust would acknowledge it in any case.
    """
    reader = codec(settings)

    async def commands(stream: Any) -> None:
        async for event in stream.events():
            record = record_of(event)
            try:
                await take(reader.decode("control", record.key, record.value, record.timestamp), record)
            except Rejected:
                continue  # a worker says so
            except Exception as fault:
                log.error("control: a command came to nothing with %s: %s", name, describe(fault))

    app.agent(control_topic(app, settings), name=name, concurrency=1)(commands)

"""Where a task waits: the chain of coroutines from its first to the one that is suspended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import CoroutineType, FrameType
from typing import Any


def whereabouts(task: asyncio.Task[Any] | None) -> list[str]:
    """Return a line a coroutine, outermost first; places only, no values. Nothing where the task is done."""
    return [] if task is None else [_place(frame) for frame in _frames(task.get_coro())]


def _frames(awaited: Any) -> Iterator[FrameType]:
    while isinstance(awaited, CoroutineType):
        if awaited.cr_frame is not None:
            yield awaited.cr_frame
        awaited = awaited.cr_await


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}"

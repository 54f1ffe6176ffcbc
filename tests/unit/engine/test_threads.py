"""Work in a thread that is waited for even by who is cancelled."""

from __future__ import annotations

import asyncio
import threading

import pytest

from stream.engine.store.threads import to_the_end


async def test_a_cancellation_comes_after_the_work_is_done():
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait(10)
        done.set()

    task = asyncio.create_task(to_the_end(work))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()


async def test_what_the_work_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        await to_the_end(lambda: 1 // 0)

"""One destination's queue, carried out: a dead one delays nobody but itself."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from stream.desk.notify.book import Attempt, Book, Claim, Item
from stream.desk.notify.channel import Answer
from stream.desk.notify.metrics import NotifyMetrics
from stream.desk.store.database import name_of

_log = logging.getLogger(__name__)
ROUNDS = 4
"""So many times as many are claimed as are sent at a time: fewer transactions for a destination that is quick."""


class Worker:
    """Claims, sends a few at a time, records; waits where nothing is due."""

    def __init__(
        self,
        book: Book,
        *,
        label: str,
        at_once: int,
        look_every_s: float,
        clock: Callable[[], int],
        metrics: NotifyMetrics,
        pause_s: float = 0.0,
    ) -> None:
        """`label`: of the metrics; `pause_s`: between two parcels, where the destination takes no more."""
        self._book, self._label, self._at_once = book, label, at_once
        self._look_every_s, self._clock, self._metrics, self._pause_s = look_every_s, clock, metrics, pause_s
        self._woken, self._free = asyncio.Event(), asyncio.Semaphore(at_once)

    def wake(self) -> None:
        """Look at once: something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Go on until cancelled; while the database is away it waits."""
        while True:
            self._woken.clear()
            try:
                worked = await self.turn()
            except (SQLAlchemyError, OSError) as fault:
                _log.warning("%s: the queue cannot be read: %s", self._label, name_of(fault))
                worked = False
            if not worked:
                await self._idle()

    async def turn(self) -> bool:
        """Send what is due, a few at a time, and tell whether there was any."""
        claim = await self._book.claim(self._at_once * ROUNDS, self._clock())
        if claim is None:
            return False
        attempts = await asyncio.gather(*(self._send(claim, item) for item in claim.items))
        await self._book.record(attempts, self._clock())
        if self._pause_s:
            await asyncio.sleep(self._pause_s * len(attempts))
        return True

    async def _send(self, claim: Claim, item: Item) -> Attempt:
        async with self._free:
            return await self._try(claim, item)

    async def _try(self, claim: Claim, item: Item) -> Attempt:
        at, begun = self._clock(), time.perf_counter()
        try:
            answer = await claim.channel.send(item.parcel)
        except Exception as fault:  # an adapter's defect must not stop its queue, nor lose what waits
            _log.error("%s: an adapter failed: %s at %s", self._label, type(fault).__name__, _place(fault))
            answer = Answer(fault=type(fault).__name__)
        took = time.perf_counter() - begun
        self._metrics.seconds.labels(self._label).observe(took)
        return Attempt(item, answer, at, round(took * 1000))

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(self._look_every_s):
                await self._woken.wait()
        except TimeoutError:
            return


def _place(fault: BaseException) -> str:
    """Name the line that raised: the message itself may hold an address."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"

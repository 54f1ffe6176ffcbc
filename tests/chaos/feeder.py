"""Sends lines in their order, by one producer for each codec in turn, and keeps count."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaProducer

from chaos import oracle
from chaos.traffic import closing
from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.jsonl import Record
from stream.engine.log.partition import partition_for

CODECS = (None, "gzip", "snappy", "lz4", "zstd")
_CHUNK = 60
_TAKEN_S = 150.0


class Feeder:
    """The lines of a schedule on their way in."""

    def __init__(self, settings: Settings, lines: Sequence[Record], rate: float, end: int) -> None:
        """`settings` with the brokers' own addresses; `rate`: lines a second; `end`: of the closing clock, epoch ms."""
        self._settings = settings
        self._lines = lines
        self._rate = rate
        self._last = closing(settings.topics.partitions, end)
        self._sending: asyncio.Task[None] | None = None

    @property
    def everything(self) -> list[Record]:
        """All that is sent, the closing clock events too."""
        return [*self._lines, *self._last]

    def begin(self) -> None:
        """Begin to send."""
        self._sending = asyncio.create_task(self._send(self._lines))

    async def taken(self, share: float) -> None:
        """Return when the engine has taken that share of the lines."""
        await self._until(round(share * len(self._lines)))

    async def end(self) -> None:
        """Return when everything has been sent and taken."""
        assert self._sending is not None
        await self._sending
        await self._until(len(self._lines))
        await self._send(self._last)
        await self._until(len(self._lines) + len(self._last))

    async def stop(self) -> None:
        """Send no more."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _until(self, count: int) -> None:
        waiting = asyncio.create_task(oracle.until_taken(self._settings, count, _TAKEN_S))
        both = {waiting, self._sending} if self._sending and not self._sending.done() else {waiting}
        try:
            while not waiting.done():
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                if self._sending in both and self._sending.done():
                    self._sending.result()
                    both = {waiting}
            waiting.result()
        finally:
            waiting.cancel()

    async def _send(self, lines: Sequence[Record]) -> None:
        loop = asyncio.get_running_loop()
        async with _producers(self._settings) as producers:
            began = loop.time()
            for start in range(0, len(lines), _CHUNK):
                await asyncio.sleep(began + start / self._rate - loop.time())
                producer = producers[start // _CHUNK % len(producers)]
                await self._chunk(producer, lines[start : start + _CHUNK])

    async def _chunk(self, producer: AIOKafkaProducer, lines: Sequence[Record]) -> None:
        """Send some and wait until the broker has them: the next producer's come behind them."""
        prefix, partitions = self._settings.topics.prefix, self._settings.topics.partitions
        flying = [
            await producer.send(
                prefix + line.topic,
                line.value,
                key=line.key,
                partition=partition_for(line.key or b"", partitions),
                timestamp_ms=line.timestamp,
            )
            for line in lines
        ]
        await asyncio.gather(*flying)


@contextlib.asynccontextmanager
async def _producers(settings: Settings) -> AsyncIterator[list[AIOKafkaProducer]]:
    made = [
        AIOKafkaProducer(**client_options(settings.kafka), enable_idempotence=True, compression_type=codec)
        for codec in CODECS
    ]
    try:
        for each in made:
            await each.start()
        yield made
    finally:
        for each in made:
            await each.stop()

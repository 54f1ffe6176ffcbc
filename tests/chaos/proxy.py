"""A TCP proxy before one broker, which can be slow, cut what passes, and strike at a chosen Kafka request."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from enum import IntEnum

_CHUNK = 64 << 10
_LENGTH = 4


class Request(IntEnum):
    """Kafka's numbers of the requests that a transaction consists of."""

    PRODUCE = 0
    ADD_PARTITIONS = 24
    ADD_OFFSETS = 25
    END = 26
    COMMIT_OFFSETS = 28


Hook = Callable[[], Awaitable[bool]]
"""Called before a request is passed on; False: the connection is cut instead."""


class Proxy:
    """Passes connections on to one port of the loopback interface.

    Attributes:
        delay_s: how long every piece is kept, in each direction.
        open: whether new connections are passed on.
    """

    def __init__(self, port: int, upstream: int) -> None:
        self.port = port
        self._upstream = upstream
        self.delay_s = 0.0
        self.open = True
        self._hooks: dict[int, Hook] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Cut everything and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Cut every connection there is, without a goodbye."""
        for writer in list(self._writers):
            writer.transport.abort()

    def at(self, request: Request, hook: Hook) -> None:
        """Call `hook` once, at the next request of this kind."""
        self._hooks[request] = hook

    def quiet(self) -> None:
        """Pass everything on, at once."""
        self.delay_s, self.open = 0.0, True
        self._hooks.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        other = None
        try:
            if not self.open:
                return
            upstream, other = await asyncio.open_connection("127.0.0.1", self._upstream)
            self._writers.add(other)
            both = (
                asyncio.ensure_future(self._requests(reader, other)),
                asyncio.ensure_future(self._answers(upstream, writer)),
            )
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        except OSError:  # nobody listens behind: the client finds the connection closed
            pass
        finally:
            for end in (writer, other):
                if end is not None:
                    self._writers.discard(end)
                    end.transport.abort()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(_LENGTH)
                body = await reader.readexactly(int.from_bytes(head, "big"))
                hook = self._hooks.pop(int.from_bytes(body[:2], "big"), None)
                if hook is not None and not await hook():
                    return
                await self._pass_on(writer, head + body)

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_CHUNK):
                await self._pass_on(writer, piece)

    async def _pass_on(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        writer.write(piece)
        await writer.drain()

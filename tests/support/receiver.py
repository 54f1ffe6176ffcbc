"""A receiver of webhooks and robots' messages on the loopback address, which answers as it is told."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Receiver:
    """`answers`: statuses by turns, the last for ever; `gate`: what a request waits for before it is answered."""

    answers: list = field(default_factory=lambda: [200])
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    gate: asyncio.Event | None = None
    got: list = field(default_factory=list)  # headers, body, path
    at_once: int = 0
    most_at_once: int = 0
    url: str = ""

    async def handle(self, request):
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            body = await request.read()
            if self.gate is not None:
                await self.gate.wait()
            self.got.append((dict(request.headers), body, request.path_qs))
            status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            return web.Response(status=status, headers=self.headers, body=self.body)
        finally:
            self.at_once -= 1

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _, _ in self.got]


@contextlib.asynccontextmanager
async def receiving(**more):
    """Yield a running receiver."""
    receiver = Receiver(**more)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        if receiver.gate is not None:
            receiver.gate.set()
        await runner.cleanup()

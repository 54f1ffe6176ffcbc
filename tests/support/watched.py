"""A Prometheus of a test's own over running roles: Debian's, started as the demo does."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from stream.demo.prometheus import running
from stream.interface.dashboards.boards import BOARDS


class Prometheus:
    """Asks a running server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **parameters: object) -> Any:
        """Return the data of an answer of its API.

        Raises:
            AssertionError: it refuses; the message holds why.
        """
        query = urllib.parse.urlencode(parameters).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=query if parameters else None)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as fault:
            raise AssertionError(f"{parameters}: {fault.read().decode()}") from None

    def value(self, expr: str, at: float | None = None) -> float:
        """Return what a query with one result gives, now or at a time (epoch s)."""
        when = {} if at is None else {"time": at}
        (sample,) = self.ask("query", query=expr, **when)["result"]
        return float(sample["value"][1])

    def until(self, expr: str, holds: Any, within_s: float = 60.0) -> None:
        """Wait until a query with one result gives what `holds`."""
        deadline = time.monotonic() + within_s
        while not ((found := self.ask("query", query=expr)["result"]) and holds(float(found[0]["value"][1]))):
            assert time.monotonic() < deadline, f"{expr}: {found}"
            time.sleep(0.2)


@asynccontextmanager
async def prometheus(folder: Path, targets: Mapping[str, str]) -> AsyncIterator[Prometheus]:
    """Run the demo's server over other targets, with all boards; `targets`: job to host:port."""
    async with running(folder, targets, BOARDS, scrape_s=1) as url:
        yield Prometheus(url)

"""One route: what it answers, who may, what it is for the audit, and for the API what it takes and gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from stream.desk.web.needs import Limit, Need

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parameter of the query string, for the document."""

    name: str
    about: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`act`: word for the audit; empty = not audited (health, static, sign-in pages write their own)."""

    method: str
    path: str
    name: str
    handler: Handler
    need: Need
    act: str = ""
    limit: Limit = Limit.VIEWS
    summary: str = ""
    takes: Any = None  # type of the JSON body
    gives: Any = None  # type of the JSON answer
    media: str = "application/json"
    status: int = 200
    query: tuple[Query, ...] = ()

    @property
    def is_api(self) -> bool:
        """Tell whether faults are answered in JSON and the document has it."""
        return self.path.startswith("/api/")

    @property
    def safe(self) -> bool:
        """Tell whether it changes nothing."""
        return self.method in SAFE

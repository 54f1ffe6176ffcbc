"""Everything the web application is given. It makes none of it, and reads no clock or configuration of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from stream.config import Settings
from stream.desk.store.database import Database
from stream.desk.store.vault import Vault
from stream.domain.business import Business
from stream.metrics import Metrics


class Asker(Protocol):
    """Asks the running workers about a customer."""

    async def why(self, customer_id: str) -> Mapping[str, Any]:
        """Return what every rule and stage said last.

        Raises:
            Unknown, NoAnswer: as `stream.ops.asking` says.
        """
        ...


class Pushed(Protocol):
    """What a stream of pushes yields: a row of `pushes`, or a hint that the page must load anew."""

    @property
    def number(self) -> int:
        """Its number among the receiver's: the event's id."""
        ...

    @property
    def event(self) -> str:
        """The event's name."""
        ...

    @property
    def notify(self) -> bool:
        """Whether the browser is to notify."""
        ...

    @property
    def data(self) -> Mapping[str, Any]:
        """Ids and words, no name, number or amount."""
        ...


class Pushes(Protocol):
    """The part of `stream.desk.push.hub.Hub` that the web application uses."""

    def committed(self, receivers: Iterable[str]) -> None:
        """Wake the readers of these receivers: pushes to them were committed."""
        ...

    def events(self, receiver: str, after: int | None = None) -> AsyncIterator[Any]:
        """Yield pushes behind number `after`, for ever; `None`: what comes from now on."""
        ...


def nothing_to_report() -> Mapping[str, str]:
    """Return no trouble: the standing of a site without other parts."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the application works with. `clock` is wall clock, epoch ms."""

    database: Database
    vault: Vault
    settings: Settings
    business: Business
    clock: Callable[[], int]
    hub: Pushes
    asker: Asker
    metrics: Metrics
    standing: Callable[[], Mapping[str, str]] = field(default=nothing_to_report)
    """Parts of the desk that are in trouble now, and with what: `{"intake": "database away"}`."""

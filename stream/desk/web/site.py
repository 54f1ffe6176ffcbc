"""Everything the web application is given. It makes none of it, and reads no clock or configuration of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from stream.config import Settings
from stream.desk.push.hub import Hub
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

    async def state(self, customer_id: str) -> Mapping[str, Any]:
        """Return what is kept about the customer.

        Raises:
            Unknown, NoAnswer: as `stream.ops.asking` says.
        """
        ...


def nothing_to_report() -> Mapping[str, str]:
    """Return no trouble: the standing of a site without other parts."""
    return {}


def nothing_to_wake() -> None:
    """Wake nobody: a site without an outbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the application works with. `clock`: what work goes by, epoch ms; the wall clock but in a demo."""

    database: Database
    vault: Vault
    settings: Settings
    business: Business
    clock: Callable[[], int]
    hub: Hub
    asker: Asker
    metrics: Metrics
    wake: Callable[[], None] = field(default=nothing_to_wake)
    """Called after a commit that left messages in the outbox."""
    standing: Callable[[], Mapping[str, str]] = field(default=nothing_to_report)
    """Parts of the desk that are in trouble now, and with what: `{"intake": "database away"}`."""
    wall: Callable[[], int] | None = None
    """Wall clock, epoch ms; `None`: `clock` is it."""

    @property
    def real(self) -> Callable[[], int]:
        """Return the clock that sign-ins, sessions and rates go by, whatever time it is in the town."""
        return self.wall or self.clock

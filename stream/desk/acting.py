"""An answer carried out: checked by `work`, then written with all that follows from it, in one given transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.vault import Vault
from stream.desk.work.commands import Actor, Command
from stream.desk_config import Desk
from stream.domain.business import Business


@dataclass(frozen=True, slots=True)
class Context:
    """What acting goes by besides the store."""

    settings: Desk
    business: Business
    vault: Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it. After the commit tell the hub: `hub.committed(done.receivers)`, and wake the outbox."""

    action_id: str
    repeated: bool = False  # it had been done before: nothing was written
    receivers: frozenset[str] = frozenset()  # of the pushes that were written
    customer_id: str | None = None
    episode_id: str | None = None
    version: int | None = None  # of the episode now
    approval_id: str | None = None  # a manager is asked first
    task_ids: tuple[str, ...] = ()  # next steps that follow


async def act(tx: AsyncSession, actor: Actor, command: Command, now: int, context: Context) -> Done:
    """Carry a command out in `tx`, an ordered transaction; `now`: wall clock, epoch ms.

    Raises:
        Refused: it cannot be done; nothing was written, but roll `tx` back all the same.
    """
    raise NotImplementedError

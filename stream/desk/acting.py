"""An answer carried out: checked by `work`, then written with all that follows from it, in one given transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import approvals, customers, episodes, notes, referrals, tasks
from stream.desk.acts.deed import Context, Deed
from stream.desk.store.repositories.rows import must_be_ordered
from stream.desk.store.tables import Action, Episode
from stream.desk.work import answers, commands
from stream.desk.work.commands import Actor, Command

__all__ = ["Context", "Done", "act"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it. After the commit tell the hub: `hub.committed(done.receivers)`, and wake the outbox."""

    action_id: str
    repeated: bool = False  # it had been done before: nothing was written
    receivers: frozenset[str] = frozenset()  # of the pushes that were written
    customer_id: str | None = None
    episode_id: str | None = None
    version: int | None = None  # of the episode now
    approval_id: str | None = None  # a manager is asked first, or has decided
    task_ids: tuple[str, ...] = ()  # next steps that follow


async def act(tx: AsyncSession, actor: Actor, command: Command, now: int, context: Context) -> Done:
    """Carry a command out in `tx`, an ordered transaction; `now`: wall clock, epoch ms.

    Raises:
        Refused: it cannot be done: roll `tx` back, something may have been written.
        UnorderedError: the transaction is not an ordered one.
    """
    must_be_ordered(tx)
    answers.may_answer(actor)
    known = await tx.scalar(select(Action).where(Action.action_id == command.action_id))
    if known is not None:
        same = known.action_id
        return Done(action_id=same, repeated=True, customer_id=known.customer_id, episode_id=known.episode_id)
    deed = Deed(tx, actor, command.action_id, now, context)
    touched = await _DO[type(command)](deed, command)
    episode = touched if isinstance(touched, Episode) else None
    return Done(
        action_id=command.action_id,
        receivers=frozenset(deed.receivers),
        customer_id=getattr(command, "customer_id", None) or getattr(touched, "customer_id", None),
        episode_id=None if episode is None else episode.episode_id,
        version=None if episode is None else episode.version,
        approval_id=deed.approval_id,
        task_ids=tuple(deed.task_ids),
    )


_DO: Mapping[type[Any], Callable[[Deed, Any], Awaitable[Any]]] = {
    commands.Acknowledge: episodes.acknowledge,
    commands.Snooze: episodes.snooze,
    commands.Unsnooze: episodes.unsnooze,
    commands.Outcome: episodes.outcome,
    commands.Note: notes.note,
    commands.LogContact: notes.log_contact,
    commands.HandOver: customers.hand_over,
    commands.Refer: referrals.refer,
    commands.Approve: approvals.approve,
    commands.Reject: approvals.reject,
    commands.AddTask: tasks.add,
    commands.FinishTask: tasks.finish,
}

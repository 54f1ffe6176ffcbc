"""The rows of `timers`: the end of a snooze, a task that falls due, a customer who goes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import customers, owners, planning, tasks
from stream.desk.acts.deed import Context, Deed
from stream.desk.store.repositories.people import directory
from stream.desk.store.tables import Episode, Task, Timer
from stream.desk.timing.guard import LATER_MS, guarded
from stream.desk.work.commands import Actor
from stream.policy.route import stands_in

DESK = Actor(staff_id="desk:timers", role="system")
_AT_ONCE = 100


async def fire_due(tx: AsyncSession, now: int, context: Context) -> tuple[list[tuple[str, int]], set[str], bool]:
    """Fire the timers that are due; return their kinds and due times, who was pushed to, and whether more wait."""
    due = select(Timer).where(Timer.kind.in_(list(_FIRES)), Timer.due_at <= now)
    timers = list(await tx.scalars(due.order_by(Timer.due_at, Timer.kind, Timer.key).limit(_AT_ONCE)))
    if not timers:
        return [], set(), False
    known = await directory(tx)
    woken: set[str] = set()
    fired: list[tuple[str, int]] = []
    for timer in timers:
        kind, key, at, customer = timer.kind, timer.key, timer.due_at, timer.customer_id
        deed = Deed(tx, DESK, f"timer/{kind}/{key}/{at}", now, context, known)
        await planning.stop_timer(tx, kind, key)
        if await guarded(tx, _fire(deed, kind, key)) is None:  # it must not keep the others waiting
            await planning.set_timer(tx, kind, key, now + LATER_MS, customer)
            continue
        woken |= deed.receivers
        fired.append((kind, at))
    return fired, woken, len(timers) == _AT_ONCE


async def _fire(deed: Deed, kind: str, key: str) -> bool:
    await _FIRES[kind](deed, key)
    return True


async def _wake(deed: Deed, episode_id: str) -> None:
    """Put an episode back on the list, as something to be seen to: whoever put it off wanted to be told again."""
    episode = await deed.tx.get(Episode, episode_id, populate_existing=True)
    if episode is None or episode.ended_at is not None or episode.snoozed_until is None:
        return
    if episode.snoozed_until > deed.now:  # put off once more meanwhile
        await planning.set_timer(deed.tx, planning.SNOOZE, episode_id, episode.snoozed_until, episode.customer_id)
        return
    await deed.change(episode, {"snoozed_until": None, "acknowledged_at": None, "acknowledged_by": None})
    await planning.plan(deed.tx, episode, deed.now, deed.context)
    data = {"what": "awake", "kind": episode.kind, "version": episode.version}
    await deed.show(
        "change", [episode.owner], notify=True, data=data, customer_id=episode.customer_id, episode_id=episode_id
    )


async def _remind(deed: Deed, task_id: str) -> None:
    """Say that a task is due."""
    task = await deed.tx.get(Task, task_id, populate_existing=True)
    if task is None or task.done_at is not None or task.reminded_at is not None:
        return
    task.reminded_at = deed.now
    await deed.tx.flush()
    data = {"what": "due", "kind": task.kind}
    await deed.show(
        "task", [task.owner], notify=True, data=data, customer_id=task.customer_id, episode_id=task.episode_id
    )


async def _return(deed: Deed, customer_id: str) -> None:
    """Give a customer back who was handed over for a time."""
    rm = await customers.unassign(deed, customer_id)
    person = stands_in(rm, await owners.staff_book(deed.tx)) if rm else None
    if person is None:
        return
    lent = [one for one in await customers.open_episodes(deed, customer_id) if one.owner != f"rm:{person}"]
    before = sorted({one.owner for one in lent})
    await customers.move(deed, customer_id, lent, before, f"rm:{person}", "back", fixed=False)


async def _over(deed: Deed, key: str) -> None:
    """Nothing is left to do: the row is gone."""


_FIRES: Mapping[str, Callable[[Deed, str], Awaitable[None]]] = {
    planning.SNOOZE: _wake,
    tasks.REMINDER: _remind,
    customers.RETURN: _return,
    planning.FORGOTTEN: _over,
}

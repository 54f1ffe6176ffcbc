"""A checked list of customers, assigned, and kept with what became of each line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import customers, tasks
from stream.desk.acts.deed import Context, Deed
from stream.desk.reports.checking import Checked
from stream.desk.store.database import Database
from stream.desk.store.repositories.people import directory
from stream.desk.store.repositories.rows import chunks, insert_into
from stream.desk.store.tables import ImportedList, ImportedRow, Profile
from stream.desk.work.commands import Actor
from stream.desk.work.tasks import Planned

TASK = "follow_up"
"""Kind of the task that a list with a due time makes of each line."""
_AT_ONCE = 50  # lines in one transaction: others write in between


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """`list_id` names it for ever; `digest` is the file's. `due_at`, epoch ms: each line makes a task due then."""

    list_id: str
    name: str
    branch_id: str
    digest: str
    due_at: int | None = None


async def imported_before(session: AsyncSession, digest: str, branch_id: str) -> ImportedList | None:
    """Return the list that the same file made at this branch, so that a person can be asked."""
    same = ImportedList.digest == digest, ImportedList.branch_id == branch_id
    return await session.scalar(select(ImportedList).where(*same).order_by(ImportedList.created_at.desc()).limit(1))


async def import_list(
    database: Database,
    actor: Actor,
    new: NewList,
    checked: Sequence[Checked],
    now: int,
    context: Context,
    committed: Callable[[Iterable[str]], None],
) -> int:
    """Assign the customers and keep the list; return how many lines were new.

    A customer's open warnings and tasks go along, as with a handover. Lines with a fault are kept, and change nothing.
    Some lines a transaction: called again with the same list, after whatever ended it, it goes on where it stood.

    Args:
        database: the store.
        actor: the manager; that they may was decided before.
        new: the list.
        checked: its lines, as `check` returned them.
        now: wall clock, epoch ms.
        context: what acting goes by.
        committed: told who has a new push, as `Hub.committed`.
    """
    async with database.transaction() as tx:
        await _keep_list(tx, actor, new, checked, now)
        known = set(await tx.scalars(select(ImportedRow.line).where(ImportedRow.list_id == new.list_id)))
    waiting = [one for one in checked if one.line.line not in known]
    for some in chunks(waiting, _AT_ONCE):
        async with database.transaction() as tx:
            receivers = await _take(tx, actor, new, some, now, context)
        committed(receivers)
    return len(waiting)


async def _keep_list(tx: AsyncSession, actor: Actor, new: NewList, checked: Sequence[Checked], now: int) -> None:
    row = {
        "list_id": new.list_id,
        "name": new.name,
        "branch_id": new.branch_id,
        "created_by": actor.staff_id,
        "created_at": now,
        "due_at": new.due_at,
        "digest": new.digest,
        "rows": len(checked),
        "faults": sum(one.line.fault is not None for one in checked),
    }
    await tx.execute(insert_into(tx, ImportedList).values(row).on_conflict_do_nothing(index_elements=["list_id"]))


async def _take(
    tx: AsyncSession, actor: Actor, new: NewList, some: Sequence[Checked], now: int, context: Context
) -> set[str]:
    receivers: set[str] = set()
    made: dict[int, str] = {}
    known = await directory(tx)
    for one in some:
        if one.line.fault is None:
            deed = Deed(tx, actor, f"{new.list_id}/{one.line.line}", now, context, known)
            await _assign(deed, new.list_id, str(one.line.customer_id), str(one.staff_id))
            if new.due_at is not None:
                planned = Planned(TASK, new.due_at, of_branch=False, number=0)
                made[one.line.line] = await tasks.make(
                    deed, str(one.line.customer_id), planned, f"rm:{one.staff_id}", None
                )
            receivers |= deed.receivers
    await tx.execute(insert_into(tx, ImportedRow), list(_rows(new.list_id, some, made)))
    return receivers


async def _assign(deed: Deed, list_id: str, customer_id: str, staff_id: str) -> None:
    """Give one customer to the RM, with all that is open and not theirs yet."""
    to = f"rm:{staff_id}"
    moved = [episode for episode in await customers.open_episodes(deed, customer_id) if episode.owner != to]
    rm = await deed.tx.scalar(select(Profile.rm_id).where(Profile.customer_id == customer_id))
    before = ({episode.owner for episode in moved} | {f"rm:{rm}"}) - {to}
    await deed.note_action("assign", customer_id, receiver=to, details={"list_id": list_id})
    await customers.assign(deed, customer_id, staff_id, "list", list_id=list_id)
    await customers.move(deed, customer_id, moved, sorted(before), to, "list", fixed=True)


def _rows(list_id: str, some: Iterable[Checked], made: Mapping[int, str]) -> Iterable[dict[str, Any]]:
    for one in some:
        yield {
            "list_id": list_id,
            "line": one.line.line,
            "customer_id": one.line.customer_id,
            "staff_id": one.staff_id,
            "task_id": made.get(one.line.line),
            "fault": one.line.fault,
            "details": {},
        }

"""News of staff and branches: open and snoozed work goes to whoever takes it over, and comes back after a leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import owners, tasks
from stream.desk.acts.customers import move
from stream.desk.acts.deed import Context, Deed
from stream.desk.store.repositories.people import forget_staff, put_staff
from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Assignment, Episode, Profile, Staff, Task
from stream.desk.work.commands import Actor
from stream.desk.work.spreading import Load, spread
from stream.domain.events import Forget
from stream.domain.events import Staff as News
from stream.policy.route import branch_now, stands_in

DESK = Actor(staff_id="desk", role="system")


async def take(tx: AsyncSession, events: Sequence[News | Forget], now: int, context: Context) -> set[str]:
    """Write news and hand work over; return who was pushed to."""
    receivers: set[str] = set()
    for event in events:
        if isinstance(event, Forget):
            await forget_staff(tx, event.customer_id)
            continue
        before = await tx.get(Staff, event.staff_id) if event.staff_id else None
        was = None if before is None else before.status
        if not await put_staff(tx, event):
            continue
        tx.expire_all()
        deed = Deed(tx, DESK, f"desk/staff/{event.event_id}", now, context)
        if event.staff_id is None:
            await _branch(deed, event)
        elif event.status != "active":
            await _away(deed, event.staff_id, event.status)
        elif was in ("leave", "left", "moved"):
            await _back(deed, event.staff_id)
        receivers |= deed.receivers
    return receivers


async def _away(deed: Deed, person: str, status: str) -> None:
    """Hand over what somebody has who is on leave, or gone."""
    staff = await owners.staff_book(deed.tx)
    work = await _open_of(deed.tx, f"rm:{person}")
    successors = owners.successors_of(staff, person)
    if successors:
        await _divide(deed, person, work, successors)
        return
    to = stands_in(person, staff)
    for customer, episodes in work.items():
        branch = branch_now(episodes[0].branch_id if episodes else None, staff) or await _branch_of(deed.tx, person)
        target = f"rm:{to}" if to is not None else f"branch:{branch}" if branch else None
        if target is not None and target != f"rm:{person}":
            lent_by = person if status == "leave" else None
            await move(deed, customer, episodes, [f"rm:{person}"], target, status, fixed=False, lent_by=lent_by)


async def _divide(deed: Deed, leaver: str, work: dict[str, list[Episode]], successors: Sequence[str]) -> None:
    """Divide a leaver's open work, families together, and note whose customers they are from now on."""
    homes = await _households(deed.tx, list(work))
    loads = [Load(customer, max(1, len(episodes)), homes.get(customer)) for customer, episodes in work.items()]
    given = spread(loads, successors, await owners.busy(deed.tx, successors))
    await owners.keep(deed.tx, given, instead_of=leaver, why="left", now=deed.now)
    for customer, person in given.items():
        await move(deed, customer, work[customer], [f"rm:{leaver}"], f"rm:{person}", "left", fixed=False)


async def _back(deed: Deed, person: str) -> None:
    """Give back what others had while somebody was away: what is still open of their customers, assigned ones too."""
    customer, assigned = Episode.customer_id, select(Assignment.customer_id)
    theirs = or_(
        and_(Episode.rm_id == person, customer.not_in(assigned)),
        customer.in_(assigned.where(Assignment.staff_id == person)),
    )
    lent = select(Episode).where(
        Episode.ended_at.is_(None), Episode.owner != f"rm:{person}", Episode.owner_fixed.is_(False), theirs
    )
    by_customer: dict[str, list[Episode]] = {}
    for episode in list(await deed.tx.scalars(lent)):
        by_customer.setdefault(episode.customer_id, []).append(episode)
    for customer_id, episodes in by_customer.items():
        await move(deed, customer_id, episodes, (), f"rm:{person}", "back", fixed=False)
    await tasks.give_back(deed, person)


async def _branch(deed: Deed, news: News) -> None:
    """Bring a merged or closed branch's queue to where its work is done now."""
    old = news.branch_id or ""
    to = branch_now(old, await owners.staff_book(deed.tx))
    if to is None or to == old:
        return
    for customer, episodes in (await _open_of(deed.tx, f"branch:{old}")).items():
        await move(deed, customer, episodes, [f"branch:{old}"], f"branch:{to}", "branch", fixed=False)
    followed = update(Episode).where(Episode.branch_id == old, Episode.ended_at.is_(None))
    await deed.tx.execute(followed.values(branch_id=to, version=Episode.version + 1))
    await deed.tx.execute(update(Task).where(Task.branch_id == old, Task.done_at.is_(None)).values(branch_id=to))


async def _open_of(tx: AsyncSession, owner: str) -> dict[str, list[Episode]]:
    """Return the open and snoozed episodes of an owner, and the customers of open tasks, by customer."""
    found: dict[str, list[Episode]] = {}
    mine = select(Episode).where(Episode.owner == owner, Episode.ended_at.is_(None))
    for episode in list(await tx.scalars(mine.order_by(Episode.customer_id, Episode.episode_id))):
        found.setdefault(episode.customer_id, []).append(episode)
    waiting = select(Task.customer_id).where(Task.owner == owner, Task.done_at.is_(None)).distinct()
    for customer in sorted(await tx.scalars(waiting)):
        found.setdefault(customer, [])
    return found


async def _households(tx: AsyncSession, customers: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(customers):
        at_home = Profile.customer_id.in_(some), Profile.household_id.is_not(None)
        rows: Any = await tx.execute(select(Profile.customer_id, Profile.household_id).where(*at_home))
        found.update(dict(list(rows)))
    return found


async def _branch_of(tx: AsyncSession, person: str) -> str | None:
    return await tx.scalar(select(Staff.branch_id).where(Staff.staff_id == person, Staff.status != "moved"))

"""Tasks and approvals that are open."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.alerts import episodes_by_id
from stream.desk.store.tables import Approval, Episode, Task
from stream.desk.web.person import Person
from stream.desk.web.site import Site
from stream.desk.web.views.episodes import alert_in
from stream.desk.web.views.names import names_of
from stream.desk.web.views.shown import ApprovalShown, TaskShown

_MOST = 500


async def open_tasks(session: AsyncSession, person: Person, site: Site, offset: int = 0) -> list[TaskShown]:
    """Return the open tasks within reach, the first due first."""
    statement = select(Task).where(Task.done_at.is_(None)).order_by(Task.due_at, Task.task_id)
    reach = person.reach
    if not reach.everybody:
        statement = statement.where(or_(Task.owner.in_(reach.receivers), Task.branch_id.in_(reach.branch_ids)))
    rows = list(await session.scalars(statement.limit(_MOST).offset(offset)))
    return await _shown(session, rows, person, site)


async def tasks_of(session: AsyncSession, customer_id: str, person: Person, site: Site) -> list[TaskShown]:
    """Return the open tasks about a customer."""
    statement = select(Task).where(Task.customer_id == customer_id, Task.done_at.is_(None)).order_by(Task.due_at)
    return await _shown(session, list(await session.scalars(statement.limit(_MOST))), person, site)


async def _shown(session: AsyncSession, rows: Sequence[Task], person: Person, site: Site) -> list[TaskShown]:
    names, now = await names_of(session, [row.customer_id for row in rows], person, site.vault), site.clock()
    return [
        TaskShown(
            task_id=row.task_id,
            kind=row.kind,
            customer_id=row.customer_id,
            customer_name=names.get(row.customer_id),
            episode_id=row.episode_id,
            owner=row.owner,
            due_at=row.due_at,
            overdue=row.due_at < now,
            details=row.details,
        )
        for row in rows
    ]


async def pending_approvals(session: AsyncSession, person: Person, site: Site) -> list[ApprovalShown]:
    """Return what a manager is asked for, the oldest first; an auditor sees all of it."""
    statement = select(Approval).where(Approval.decided_at.is_(None)).order_by(Approval.requested_at)
    if not person.reach.everybody:
        statement = statement.where(Approval.branch_id.in_(person.reach.branch_ids))
    rows = list(await session.scalars(statement.limit(_MOST)))
    names = await names_of(session, [row.customer_id for row in rows], person, site.vault)
    episodes = await episodes_by_id(session, [row.episode_id for row in rows if row.episode_id])
    return [_approval(row, names.get(row.customer_id), episodes.get(row.episode_id or "")) for row in rows]


def _approval(row: Approval, name: str | None, episode: Episode | None) -> ApprovalShown:
    alert = alert_in(episode.body) if episode else None
    return ApprovalShown(
        approval_id=row.approval_id,
        subject=row.subject,
        customer_id=row.customer_id,
        customer_name=name,
        episode_id=row.episode_id,
        title=alert.title if alert else None,
        reason=alert.reason if alert else None,
        value=episode.value if episode else None,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        proposal=row.proposal,
    )

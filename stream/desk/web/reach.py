"""How far somebody sees, from the store: an RM their own, a deputy while deputising, a manager the branch."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.tables import (
    Approval,
    Assignment,
    Branch,
    Episode,
    EpisodeReceiver,
    Profile,
    Referral,
    Staff,
    Task,
    WebhookEndpoint,
)
from stream.desk.web.needs import Target
from stream.desk.web.person import Person, Reach

DAY_MS = 86_400_000


async def reach_of(session: AsyncSession, staff: Staff, role: str) -> Reach:
    """Return whose customers and work a member of staff sees now."""
    if role == "auditor":
        return Reach(everybody=True)
    if role not in ("rm", "manager"):
        return Reach()
    away = select(Staff.staff_id).where(Staff.deputy_id == staff.staff_id, Staff.status == "leave")
    ids = (staff.staff_id, *sorted(await session.scalars(away)))
    receivers = [f"rm:{id_}" for id_ in ids]
    branches: tuple[str, ...] = ()
    if role == "manager":
        branches = await _managed(session, staff)
        team = select(Staff.staff_id).where(Staff.manager_id == staff.staff_id)
        receivers += [f"rm:{id_}" for id_ in sorted(await session.scalars(team))]
        receivers += [f"manager:{staff.staff_id}", *(f"branch:{id_}" for id_ in branches)]
    elif staff.branch_id:
        receivers.append(f"branch:{staff.branch_id}")  # what waits there for anybody of the branch
    return Reach(staff_ids=ids, receivers=tuple(receivers), branch_ids=branches)


async def role_of(session: AsyncSession, staff: Staff) -> str:
    """Return the role as set; who manages a branch or somebody is a manager without it."""
    if staff.role != "rm":
        return staff.role
    branch = exists().where(Branch.manager_id == staff.staff_id)
    team = exists().where(Staff.manager_id == staff.staff_id)
    return "manager" if await session.scalar(select(true()).where(or_(branch, team))) else "rm"


async def _managed(session: AsyncSession, staff: Staff) -> tuple[str, ...]:
    """Return a manager's branches, with those that were merged into them."""
    managed = select(Branch.branch_id).where(Branch.manager_id == staff.staff_id)
    own = set(await session.scalars(managed)) | ({staff.branch_id} if staff.branch_id else set())
    merged = select(Branch.branch_id).where(Branch.into_branch_id.in_(own), Branch.status != "active")
    return tuple(sorted(own | set(await session.scalars(merged))))


async def sees(session: AsyncSession, reach: Reach, customer_id: str, now: int, ended_ms: int) -> bool:
    """Tell whether a customer is within reach: by who looks after them, or by a warning or task that is theirs.

    A warning that ended counts for `ended_ms` more.
    """
    if reach.everybody:
        return True
    if reach.nobody:
        return False
    ways = or_(_by_profile(reach, customer_id, now), _by_work(reach, customer_id, now - ended_ms))
    return bool(await session.scalar(select(true()).where(ways)))


def _by_profile(reach: Reach, customer_id: str, now: int) -> ColumnElement[bool]:
    """By whom the profile or an assignment names; an assignment goes before the profile."""
    assigned = and_(Assignment.customer_id == customer_id, func.coalesce(Assignment.until, now + 1) > now)
    own = exists().where(Profile.customer_id == customer_id, Profile.rm_id.in_(reach.staff_ids))
    given = exists().where(assigned, Assignment.staff_id.in_(reach.staff_ids))
    elsewhere = exists().where(assigned, Assignment.staff_id.not_in(reach.staff_ids))
    branch = exists().where(Profile.customer_id == customer_id, Profile.branch_id.in_(reach.branch_ids))
    return or_(given, and_(own, ~elsewhere), branch)


def _by_work(reach: Reach, customer_id: str, ended_after: int) -> ColumnElement[bool]:
    lately = or_(Episode.ended_at.is_(None), Episode.ended_at > ended_after)
    also = exists().where(
        EpisodeReceiver.episode_id == Episode.episode_id, EpisodeReceiver.receiver.in_(reach.receivers)
    )
    theirs = or_(Episode.owner.in_(reach.receivers), Episode.branch_id.in_(reach.branch_ids), also)
    warned = exists().where(Episode.customer_id == customer_id, lately, theirs)
    tasked = exists().where(Task.customer_id == customer_id, Task.done_at.is_(None), Task.owner.in_(reach.receivers))
    return or_(warned, tasked)


def may_keep(person: Person, branch_ids: Sequence[str]) -> bool:
    """Tell whether somebody keeps a webhook endpoint: an administrator any, a manager one of own branches only."""
    if person.role == "admin":
        return True
    return bool(branch_ids) and set(branch_ids) <= set(person.reach.branch_ids)


def managed_by(person: Person) -> list[ColumnElement[bool]]:
    """Return the condition on staff whom somebody may manage: an administrator everybody, a manager their own RMs."""
    if person.role == "admin":
        return []
    theirs = or_(Staff.branch_id.in_(person.reach.branch_ids), Staff.manager_id == person.staff_id)
    return [Staff.role == "rm", theirs]


async def keeps(session: AsyncSession, person: Person, target: Target, id_: str) -> bool:
    """Tell whether a webhook endpoint or a colleague is somebody's to keep."""
    if target is Target.ENDPOINT:
        endpoint = await session.get(WebhookEndpoint, id_)
        return endpoint is not None and may_keep(person, endpoint.branch_ids)
    mine = select(true()).where(Staff.staff_id == id_, *managed_by(person))
    return bool(await session.scalar(mine))


async def customers_of(session: AsyncSession, target: Target, ids: list[str]) -> dict[str, str]:
    """Return the customer of each thing that is there: id -> customer id."""
    if target is Target.CUSTOMER:
        return {id_: id_ for id_ in ids}
    columns = {
        Target.EPISODE: (Episode.episode_id, Episode.customer_id),
        Target.EPISODES: (Episode.episode_id, Episode.customer_id),
        Target.TASK: (Task.task_id, Task.customer_id),
        Target.APPROVAL: (Approval.approval_id, Approval.customer_id),
        Target.REFERRAL: (Referral.referral_id, Referral.customer_id),
    }
    key, customer = columns[target]
    rows = await session.execute(select(key, customer).where(key.in_(ids)))
    return {row[0]: row[1] for row in rows}

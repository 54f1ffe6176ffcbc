"""Who works here, as managers and administrators see them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.tables import Branch, Episode, Staff
from stream.desk.web.person import Person
from stream.desk.web.reach import managed_by
from stream.desk.web.site import Site
from stream.desk.web.views.names import opened

MOST = 300


class ColleagueShown(Struct, frozen=True, kw_only=True):
    """A member of staff. `open`: warnings that they have now; `subject` for administrators only."""

    staff_id: str
    name: str | None
    role: str  # as it counts: who manages a branch or somebody is a manager
    status: str  # active, leave, left, moved
    branch_id: str | None
    manager_id: str | None
    deputy_id: str | None
    successor_ids: list[str]
    subject: str | None
    open: int


async def colleagues(session: AsyncSession, person: Person, site: Site, search: str = "") -> list[ColleagueShown]:
    """Return the staff that a person may manage, at most `MOST`; `search`: how an id begins, or a branch."""
    chosen = select(Staff).where(*managed_by(person)).order_by(Staff.staff_id).limit(MOST)
    if search:
        chosen = chosen.where(or_(Staff.staff_id.startswith(search, autoescape=True), Staff.branch_id == search))
    return await _shown(session, list(await session.scalars(chosen)), person, site)


async def colleague(session: AsyncSession, staff_id: str, person: Person, site: Site) -> ColleagueShown | None:
    """Return one of them."""
    row = await session.get(Staff, staff_id)
    return None if row is None else (await _shown(session, [row], person, site))[0]


async def _shown(session: AsyncSession, rows: Sequence[Staff], person: Person, site: Site) -> list[ColleagueShown]:
    managers = set(await session.scalars(select(Branch.manager_id).where(Branch.manager_id.is_not(None))))
    managers |= set(await session.scalars(select(Staff.manager_id).where(Staff.manager_id.is_not(None)).distinct()))
    owners = [f"rm:{row.staff_id}" for row in rows]
    counts = select(Episode.owner, func.count()).where(Episode.ended_at.is_(None), Episode.owner.in_(owners))
    open_ = {row[0]: row[1] for row in await session.execute(counts.group_by(Episode.owner))}
    return [
        ColleagueShown(
            staff_id=row.staff_id,
            name=opened(site.vault, row.name_sealed),
            role="manager" if row.role == "rm" and row.staff_id in managers else row.role,
            status=row.status,
            branch_id=row.branch_id,
            manager_id=row.manager_id,
            deputy_id=row.deputy_id,
            successor_ids=list(row.successor_ids),
            subject=row.subject if person.role == "admin" else None,
            open=open_.get(f"rm:{row.staff_id}", 0),
        )
        for row in rows
    ]

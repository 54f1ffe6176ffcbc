"""Staff and branches: older records change nothing; what a person or an administrator set stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.rows import insert_into, table
from stream.desk.store.tables import Branch, Preference, Staff
from stream.domain.events import Staff as News

_OF_STAFF = ("event_id", "time", "status", "deputy_id", "successor_ids", "branch_id", "manager_id")
_OF_BRANCH = ("event_id", "time", "status", "into_branch_id", "manager_id")


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody and every branch, as of one moment: what decisions on who is who are made from."""

    staff: Mapping[str, Staff]
    branches: Mapping[str, Branch]


async def put_staff(session: AsyncSession, news: News) -> bool:
    """Write one record of the `staff` topic and tell whether it was news: about a person, or else about a branch."""
    if news.staff_id is not None:
        return await _put(session, Staff, {"staff_id": news.staff_id, "role": "rm"}, news, _OF_STAFF)
    return await _put(session, Branch, {"branch_id": news.branch_id}, news, _OF_BRANCH)


async def _put(
    session: AsyncSession, entity: type[Staff] | type[Branch], key: dict[str, Any], news: News, names: tuple[str, ...]
) -> bool:
    statement = insert_into(session, entity).values(key | {name: getattr(news, name) for name in names})
    old, new = table(entity).c, statement.excluded
    id_ = next(iter(key))
    upsert = statement.on_conflict_do_update(
        index_elements=[id_], set_={name: new[name] for name in names}, where=new.time >= old.time
    )
    return (await session.execute(upsert.returning(old[id_]))).first() is not None


async def forget_staff(session: AsyncSession, key: str) -> None:
    """Take away an RM or a branch of whom the topic holds nothing any more."""
    for column in (table(Staff).c.staff_id, table(Preference).c.staff_id, table(Branch).c.branch_id):
        await session.execute(delete(column.table).where(column == key))


async def set_staff(session: AsyncSession, staff_id: str, **values: Any) -> None:
    """Set what the topic does not tell (role, subject, time zone, language, sealed name), making the person if need be.

    A person made so has `time` 0: the first record of the topic is newer.
    """
    made = insert_into(session, Staff).values(staff_id=staff_id, time=0, status="active", successor_ids=[], role="rm")
    await session.execute(made.on_conflict_do_nothing(index_elements=["staff_id"]))
    if values:
        await session.execute(update(Staff).where(Staff.staff_id == staff_id).values(**values))


async def directory(session: AsyncSession) -> Directory:
    """Return all staff and all branches: some thousands of rows at most."""
    staff = await session.scalars(select(Staff))
    branches = await session.scalars(select(Branch))
    return Directory({row.staff_id: row for row in staff}, {row.branch_id: row for row in branches})


async def preference_of(session: AsyncSession, staff_id: str) -> Preference | None:
    """Return what a person has set."""
    return await session.get(Preference, staff_id)


async def put_preference(session: AsyncSession, staff_id: str, at: int, **values: Any) -> None:
    """Set some of a person's preferences; the others stay."""
    row = {"staff_id": staff_id, "channels": [], **values, "updated_at": at}
    statement = insert_into(session, Preference).values(row)
    changes = {name: statement.excluded[name] for name in (*values, "updated_at")}
    await session.execute(statement.on_conflict_do_update(index_elements=["staff_id"], set_=changes))

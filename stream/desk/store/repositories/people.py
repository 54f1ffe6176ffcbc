"""Staff and branches: older records change nothing; what a person or an administrator set stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.rows import chunks, insert_into, table
from stream.desk.store.tables import Branch, Preference, Staff
from stream.domain.events import Staff as News

_KNOWN = "desk_directory"
"""In `session.info`: what `directory` has read."""
_OF_STAFF = ("event_id", "time", "status", "deputy_id", "successor_ids", "branch_id", "manager_id")
_OF_BRANCH = ("event_id", "time", "status", "into_branch_id", "manager_id")


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody and every branch, as of one moment: what decisions on who is who are made from."""

    staff: Mapping[str, Staff]
    branches: Mapping[str, Branch]


async def put_staff(session: AsyncSession, news: News) -> bool:
    """Write one record of the `staff` topic and tell whether it was news: about a person, or else about a branch."""
    session.info.pop(_KNOWN, None)
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
    session.info.pop(_KNOWN, None)
    for column in (table(Staff).c.staff_id, table(Preference).c.staff_id, table(Branch).c.branch_id):
        await session.execute(delete(column.table).where(column == key))


async def set_staff(session: AsyncSession, staff_id: str, **values: Any) -> None:
    """Set what the topic does not tell (role, subject, time zone, language, sealed name), making the person if need be.

    A person made so has `time` 0: the first record of the topic is newer.
    """
    session.info.pop(_KNOWN, None)
    made = insert_into(session, Staff).values(staff_id=staff_id, time=0, status="active", successor_ids=[], role="rm")
    await session.execute(made.on_conflict_do_nothing(index_elements=["staff_id"]))
    if values:
        await session.execute(update(Staff).where(Staff.staff_id == staff_id).values(**values))


async def directory(session: AsyncSession) -> Directory:
    """Return all staff and all branches: some thousands of rows at most, read once a transaction, for looking only.

    What this transaction changes by the functions of this file is in it when it is asked for again.
    """
    known = session.info.get(_KNOWN)
    if isinstance(known, Directory):
        return known
    # rows and not entities: a thousand of those take longer than all else that is asked about a batch of alerts
    staff = {row.staff_id: cast(Staff, row) for row in await session.execute(select(*table(Staff).c))}
    branches = {row.branch_id: cast(Branch, row) for row in await session.execute(select(*table(Branch).c))}
    found = session.info[_KNOWN] = Directory(staff, branches)
    return found


async def directory_of(session: AsyncSession, staff_ids: Iterable[str], branch_ids: Iterable[str]) -> Directory:
    """Return these people, everybody who works at these branches, and the branches of all of them."""
    staff: dict[str, Staff] = {}
    for column, wanted in ((Staff.staff_id, staff_ids), (Staff.branch_id, branch_ids)):
        for some in chunks(sorted(set(wanted))):
            rows = await session.execute(select(*table(Staff).c).where(column.in_(some)))
            staff.update({row.staff_id: cast(Staff, row) for row in rows})
    of = {*branch_ids, *(person.branch_id for person in staff.values() if person.branch_id)}
    branches: dict[str, Branch] = {}
    for some in chunks(sorted(of)):
        found = await session.execute(select(*table(Branch).c).where(Branch.branch_id.in_(some)))
        branches.update({row.branch_id: cast(Branch, row) for row in found})
    return Directory(staff, branches)


async def preference_of(session: AsyncSession, staff_id: str) -> Preference | None:
    """Return what a person has set."""
    return await session.get(Preference, staff_id)


async def put_preference(session: AsyncSession, staff_id: str, at: int, **values: Any) -> None:
    """Set some of a person's preferences; the others stay."""
    row = {"staff_id": staff_id, "channels": [], **values, "updated_at": at}
    statement = insert_into(session, Preference).values(row)
    changes = {name: statement.excluded[name] for name in (*values, "updated_at")}
    await session.execute(statement.on_conflict_do_update(index_elements=["staff_id"], set_=changes))

"""A list of customers checked against the store: each line may be used, or says what is wrong. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.lists import ListLine
from stream.desk.store.repositories.people import Directory
from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Assignment, Episode, Profile
from stream.desk.work.spreading import Load, spread

_WORKS = frozenset({"active", "moved"})
FAULTS: Mapping[str, tuple[str, str]] = {
    "no_customer": ("没有客户号", "no customer id"),
    "too_long": ("内容过长", "too long"),
    "not_text": ("含有不可见字符", "holds characters that cannot be shown"),
    "repeated": ("客户重复", "the customer stands above already"),
    "unknown_customer": ("没有此客户", "there is no such customer"),
    "other_branch": ("客户属于其他网点", "the customer belongs to another branch"),
    "unknown_staff": ("没有此客户经理", "there is no such RM"),
    "staff_elsewhere": ("客户经理不在本网点", "the RM does not work at the branch"),
    "staff_away": ("客户经理已离岗", "the RM is on leave or has left"),
    "nobody": ("本网点没有可分配的客户经理", "the branch has no RM to give it to"),
}
"""What can be wrong with a line, in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A line that may be used (`fault` None), with who gets the customer, or one that may not."""

    line: ListLine
    staff_id: str | None = None


def words_of(fault: str, language: str) -> str:
    """Say what is wrong with a line."""
    zh, en = FAULTS.get(fault, (fault, fault))
    return zh if language == "zh" else en


async def check(
    session: AsyncSession, lines: Sequence[ListLine], branch_id: str, directory: Directory
) -> list[Checked]:
    """Return every line with who gets its customer, or with what is wrong with it. Writes nothing.

    A line that names no RM goes to who looks after the customer already, else to who of the branch has the least.
    """
    profiles = await _profiles(session, [line.customer_id for line in lines if line.customer_id])
    checked = [_checked(line, branch_id, directory, profiles) for line in lines]
    return await _spread(session, checked, branch_id, directory, profiles)


@dataclass(frozen=True, slots=True)
class _Known:
    branch_id: str | None
    rm_id: str | None
    household_id: str | None


async def _profiles(session: AsyncSession, ids: Sequence[str]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    rm = func.coalesce(Assignment.staff_id, Profile.rm_id).label("rm")
    columns = select(Profile.customer_id, Profile.branch_id, rm, Profile.household_id).select_from(Profile)
    joined = columns.join(Assignment, Assignment.customer_id == Profile.customer_id, isouter=True)
    for some in chunks(sorted(set(ids))):
        for row in await session.execute(joined.where(Profile.customer_id.in_(some))):
            found[row.customer_id] = _Known(row.branch_id, row.rm, row.household_id)
    return found


def _checked(line: ListLine, branch_id: str, directory: Directory, profiles: Mapping[str, _Known]) -> Checked:
    if line.fault is not None or line.customer_id is None:
        return Checked(line)
    known = profiles.get(line.customer_id)
    fault = "unknown_customer" if known is None else "other_branch" if known.branch_id != branch_id else None
    fault = fault or (line.staff_id and _staff_fault(line.staff_id, branch_id, directory)) or None
    if fault is not None or known is None:
        return Checked(replace(line, fault=fault))
    if line.staff_id:
        return Checked(line, line.staff_id)
    stays = known.rm_id if known.rm_id and _staff_fault(known.rm_id, branch_id, directory) is None else None
    return Checked(line, stays)


def _staff_fault(staff_id: str, branch_id: str, directory: Directory) -> str | None:
    person = directory.staff.get(staff_id)
    if person is None:
        return "unknown_staff"
    if person.branch_id != branch_id:
        return "staff_elsewhere"
    return None if person.status in _WORKS else "staff_away"


async def _spread(
    session: AsyncSession,
    checked: Sequence[Checked],
    branch_id: str,
    directory: Directory,
    profiles: Mapping[str, _Known],
) -> list[Checked]:
    """Give those who have nobody to the RMs of the branch, evenly, families together."""
    rms = sorted(
        id_
        for id_, person in directory.staff.items()
        if person.role == "rm" and _staff_fault(id_, branch_id, directory) is None
    )
    without = [one.line.customer_id for one in checked if one.line.fault is None and one.staff_id is None]
    loads = [Load(id_, together=profiles[id_].household_id) for id_ in without if id_]
    given = spread(loads, rms, await _busy(session, rms)) if loads else {}
    return [_given(one, given) for one in checked]


def _given(one: Checked, given: Mapping[str, str]) -> Checked:
    if one.line.fault is not None or one.staff_id is not None:
        return one
    person = given.get(one.line.customer_id or "")
    return Checked(one.line, person) if person else Checked(replace(one.line, fault="nobody"))


async def _busy(session: AsyncSession, rms: Sequence[str]) -> dict[str, int]:
    owners = [f"rm:{id_}" for id_ in rms]
    counts = select(Episode.owner, func.count()).where(Episode.ended_at.is_(None), Episode.owner.in_(owners))
    rows = await session.execute(counts.group_by(Episode.owner))
    return {owner.removeprefix("rm:"): int(count) for owner, count in rows}

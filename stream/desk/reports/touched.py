"""The customers to whom something happened in a month: warned, contacted, saved, lost; with what they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.scope import Period, Scope
from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Contact, Episode, Profile, ProfileProduct

UNKNOWN = "unknown"


@dataclass(slots=True, kw_only=True)
class Touched:
    """One customer. `value`: units a year, the largest of the episodes' that count."""

    customer_id: str
    class_: str = UNKNOWN
    segment: str = UNKNOWN
    industry: str = UNKNOWN
    products: set[str] = field(default_factory=set)
    rm_id: str | None = None
    warned: bool = False
    contacted: bool = False
    saved: bool = False
    lost: bool = False
    value: float = 0.0
    loss_reason: str | None = None
    reason_source: str | None = None


async def touched(session: AsyncSession, scope: Scope, period: Period) -> list[Touched]:
    """Return them, each once.

    Who was lost and saved in one month is lost: the last word on a customer counts.
    """
    found = await _episodes(session, scope, period)
    for some in chunks(sorted(found)):
        await _add_profiles(session, some, found)
        await _add_contacts(session, some, period, found)
    return list(found.values())


async def _episodes(session: AsyncSession, scope: Scope, period: Period) -> dict[str, Touched]:
    opened = (Episode.opened_at >= period.since) & (Episode.opened_at < period.until)
    ended = (Episode.outcome_at >= period.since) & (Episode.outcome_at < period.until)
    columns = (
        Episode.customer_id, Episode.class_, Episode.rm_id, Episode.value, Episode.outcome, Episode.loss_reason,
        Episode.reason_source, opened.label("opened"), ended.label("ended"), Episode.outcome_at,
    )  # fmt: skip
    mine = select(*columns).where(or_(opened, ended), *scope.of(Episode.branch_id))
    found: dict[str, Touched] = {}
    ordered = mine.order_by(func.coalesce(Episode.outcome_at, 0), Episode.opened_at, Episode.episode_id)
    for row in await session.execute(ordered):
        one = found.setdefault(row.customer_id, Touched(customer_id=row.customer_id))
        _take(one, row)
    return found


def _take(one: Touched, row: Any) -> None:
    one.class_ = row[1] or one.class_
    one.rm_id = row.rm_id or one.rm_id
    one.value = max(one.value, row.value or 0.0)
    one.warned |= bool(row.opened)
    if row.ended and row.outcome in ("saved", "lost"):
        one.saved, one.lost = row.outcome == "saved", row.outcome == "lost"
        one.loss_reason, one.reason_source = row.loss_reason, row.reason_source


async def _add_profiles(session: AsyncSession, ids: Sequence[str], found: dict[str, Touched]) -> None:
    columns = (Profile.customer_id, Profile.class_, Profile.segment, Profile.industry)
    for customer_id, class_, segment, industry in await session.execute(
        select(*columns).where(Profile.customer_id.in_(ids))
    ):
        one = found[customer_id]
        one.class_ = class_ if one.class_ == UNKNOWN and class_ else one.class_
        one.segment, one.industry = segment or UNKNOWN, industry or UNKNOWN
    held = select(ProfileProduct.customer_id, ProfileProduct.kind).where(ProfileProduct.customer_id.in_(ids))
    for customer_id, kind in await session.execute(held):
        found[customer_id].products.add(kind or UNKNOWN)


async def _add_contacts(session: AsyncSession, ids: Iterable[str], period: Period, found: dict[str, Touched]) -> None:
    made = select(Contact.customer_id).where(Contact.customer_id.in_(list(ids)), *period.of(Contact.at))
    for customer_id in await session.scalars(made.distinct()):
        found[customer_id].contacted = True

"""How many customers there are, and what they keep and owe, by what they are: as of now."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.scope import Scope
from stream.desk.reports.tally import Key
from stream.desk.reports.touched import UNKNOWN
from stream.desk.store.tables import Episode, Profile, ProfileProduct
from stream.settings.desk_reports import Reports


async def stock(session: AsyncSession, scope: Scope, settings: Reports) -> dict[Key, float]:
    """Return customers, deposits and loans (minor units), by the products that profiles list."""
    found: dict[Key, float] = {}
    for dimension, column in _dimensions().items():
        people = _people(scope, column).group_by("place")
        await _take(session, found, "customers", dimension, people)
        for measure, kinds in (("deposits", settings.deposit_kinds), ("loans", settings.loan_kinds)):
            await _take(session, found, measure, dimension, _amounts(scope, column, kinds).group_by("place"))
    held = select(_kind().label("place"), func.count(Profile.customer_id.distinct())).join(
        ProfileProduct, ProfileProduct.customer_id == Profile.customer_id
    )
    await _take(session, found, "customers", "product", held.where(*scope.of(Profile.branch_id)).group_by("place"))
    for measure, kinds in (("deposits", settings.deposit_kinds), ("loans", settings.loan_kinds)):
        await _take(session, found, measure, "product", _amounts(scope, _kind(), kinds).group_by("place"))
    return found


async def _take(
    session: AsyncSession, found: dict[Key, float], measure: str, dimension: str, rows: Select[Any, Any]
) -> None:
    for place, amount in await session.execute(rows):
        found[Key(measure, dimension, place)] = float(amount or 0)


def _dimensions() -> dict[str, Any]:
    return {
        "all": literal(""),
        "class": func.coalesce(Profile.class_, _derived_class(), UNKNOWN),
        "segment": func.coalesce(Profile.segment, UNKNOWN),
        "industry": func.coalesce(Profile.industry, UNKNOWN),
    }


def _derived_class() -> Any:
    """Return the class that the engine derived, from the customer's newest warning, where the profile says none."""
    newest = select(Episode.class_).where(Episode.customer_id == Profile.customer_id, Episode.class_.is_not(None))
    return newest.order_by(Episode.opened_at.desc()).limit(1).correlate(Profile).scalar_subquery()


def _kind() -> Any:
    return func.coalesce(ProfileProduct.kind, UNKNOWN)


def _people(scope: Scope, column: Any) -> Select[Any, Any]:
    return select(column.label("place"), func.count()).select_from(Profile).where(*scope.of(Profile.branch_id))


def _amounts(scope: Scope, column: Any, kinds: frozenset[str]) -> Select[Any, Any]:
    total = func.sum(func.coalesce(ProfileProduct.amount, 0))
    joined = (
        select(column.label("place"), total)
        .select_from(Profile)
        .join(ProfileProduct, ProfileProduct.customer_id == Profile.customer_id)
    )
    return joined.where(ProfileProduct.kind.in_(sorted(kinds)), *scope.of(Profile.branch_id))

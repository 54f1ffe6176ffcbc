"""How long it takes from a warning to the first contact with the customer, and to the acknowledgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.scope import Period, Scope
from stream.desk.store.tables import Episode

_HOUR_MS = 3_600_000
EVERYBODY = ""


class Response(Struct, frozen=True):
    """Of one owner, or of everybody (`""`). Hours are whole ones, rounded down; None where nobody was contacted."""

    owner: str
    warnings: int  # opened in the period
    acknowledged: int
    contacted: int
    contacted_share: float  # of the warnings, 0 to 1
    contact_median_h: int | None
    contact_p90_h: int | None
    acknowledged_median_h: int | None


async def response(session: AsyncSession, scope: Scope, period: Period) -> list[Response]:
    """Return everybody's times for the warnings that opened in the period, and first those of all together."""
    opened = *period.of(Episode.opened_at), *scope.of(Episode.branch_id)
    counts = await session.execute(select(Episode.owner, func.count()).where(*opened).group_by(Episode.owner))
    warnings = {owner: int(count) for owner, count in counts}
    contacts = await _hours(session, opened, Episode.first_contact_at)
    answers = await _hours(session, opened, Episode.acknowledged_at)
    everybody = _line(EVERYBODY, sum(warnings.values()), _together(contacts), _together(answers))
    each = [_line(owner, count, contacts.get(owner, {}), answers.get(owner, {})) for owner, count in warnings.items()]
    return [everybody, *sorted(each, key=lambda one: (-one.warnings, one.owner))]


async def _hours(session: AsyncSession, opened: tuple[Any, ...], until: Any) -> dict[str, dict[int, int]]:
    """Return, by owner, how many took how many hours: percentiles without reading every row."""
    hours = ((until - Episode.opened_at) // _HOUR_MS).label("hours")
    counts = select(Episode.owner, hours, func.count()).where(*opened, until.is_not(None))
    found: dict[str, dict[int, int]] = {}
    for owner, hour, count in await session.execute(counts.group_by(Episode.owner, hours)):
        at = max(int(hour), 0)
        by_hour = found.setdefault(owner, {})
        by_hour[at] = by_hour.get(at, 0) + int(count)
    return found


def _together(by_owner: Mapping[str, Mapping[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for hours in by_owner.values():
        for hour, count in hours.items():
            total[hour] = total.get(hour, 0) + count
    return total


def _line(owner: str, warnings: int, contacts: Mapping[int, int], answers: Mapping[int, int]) -> Response:
    contacted = sum(contacts.values())
    return Response(
        owner=owner,
        warnings=warnings,
        acknowledged=sum(answers.values()),
        contacted=contacted,
        contacted_share=contacted / warnings if warnings else 0.0,
        contact_median_h=percentile(contacts, 0.5),
        contact_p90_h=percentile(contacts, 0.9),
        acknowledged_median_h=percentile(answers, 0.5),
    )


def percentile(counts: Mapping[int, int], share: float) -> int | None:
    """Return the smallest value that at least `share` of all lie at or under (nearest rank); None of nothing.

    >>> percentile({1: 2, 5: 1, 9: 1}, 0.5), percentile({1: 2, 5: 1, 9: 1}, 0.9), percentile({}, 0.5)
    (1, 9, None)
    """
    total, seen = sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= share * total:
            return value
    return None

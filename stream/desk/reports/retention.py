"""The monthly retention report: a month against the month before, and who was lost."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.closing import HOUSE, figures, kept
from stream.desk.reports.month import Month
from stream.desk.reports.scope import Scope
from stream.desk.reports.tally import DIMENSIONS, FLOWS, STOCKS, Key
from stream.desk.reports.touched import Touched, touched
from stream.domain.business import Business
from stream.settings.desk_reports import Reports


class Change(Struct, frozen=True):
    """A figure and what it was the month before; None: not known."""

    now: float | None
    before: float | None

    @property
    def difference(self) -> float | None:
        """Return by how much it grew."""
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def share(self) -> float | None:
        """Return by which share of what it was; None where that is nothing."""
        return self.difference / self.before if self.difference is not None and self.before else None


class Line(Struct, frozen=True):
    """All figures of one class, segment, industry or product; the value of dimension `all` is empty."""

    dimension: str
    value: str
    figures: dict[str, Change]  # warned, contacted, saved, lost, saved_value, lost_value, customers, deposits, loans

    @property
    def retained(self) -> Change:
        """Return the share that was not lost, 0 to 1, of the customers at the end of the month before.

        Where that is not known (the month before was not closed): of those at the end of the month itself.
        """
        customers, lost = self.figures["customers"], self.figures["lost"]
        begun_with = customers.before if customers.before is not None else customers.now
        return Change(_retained(begun_with, lost.now), _retained(customers.before, lost.before))


def _retained(customers: float | None, lost: float | None) -> float | None:
    return None if not customers or lost is None else max(0.0, 1 - lost / customers)


class Lost(Struct, frozen=True):
    """A customer who was lost in the month."""

    customer_id: str
    class_: str
    segment: str
    value: float  # units a year
    loss_reason: str | None
    reason_source: str | None
    rm_id: str | None
    key: bool


class Retention(Struct, frozen=True):
    """A month's report on a branch, or on the house (`""`)."""

    month: str
    before: str
    branch_id: str
    closed: bool  # as it stood when the month ended; False: as of now, it may still change
    lines: list[Line]
    lost: list[Lost]  # the largest first
    lost_key: Change  # of the lost, those who were key customers
    lost_key_value: float

    def of(self, dimension: str) -> list[Line]:
        """Return the lines of one dimension."""
        return [line for line in self.lines if line.dimension == dimension]


async def retention(
    session: AsyncSession, month: Month, branch_id: str, business: Business, settings: Reports
) -> Retention:
    """Return the report of a month; one that is not closed is reported as it stands now."""
    stored = await kept(session, month, branch_id)
    before = await kept(session, month.before, branch_id)
    now = stored if stored is not None else await figures(session, month, branch_id, business, settings)
    if before is None:
        before = await figures(session, month.before, branch_id, business, settings, stocks=False)
        known = frozenset(FLOWS)
    else:
        known = frozenset((*FLOWS, *STOCKS))
    lost = await _lost(session, month, branch_id, business, settings)
    keys = [one for one in lost if one.key]
    return Retention(
        month=str(month),
        before=str(month.before),
        branch_id=branch_id,
        closed=stored is not None,
        lines=_lines(now, before, known),
        lost=lost[: settings.lost_shown],
        lost_key=Change(_of_classes(now, settings), _of_classes(before, settings)),
        lost_key_value=sum(one.value for one in keys),
    )


def _lines(now: Mapping[Key, float], before: Mapping[Key, float], known: frozenset[str]) -> list[Line]:
    places = {(key.dimension, key.value) for key in (*now, *before)} | {("all", "")}
    ordered = sorted(places, key=lambda place: (DIMENSIONS.index(place[0]), -_weight(now, place), place[1]))
    return [Line(dimension, value, _changes(now, before, known, dimension, value)) for dimension, value in ordered]


def _changes(
    now: Mapping[Key, float], before: Mapping[Key, float], known: frozenset[str], dimension: str, value: str
) -> dict[str, Change]:
    return {
        measure: Change(
            now.get(Key(measure, dimension, value), 0.0),
            before.get(Key(measure, dimension, value), 0.0) if measure in known else None,
        )
        for measure in (*FLOWS, *STOCKS)
    }


def _weight(now: Mapping[Key, float], place: tuple[str, str]) -> float:
    return now.get(Key("lost", *place), 0.0) * 1e9 + now.get(Key("customers", *place), 0.0)


def _of_classes(amounts: Mapping[Key, float], settings: Reports) -> float:
    return sum(amounts.get(Key("lost", "class", name), 0.0) for name in settings.key_classes)


async def _lost(
    session: AsyncSession, month: Month, branch_id: str, business: Business, settings: Reports
) -> list[Lost]:
    scope = Scope((branch_id,) if branch_id != HOUSE else ())
    found = [_named(one, settings) for one in await touched(session, scope, month.period(business)) if one.lost]
    return sorted(found, key=lambda one: (not one.key, -one.value, one.customer_id))


def _named(one: Touched, settings: Reports) -> Lost:
    return Lost(
        one.customer_id,
        one.class_,
        one.segment,
        one.value,
        one.loss_reason,
        one.reason_source,
        one.rm_id,
        one.class_ in settings.key_classes,
    )

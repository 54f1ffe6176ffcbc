"""When and how often one person may be bothered: what they set, else their branch's or the configured."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.push.metrics import PushMetrics
from stream.desk.store.repositories.people import Directory
from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Preference
from stream.desk.work.quiet import QuietHours, never
from stream.domain.business import Business
from stream.settings.desk_notify import Notify
from stream.settings.desk_push import Push


@dataclass(frozen=True, slots=True)
class Rules:
    """What pushing goes by besides the store."""

    settings: Push
    business: Business
    metrics: PushMetrics
    notify: Notify = field(default_factory=Notify)
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of the kinds of warning, by language


@dataclass(frozen=True, slots=True)
class Habits:
    """Of one person."""

    hours: QuietHours
    budget: int


@dataclass(frozen=True, slots=True)
class HabitsOf:
    """Looks up a person's habits; who is unknown has the configured ones."""

    rules: Rules
    directory: Directory
    preferences: Mapping[str, Preference]

    def __call__(self, staff_id: str) -> Habits:
        """Return them."""
        settings, own = self.rules.settings, self.preferences.get(staff_id)
        begins, ends = _minutes(settings.quiet_from), _minutes(settings.quiet_to)
        if own is not None and own.quiet_from is not None and own.quiet_to is not None:
            begins, ends = own.quiet_from, own.quiet_to
        day_off = self._day_off if settings.quiet_on_days_off else never
        budget = own.daily_budget if own is not None and own.daily_budget is not None else settings.daily_budget
        return Habits(QuietHours(self._zone(staff_id, own), begins, ends, day_off), budget)

    def _day_off(self, date: dt.date) -> bool:
        business = self.rules.business
        return not business.calendar.is_working(business.day_of_date(date))

    def _zone(self, staff_id: str, own: Preference | None) -> ZoneInfo:
        person = self.directory.staff.get(staff_id)
        branch = self.directory.branches.get(person.branch_id or "") if person is not None else None
        for source in (own, person, branch):
            if source is not None and (zone := zone_of(source.time_zone)) is not None:
                return zone
        return self.rules.business.zone


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return a time zone by its IANA name; None: there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):  # an unknown one is a KeyError, the others come of odd paths
        return None


async def load_habits(tx: AsyncSession, rules: Rules, directory: Directory, staff_ids: Sequence[str]) -> HabitsOf:
    """Return the habits of these people."""
    found: dict[str, Preference] = {}
    for some in chunks(sorted(set(staff_ids))):
        rows = await tx.scalars(select(Preference).where(Preference.staff_id.in_(some)))
        found.update({row.staff_id: row for row in rows})
    return HabitsOf(rules, directory, found)


def _minutes(time: dt.time) -> int:
    return time.hour * 60 + time.minute

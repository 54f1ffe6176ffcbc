"""Laws of escalation in every time zone and over every change of the clocks, against a clock on a wall."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.desk.work.escalation import plan
from stream.desk.work.hours import Hours
from stream.domain.calendar import Calendar
from stream.settings.desk_work import Escalation, Step

ZONES = sorted(available_timezones())
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class EveryDay:
    """A hotline that never closes for a day: clocks change on Sundays, on which others do not work."""

    def is_working(self, day: int) -> bool:
        return True


CALENDARS = (Calendar("CN"), Calendar("US"), EveryDay(), EveryDay())
WINDOWS = ((dt.time(0), dt.time(12)), (dt.time(4), dt.time(23)), (dt.time(9), dt.time(18)))
"""Offices that are open while the clocks change, or shortly after; none opens or closes at a reading shown twice."""


@st.composite
def moments(draw) -> tuple[ZoneInfo, int]:
    """A minute, two days at most from a change of the clocks where there is one within the year."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    day = draw(st.integers(dt.date(2005, 1, 1).toordinal(), dt.date(2036, 1, 1).toordinal())) - 719_163
    start = day * DAY + draw(st.integers(0, 1439)) * MINUTE
    offset = wall(zone, start).utcoffset()
    for hop in range(366):
        if wall(zone, start + hop * DAY).utcoffset() != offset:
            return zone, start + hop * DAY + draw(st.integers(-2880, 1440)) * MINUTE
    return zone, start


def wall(zone: ZoneInfo, at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1000, zone)


@st.composite
def cases(draw) -> tuple[Hours, int]:
    zone, now = draw(moments())
    return Hours(zone, draw(st.sampled_from(CALENDARS)), *draw(st.sampled_from(WINDOWS))), now


def at_work(hours: Hours, minute: int) -> bool:
    """Read the clock on the wall, and the calendar beside it."""
    local = wall(hours.zone, minute)
    working = hours.calendar.is_working(local.date().toordinal() - 719_163)
    return working and hours.opens <= local.time() < hours.closes


def first_after(hours: Hours, start: int, minutes: int) -> int:
    """Return when so many minutes have been worked, by looking at the wall every minute."""
    at, left = start, minutes
    while left or not minutes:
        if at_work(hours, at):
            if not minutes:
                return at
            left -= 1
        at += MINUTE
    return at


waits = st.lists(st.integers(0, 600), min_size=3, max_size=3).map(sorted)


def schedule(minutes: list[int], **more: object) -> Escalation:
    steps = tuple(
        Step(to=to, after_h=wait / 60) for to, wait in zip(("deputy", "branch", "manager"), minutes, strict=True)
    )
    return Escalation(steps=steps, grace_h=0, **more)


@settings(deadline=None)
@given(cases(), waits)
def test_each_step_comes_when_the_clock_on_the_wall_has_shown_its_working_minutes(case, minutes):
    hours, now = case
    steps = plan(schedule(minutes), hours, severity="medium", due_at=now, now=now)
    start = first_after(hours, now, 0)  # with no grace: now, or when the doors open
    expected = [first_after(hours, start, wait) if wait else start for wait in minutes]
    assert [step.due_at for step in steps] == expected


@settings(deadline=None)
@given(cases(), waits)
def test_nobody_is_told_at_night_or_on_a_day_off_whatever_the_clocks_do(case, minutes):
    hours, now = case
    for step in plan(schedule(minutes), hours, severity="medium", due_at=None, now=now):
        assert at_work(hours, step.due_at) or at_work(hours, step.due_at - MINUTE)


@given(cases(), waits)
def test_what_counts_round_the_clock_counts_hours_that_pass_not_those_that_are_shown(case, minutes):
    hours, now = case
    config = schedule(minutes, round_the_clock={"critical"})
    steps = plan(config, hours, severity="critical", due_at=now, now=now)
    assert [step.due_at - now for step in steps] == [wait * MINUTE for wait in minutes]


@settings(deadline=None)
@given(moments(), st.sampled_from(CALENDARS), st.sampled_from(WINDOWS), waits)
def test_the_same_office_elsewhere_is_told_at_the_same_reading_unless_the_clocks_change(
    moment, calendar, window, minutes
):
    zone, now = moment
    here, there = Hours(zone, calendar, *window), Hours(ZoneInfo("UTC"), calendar, *window)
    shown = round(wall(zone, now).replace(tzinfo=dt.UTC).timestamp() * 1000)
    steps = plan(schedule(minutes), here, severity="medium", due_at=now, now=now)
    others = plan(schedule(minutes), there, severity="medium", due_at=shown, now=shown)
    if wall(zone, now - DAY).utcoffset() == wall(zone, steps[-1].due_at + DAY).utcoffset():
        readings = [wall(zone, step.due_at).replace(tzinfo=dt.UTC) for step in steps]
        assert readings == [wall(there.zone, step.due_at) for step in others]

"""Laws of quiet hours, in every time zone and over every change of the clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.desk.work.quiet import QuietHours

ZONES = sorted(available_timezones())
MINUTE = 60_000
DAY = 1440 * MINUTE
TIMES = st.integers(dt.date(2000, 1, 1).toordinal(), dt.date(2037, 1, 1).toordinal()).flatmap(
    lambda day: st.integers(0, 1439).map(lambda minute: ((day - 719_163) * 1440 + minute) * MINUTE)
)
MINUTES = st.integers(0, 1439)


def weekend(date):
    return date.weekday() >= 5


@st.composite
def changes(draw):
    """A moment near a change of the clocks, in a zone that has one."""
    zone = ZoneInfo(draw(st.sampled_from(("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo",
                                          "America/Santiago", "Asia/Tehran", "America/St_Johns"))))  # fmt: skip
    start = draw(TIMES)
    offset = dt.datetime.fromtimestamp(start / 1000, zone).utcoffset()
    for step in range(400):
        at = start + step * DAY
        if dt.datetime.fromtimestamp(at / 1000, zone).utcoffset() != offset:
            return zone, at + draw(st.integers(-2880, 1440)) * MINUTE
    return zone, start


@st.composite
def cases(draw):
    zone, at = draw(st.one_of(changes(), st.tuples(st.sampled_from(ZONES).map(ZoneInfo), TIMES)))
    day_off = weekend if draw(st.booleans()) else lambda date: False
    return QuietHours(zone, draw(MINUTES), draw(MINUTES), day_off), at


def wall(hours, at):
    return dt.datetime.fromtimestamp(at / 1000, hours.zone)


def reads_quiet(hours, at):
    """What the clock on the wall says, were there no changes of it."""
    local = wall(hours, at)
    minute = local.hour * 60 + local.minute
    if hours.begins <= hours.ends:
        inside = hours.begins <= minute < hours.ends
    else:
        inside = minute >= hours.begins or minute < hours.ends
    return inside or hours.day_off(local.date())


@given(cases())
def test_it_ends_and_when_it_ends_it_is_over(case):
    hours, at = case
    until = hours.until(at)
    if until is not None:
        assert until > at
        assert hours.until(until) is None
        assert until - at <= 5 * DAY


@given(cases(), st.floats(0, 1, exclude_max=True))
def test_it_is_quiet_all_the_way_to_the_same_end(case, share):
    hours, at = case
    until = hours.until(at)
    if until is not None:
        between = at + int((until - at) * share)
        assert hours.until(between) == until


@given(cases())
def test_it_is_quiet_whenever_the_clock_on_the_wall_says_so(case):
    hours, at = case
    if reads_quiet(hours, at):
        assert hours.until(at) is not None


@given(cases())
def test_it_is_quiet_although_the_clock_says_otherwise_only_where_it_shows_a_reading_twice(case):
    hours, at = case
    if hours.until(at) is not None and not reads_quiet(hours, at):
        near = [wall(hours, at + hop * MINUTE).utcoffset() for hop in (-1440, 0, 1440)]
        assert len(set(near)) > 1


@given(cases())
def test_the_next_morning_is_on_a_later_day_and_never_quiet(case):
    hours, at = case
    morning = hours.next_morning(at)
    assert morning > at
    assert hours.local_date(morning) > hours.local_date(at)
    assert hours.until(morning) is None
    midnight = hours.day_start(hours.local_date(at) + dt.timedelta(days=1))
    assert all(hours.until(midnight + n * 7 * MINUTE) for n in range((morning - midnight) // (7 * MINUTE)))


@given(cases(), MINUTES)
def test_without_quiet_hours_and_days_off_it_is_never_quiet(case, minute):
    hours, at = case
    assert QuietHours(hours.zone, minute, minute).until(at) is None


def at(zone, text):
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("begins", "ends", "asked", "ends_at"),
    [
        (22 * 60, 150, "2026-03-08T01:30", "2026-03-08T03:00"),  # 02:30 does not exist: it ends with the jump
        (22 * 60, 8 * 60, "2026-03-07T23:00", "2026-03-08T08:00"),
        (22 * 60, 8 * 60, "2026-10-31T23:00", "2026-11-01T08:00"),
        (22 * 60, 8 * 60, "2026-11-01T12:00", None),
        (150, 240, "2026-03-08T03:00", "2026-03-08T04:00"),  # it begins with the jump
    ],
)
def test_the_nights_of_new_york(begins, ends, asked, ends_at):
    hours = QuietHours(ZoneInfo("America/New_York"), begins, ends)
    expected = None if ends_at is None else at("America/New_York", ends_at)
    assert hours.until(at("America/New_York", asked)) == expected


def test_a_reading_shown_twice_ends_the_quiet_at_the_second():
    hours = QuietHours(ZoneInfo("America/New_York"), 22 * 60, 90)
    first = at("America/New_York", "2026-11-01T01:30")
    assert hours.until(first) == first + 60 * MINUTE
    assert hours.until(first + 60 * MINUTE) is None


def test_a_weekend_lasts_until_monday_morning():
    hours = QuietHours(ZoneInfo("Asia/Shanghai"), 20 * 60, 8 * 60, weekend)
    friday, monday = at("Asia/Shanghai", "2026-11-27T20:00"), at("Asia/Shanghai", "2026-11-30T08:00")
    assert hours.until(friday) == hours.until(friday + DAY) == monday
    assert hours.until(friday - 1) is None
    assert hours.next_morning(friday - 1) == monday

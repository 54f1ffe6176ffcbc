"""Business hours as people count them, in any zone and over every change of the clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.desk.work.hours import Hours
from stream.domain.calendar import Calendar

HOUR = 3_600_000
CHINA, PLAIN = Calendar("CN"), Calendar("")
ZONES = ("Asia/Shanghai", "Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")


def office(zone="Asia/Shanghai", calendar=CHINA, opens=dt.time(9), closes=dt.time(18)) -> Hours:
    return Hours(ZoneInfo(zone), calendar, opens, closes)


def at(text: str, zone="Asia/Shanghai") -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-18 10:00", 4, "2026-11-18 14:00"),
        ("2026-11-18 16:00", 4, "2026-11-19 11:00"),
        ("2026-11-18 22:00", 0, "2026-11-19 09:00"),
        ("2026-11-20 17:00", 2, "2026-11-23 10:00"),  # over a weekend
        ("2026-11-18 09:00", 9, "2026-11-18 18:00"),  # a whole day ends when it does
        ("2026-11-18 09:00", 9.5, "2026-11-19 09:30"),
        ("2026-09-30 17:00", 2, "2026-10-08 10:00"),  # the national holiday
        ("2026-10-10 08:00", 1, "2026-10-10 10:00"),  # a Saturday that makes up for it
        ("2026-11-18 18:00", 0, "2026-11-19 09:00"),
    ],
)
def test_work_is_counted_by_the_calendar(start, hours, end):
    assert office().add(at(start), round(hours * HOUR)) == at(end)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-27 17:00", 2, "2026-03-30 10:00"),  # the clocks went forward in between
        ("2026-10-23 17:00", 2, "2026-10-26 10:00"),  # and back
    ],
)
def test_it_opens_by_the_clocks_on_the_wall(start, hours, end):
    prague = office("Europe/Prague", PLAIN)
    assert prague.add(at(start, "Europe/Prague"), hours * HOUR) == at(end, "Europe/Prague")


def test_a_night_shift_is_an_hour_shorter_when_the_clocks_go_forward():
    night = office("Europe/Prague", Calendar("CZ"), dt.time(1), dt.time(5))
    sunday = dt.date(2026, 3, 29).toordinal() - dt.date(1970, 1, 1).toordinal()
    opens, closes = night.window(sunday)
    assert closes - opens == 3 * HOUR


def test_calendar_days_later_is_when_work_begins_on_a_working_day():
    assert office().days_later(at("2026-11-18 15:20"), 30) == at("2026-12-18 09:00")
    assert office().days_later(at("2026-11-18 15:20"), 31) == at("2026-12-21 09:00")
    assert office().days_later(at("2026-11-18 15:20"), 0) == at("2026-11-18 15:20")


times = st.integers(at("2015-01-01 00:00"), at("2036-01-01 00:00"))
works = st.integers(0, 80 * HOUR)
offices = st.builds(
    office,
    st.sampled_from(ZONES),
    st.sampled_from([PLAIN, CHINA]),
    st.sampled_from([dt.time(0), dt.time(1, 30), dt.time(9)]),
    st.sampled_from([dt.time(2, 15), dt.time(17, 45), dt.time(23, 59)]).filter(lambda closes: closes > dt.time(9)),
)


@given(offices, times, works)
def test_what_was_added_is_what_was_worked(hours, start, work):
    assert hours.between(start, hours.add(start, work)) == work


@given(offices, times, works, st.integers(1, 80 * HOUR))
def test_adding_twice_is_adding_the_sum(hours, start, one, other):
    assert hours.add(hours.add(start, one), other) == hours.add(start, one + other)


@given(offices, times, times, works)
def test_who_begins_later_is_not_done_sooner(hours, one, other, work):
    assert hours.add(min(one, other), work) <= hours.add(max(one, other), work)


@given(offices, times, works)
def test_work_ends_within_the_hours_or_at_their_end(hours, start, work):
    end = hours.add(start, work)
    assert end >= start
    assert hours.is_open(end) or (work > 0 and hours.is_open(end - 1))


@given(offices, times)
def test_the_next_opening_is_now_or_when_the_doors_open(hours, time):
    opening = hours.next_open(time)
    assert hours.is_open(opening)
    assert opening == time or not hours.is_open(opening - 1)
    assert hours.between(time, opening) == 0

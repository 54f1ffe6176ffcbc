"""Working days: weekends, public holidays, make-up days."""

from __future__ import annotations

import datetime as dt

import pytest

from stream.domain.calendar import Calendar, CalendarError

CN = Calendar("CN")


def day(text):
    return dt.date.fromisoformat(text).toordinal() - dt.date(1970, 1, 1).toordinal()


@pytest.mark.parametrize(
    ("date", "working"),
    [
        ("2025-01-26", True),  # a Sunday worked for the Spring Festival
        ("2025-01-28", False),
        ("2025-02-08", True),  # a Saturday
        ("2025-10-01", False),
        ("2025-10-08", False),
        ("2025-10-11", True),  # a Saturday worked for the National Day
        ("2025-10-12", False),
        ("2025-06-17", True),
    ],
)
def test_chinese_holidays_and_their_make_up_days(date, working):
    assert CN.is_working(day(date)) is working


def test_a_country_has_its_own_holidays_and_a_part_of_it_too():
    assert not Calendar("DE-BY").is_working(day("2025-01-06"))
    assert Calendar("DE-NI").is_working(day("2025-01-06"))
    assert Calendar("CN").is_working(day("2025-12-25"))
    assert not Calendar("GB").is_working(day("2025-12-25"))


def test_without_a_country_weeks_are_all_the_same():
    plain = Calendar("")
    assert [plain.is_working(day("2025-09-29") + n) for n in range(7)] == [True] * 5 + [False] * 2


@pytest.mark.parametrize("code", ["XX", "DE-ZZ", "cn2"])
def test_an_unknown_calendar_says_what_is_allowed(code):
    with pytest.raises(CalendarError, match="give a code such as CN or DE-BY, or nothing for Mon-Fri"):
        Calendar(code)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2025-09-30", 1, "2025-10-09"),  # over the National Day
        ("2025-10-01", 0, "2025-10-09"),
        ("2025-09-30", 0, "2025-09-30"),
        ("2025-10-10", 1, "2025-10-11"),  # the make-up Saturday counts
        ("2025-06-16", 5, "2025-06-23"),
    ],
)
def test_working_days_are_added_over_holidays(start, days, end):
    assert CN.add(day(start), days) == day(end)


def test_working_days_between_are_those_after_the_first():
    assert CN.between(day("2025-09-30"), day("2025-10-11")) == 3
    assert CN.between(day("2025-06-16"), day("2025-06-16")) == 0


@pytest.mark.parametrize(
    ("date", "ordinary"),
    [
        ("2025-06-17", True),
        ("2025-06-21", True),  # a plain weekend
        ("2025-06-22", True),
        ("2025-10-01", False),
        ("2025-05-03", False),  # a weekend within a holiday
        ("2025-10-11", False),  # a make-up Saturday
        ("2025-10-12", True),  # the Sunday after it: Friday and Monday are worked on
        ("2025-04-05", False),  # the weekend after a holiday on Friday
    ],
)
def test_what_is_ordinary_is_neither_a_holiday_nor_a_weekend_that_touches_one(date, ordinary):
    assert CN.is_ordinary(day(date)) is ordinary
    assert CN.is_ordinary(day(date)) is ordinary  # also when it is known already


def test_holidays_are_counted_after_the_first_day_without_weekends():
    assert CN.is_holiday(day("2025-10-01"))
    assert not CN.is_holiday(day("2025-10-04"))  # a Saturday
    assert CN.holidays(day("2025-09-30"), day("2025-10-08")) == 6
    assert CN.holidays(day("2025-10-01"), day("2025-10-08")) == 5


def test_absurd_times_do_not_grow_memory_and_the_answers_stay_the_same(monkeypatch):
    monkeypatch.setattr("stream.domain.calendar._MOST", 5)
    calendar, days = Calendar("CN"), [day("2025-09-20") + n for n in range(40)]
    assert [calendar.is_working(n) for n in days] == [CN.is_working(n) for n in days]
    assert [calendar.is_ordinary(n) for n in days] == [CN.is_ordinary(n) for n in days]
    assert len(calendar._known) <= 5
    assert len(calendar._ordinary) <= 5

"""Days across zones, rounding, currencies and networks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from support.units import SHANGHAI

from stream.domain import business as module
from stream.domain.business import DAY_MS, Business

ZONES = [
    "Asia/Shanghai",
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
]


def epoch(text):
    return round(dt.datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize("name", ZONES)
def test_a_day_begins_and_ends_at_local_midnight_all_year_round(name):
    zone = Business(zone=ZoneInfo(name))
    first = zone.day_of_date(dt.date(2025, 1, 1))
    for day in range(first, first + 366):
        start = zone.day_start(day)
        assert zone.day(start) == day
        assert zone.day(start - 1) == day - 1
        assert zone.day(zone.day_start(day + 1) - 1) == day
        assert zone.minute_of_day(start) == 0


@pytest.mark.parametrize(
    ("name", "date", "hours"),
    [
        ("Europe/Berlin", dt.date(2025, 3, 30), 23),
        ("Europe/Berlin", dt.date(2025, 10, 26), 25),
        ("America/New_York", dt.date(2025, 3, 9), 23),
        ("America/New_York", dt.date(2025, 11, 2), 25),
        ("Australia/Lord_Howe", dt.date(2025, 4, 6), 24.5),
        ("Asia/Shanghai", dt.date(2025, 3, 30), 24),
    ],
)
def test_days_are_shorter_and_longer_where_the_clock_changes(name, date, hours):
    zone = Business(zone=ZoneInfo(name))
    day = zone.day_of_date(date)
    assert zone.day_start(day + 1) - zone.day_start(day) == hours * 3_600_000


def test_the_same_instant_lies_on_other_days_in_other_zones():
    instant = epoch("2025-03-01T20:00:00+00:00")
    days = {name: Business(zone=ZoneInfo(name)).day(instant) for name in ("UTC", "Asia/Shanghai", "Asia/Kolkata")}
    assert days["Asia/Shanghai"] == days["Asia/Kolkata"] == days["UTC"] + 1


def test_the_minute_of_the_day_is_local():
    assert SHANGHAI.minute_of_day(epoch("2025-03-01T10:07:59.999+08:00")) == 607


def test_day_numbers_count_from_1970():
    utc = Business(zone=ZoneInfo("UTC"))
    assert utc.day(0) == 0
    assert utc.day(-1) == -1
    assert utc.day(DAY_MS) == 1
    assert utc.date(0) == dt.date(1970, 1, 1)


@pytest.mark.parametrize(
    "date", [dt.date(2024, 12, 30), dt.date(2025, 1, 5), dt.date(1970, 1, 4), dt.date(2024, 2, 29)]
)
def test_a_week_runs_from_monday_to_sunday(date):
    day = SHANGHAI.day_of_date(date)
    monday = day - date.weekday()
    assert {SHANGHAI.week(d) for d in range(monday, monday + 7)} == {SHANGHAI.week(day)}
    assert SHANGHAI.week(monday + 7) == SHANGHAI.week(day) + 1


def test_months_are_numbered_without_gaps_across_years():
    months = [SHANGHAI.month(SHANGHAI.day_of_date(dt.date(2024 + n // 12, n % 12 + 1, 15))) for n in range(24)]
    assert months == list(range(months[0], months[0] + 24))
    assert months[0] == 2024 * 12


def test_absurd_times_do_not_grow_the_caches(monkeypatch):
    monkeypatch.setattr(module, "_CACHE", 10)
    zone = Business(zone=ZoneInfo("UTC"))
    for number in range(1000):
        day = zone.day(number * DAY_MS)
        zone.month(day)
        assert day == number
    assert len(zone._offsets) <= 10
    assert len(zone._months) <= 10


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        (0.125, 12),
        (0.135, 14),
        ("0.125", 12),
        ("0.135", 14),
        ("-0.125", -12),
        ("-0.135", -14),
        (2.675, 268),  # the decimal that was written, not the binary that is nearest
        (1e15 + 0.5, 100_000_000_000_000_050),
        (-7, -700),
        (123_456_789.12, 12_345_678_912),
    ],
)
def test_amounts_are_rounded_half_to_even(amount, minor):
    assert SHANGHAI.minor(amount) == minor


@pytest.mark.parametrize("units", [0, 1, 2, 3, 4])
def test_the_minor_unit_is_configurable(units):
    money = replace(SHANGHAI, minor_units=units)
    assert money.minor(1) == 10**units
    assert money.minor("1") == 10**units
    assert money.minor(1.0) == 10**units
    assert money.major(10**units) == 1.0


@pytest.mark.parametrize("amount", [None, True, [], b"1", "x", "", "sNaN", "nan", "inf", "1e21"])
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(ValueError, match=r"number"):
        SHANGHAI.minor(amount)


@pytest.mark.parametrize("amount", [float("inf"), float("-inf"), float("nan")])
def test_what_is_not_finite_is_refused(amount):
    with pytest.raises((ValueError, OverflowError)):
        SHANGHAI.minor(amount)


def test_conversion_is_exact_in_decimals_and_rounds_half_to_even():
    assert SHANGHAI.to_base(10_000, "USD") == 71_000
    assert SHANGHAI.to_base(5, "USD") == 36  # 35.5
    assert SHANGHAI.to_base(15, "USD") == 106  # 106.5
    assert SHANGHAI.to_base(-5, "USD") == -36
    assert SHANGHAI.to_base(5, None) == SHANGHAI.to_base(5, "CNY") == 5


def test_an_unknown_currency_names_the_setting():
    with pytest.raises(ValueError, match=r"unknown currency XTS: add it to \[business.rates\]"):
        SHANGHAI.to_base(1, "XTS")


def test_elsewhere_is_what_is_named_and_not_ours():
    assert SHANGHAI.is_elsewhere("rival")
    assert not SHANGHAI.is_elsewhere("own")
    assert not SHANGHAI.is_elsewhere(None)


def test_the_network_of_a_number_is_that_of_its_longest_prefix():
    known = replace(SHANGHAI, network_prefixes={"+86": "any", "+86134": "own"})
    assert known.network_of("+86 (134) 5-6") == "own"
    assert known.network_of("+8615") == "any"
    assert known.network_of("+49") is None
    assert known.network_of(None) is None
    assert SHANGHAI.network_of("+86134") is None


def test_an_hour_of_a_day_is_by_its_own_clocks():
    london = Business(zone=ZoneInfo("Europe/London"))
    changes = london.day_of_date(dt.date(2025, 3, 30))
    assert london.day_start(changes, 9) - london.day_start(changes) == 8 * 3_600_000
    assert london.day_start(changes + 1, 9) - london.day_start(changes + 1) == 9 * 3_600_000

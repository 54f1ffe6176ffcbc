"""When cut-offs fall: each customer's own phase, months, and moments that a report asks for."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from support.units import DAY, HOUR, SHANGHAI, T0

from models.cutoffs import cadence
from stream.domain.business import Business

WEEKLY = cadence(7)
BERLIN = Business(zone=ZoneInfo("Europe/Berlin"))


def many(cadence, count, customer="c", business=SHANGHAI, since=T0):
    found = [since]
    for _ in range(count):
        found.append(cadence.next(customer, found[-1], business))
    return found[1:]


def test_the_next_one_is_later_and_a_period_apart_whenever_it_is_asked():
    first, second = many(WEEKLY, 2)
    assert T0 < first <= T0 + 7 * DAY
    assert second == first + 7 * DAY
    assert WEEKLY.next("c", first - 1, SHANGHAI) == first
    assert WEEKLY.next("c", first, SHANGHAI) == second
    assert WEEKLY.next("c", first + 3 * DAY, SHANGHAI) == second


def test_the_load_is_spread_over_the_whole_period():
    days = Counter((WEEKLY.next(f"customer-{n}", T0 - 1, SHANGHAI) - T0) // DAY for n in range(7_000))
    assert set(days) == set(range(7))
    assert all(850 < count < 1150 for count in days.values())
    hours = Counter(WEEKLY.next(f"customer-{n}", T0, SHANGHAI) // HOUR % 24 for n in range(7_000))
    assert len(hours) == 24


@pytest.mark.parametrize("business", [SHANGHAI, BERLIN])
def test_by_the_month_it_is_the_same_day_of_each_by_local_days(business):
    found = many(cadence("month"), 30, business=business)
    local = [dt.datetime.fromtimestamp(time / 1000, business.zone) for time in found]
    assert len({(time.year, time.month) for time in local}) == 30
    assert len({time.day for time in local}) == 1
    assert local[0].day <= 28


def test_many_customers_are_spread_over_the_month():
    monthly = cadence("month")
    days = Counter(
        dt.datetime.fromtimestamp(monthly.next(f"c{n}", T0, SHANGHAI) / 1000, SHANGHAI.zone).day for n in range(2_800)
    )
    assert set(days) == set(range(1, 29))


def test_a_report_adds_its_moments_and_moves_no_other():
    asked = T0 + 10 * DAY + 5
    with_report = cadence(7, (asked, T0 - DAY, asked))
    found = many(with_report, 4)
    assert asked in found
    assert [time for time in found if time != asked] == many(WEEKLY, 3)
    assert [with_report.asked(time) for time in found].count(True) == 1


def test_parts_of_a_day_are_a_period_too():
    first, second = many(cadence(0.5), 2)
    assert second - first == DAY // 2

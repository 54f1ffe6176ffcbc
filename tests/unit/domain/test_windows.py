"""Buckets of days, weeks and months."""

from __future__ import annotations

import datetime as dt

import pytest
from support.units import DAY, DAY0, SHANGHAI, T0, balance, folded, movement

from stream.domain.events import Counterparty
from stream.domain.state import ACTS, DAYS, ELSEWHERE, MONTHS, SPEND, SUM_IN, WEEKS, money_out
from stream.domain.windows import MOST_ACTIVE_DAYS


def sums(ring):
    return {number: tuple(bucket) for number, bucket in ring.numbered()}


def test_a_movement_counts_in_its_day_week_and_month():
    state = folded(movement(T0, 500, "in"), movement(T0 + 1, 200), movement(T0 + DAY, 30))
    assert sums(state.days) == {DAY0: (2, 500, 200, 0, 0), DAY0 + 1: (1, 0, 30, 0, 0)}
    assert sums(state.weeks) == {SHANGHAI.week(DAY0): (3, 500, 230, 0, 0)}
    assert sums(state.months) == {SHANGHAI.month(DAY0): (3, 500, 230, 0, 0)}


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("min", [1, 0, 5, 0, 0, 1500]),
        ("MB", [1, 0, 5, 0, 0, 0, 1500]),
        ("item", [1, 0, 5, 0, 0, 0, 0, 1500]),
        ("point", [1, 0, 5, 0, 0, 0, 0, 0, 1500]),
        (None, [1, 0, 5, 0, 0, 0, 0, 1500]),
    ],
)
def test_usage_is_summed_by_unit_and_trailing_units_are_left_out(unit, expected):
    state = folded(movement(T0, 5, quantity=1500, unit=unit))
    assert state.days.get(DAY0) == expected


def test_usage_of_several_units_stands_side_by_side():
    state = folded(movement(T0, 0, quantity=7, unit="MB"), movement(T0, 0, event_id="x", quantity=3, unit="min"))
    assert state.days.get(DAY0) == [2, 0, 0, 0, 0, 3, 7]


def test_a_late_movement_lands_in_the_bucket_of_its_own_time():
    state = folded(movement(T0 + 40 * DAY, 1), movement(T0, 9))
    assert state.days.get(DAY0) == [1, 0, 9, 0, 0]
    assert state.days.get(DAY0 + 40) == [1, 0, 1, 0, 0]


@pytest.mark.parametrize(("age", "kept"), [(DAYS - 1, True), (DAYS, False)])
def test_a_movement_older_than_the_window_counts_nowhere_among_the_days(age, kept):
    state = folded(movement(T0, 1), movement(T0 - age * DAY, 9))
    assert (state.days.get(DAY0 - age) is not None) == kept
    assert state.months.get(SHANGHAI.month(DAY0 - age)) is not None


def test_weeks_and_months_keep_longer_than_days():
    state = folded(movement(T0 - 360 * DAY, 9), movement(T0, 1))
    assert [count for _, (count, *_) in state.days.numbered()] == [1]
    assert state.weeks.get(SHANGHAI.week(DAY0 - 360)) is not None
    assert state.months.get(SHANGHAI.month(DAY0 - 360)) is not None


def test_the_buckets_are_bounded_however_long_a_customer_stays():
    state = folded(*(movement(T0 + number * DAY, 1) for number in range(800)))
    assert len(list(state.days.numbered())) == DAYS
    assert len(list(state.weeks.numbered())) == WEEKS
    assert len(list(state.months.numbered())) == MONTHS
    assert state.days.oldest() == DAY0 + 800 - DAYS


def test_what_others_said_since_decides_what_is_too_late():
    state = folded(movement(T0, 1), balance(T0 + 200 * DAY, 5), movement(T0 + 100 * DAY, 9))
    assert state.days.get(DAY0 + 100) is None
    assert state.months.get(SHANGHAI.month(DAY0 + 100)) == [1, 0, 9, 0, 0]


def test_a_month_is_the_calendars():
    last = SHANGHAI.day_start(SHANGHAI.day_of_date(dt.date(2025, 2, 1))) - 1
    state = folded(movement(last, 1), movement(last + 1, 2))
    months = sums(state.months)
    assert money_out(months[2025 * 12]) == 1
    assert money_out(months[2025 * 12 + 1]) == 2
    assert {bucket[ACTS] for bucket in months.values()} == {1}
    assert {bucket[SUM_IN] for bucket in months.values()} == {0}


def test_what_customers_pay_us_is_spend_and_a_return_takes_away_from_it():
    state = folded(
        movement(T0, 900, category="purchase"),
        movement(T0, 40, category="fee"),
        movement(T0, 300, "in", category="return"),
    )
    assert state.months.get(SHANGHAI.month(DAY0))[SPEND] == 640
    assert folded(movement(T0, 900, category="transfer")).days.get(DAY0)[SPEND] == 0
    assert folded(movement(T0, 900, "in", category="purchase")).days.get(DAY0)[SPEND] == 0


@pytest.mark.parametrize("category", ["interest", "fee", "payroll", "points_earned", "loan_payment"])
def test_what_happens_to_a_customer_is_no_act_of_theirs(category):
    state = folded(movement(T0, 5, "in", category=category))
    assert state.days.get(DAY0)[ACTS] == 0
    assert state.active_days == []


def test_money_that_goes_elsewhere_is_summed_in_its_own_name_too():
    rival, own = Counterparty("rival", True), Counterparty("own")
    state = folded(
        movement(T0, 70, counterparty=rival),
        movement(T0, 5, counterparty=own),
        movement(T0, 9, "in", counterparty=rival),
    )
    assert state.days.get(DAY0)[ELSEWHERE] == 70


def test_the_last_active_days_are_kept_in_order_whenever_the_news_comes():
    state = folded(*(movement(T0 + n * DAY, 1) for n in (0, 3, 3, 1, 2)))
    assert state.active_days == [DAY0, DAY0 + 1, DAY0 + 2, DAY0 + 3]
    many = folded(*(movement(T0 + n * DAY, 1) for n in range(100)))
    assert many.active_days == [DAY0 + n for n in range(100 - MOST_ACTIVE_DAYS, 100)]


def test_the_customers_own_acts_are_money_out_that_is_neither_passive_nor_a_return_in_any_order():
    lines = [
        movement(T0 + 5 * DAY, 10, category="purchase"),
        movement(T0 + DAY, 10),
        movement(T0 + 9 * DAY, 10, category="loan_payment"),
        movement(T0 + 8 * DAY, 10, "in"),
        movement(T0, 10, category="fee"),
        movement(T0 + 6 * DAY, 10, "in", category="return"),
        movement(T0 + 7 * DAY, 10, "in", category="return"),
    ]
    for order in (lines, lines[::-1]):
        state = folded(*order)
        assert (state.acts, state.acted_first, state.acted_at) == (2, T0 + DAY, T0 + 5 * DAY)
        assert (state.returns, state.returned_at) == (2, T0 + 7 * DAY)
    assert folded(movement(T0, 1, "in")).acted_at == folded(balance(T0, 1)).acted_at == 0

"""What a customer keeps with us, day by day, and its robust baseline."""

from __future__ import annotations

import pytest
from support.units import DAY, DAY0, HOUR, T0, balance, folded, service

from stream.domain import holdings
from stream.domain.events import Product
from stream.domain.holdings import MOST_ACCOUNTS, RECENT_DAYS
from stream.domain.state import DAYS


def days(state, first=0, last=0):
    return holdings.closings(state, DAY0 + first, DAY0 + last)


def product(time, what="product_opened", name="p", **more):
    return service(time, what, product=Product(name, **more))


def test_holdings_are_the_last_balances_of_all_asset_accounts():
    state = folded(balance(T0, 100, "a"), balance(T0, 30, "b"), balance(T0 + DAY, 70, "a"))
    assert holdings.current(state, DAY0 + 1) == 100
    assert days(state, 0, 2) == [130, 100, 100]


@pytest.mark.parametrize("kind", sorted(holdings.DEBT_KINDS))
def test_debts_are_left_out(kind):
    state = folded(balance(T0, 100, "a"), balance(T0, 900, "b", kind=kind), product(T0, kind=kind, amount=50))
    assert holdings.current(state, DAY0) == 100
    assert days(state) == [100]


def test_an_accounts_kind_is_kept_where_later_news_does_not_name_it():
    state = folded(balance(T0, 100, "b", kind="loan"), balance(T0 + 1, 90, "b"))
    assert holdings.current(state, DAY0) == 0


def test_balances_are_carried_over_days_without_news():
    state = folded(balance(T0, 100), balance(T0 + 3 * DAY, 40))
    assert days(state, 0, 5) == [100, 100, 100, 40, 40, 40]
    assert days(state, 1, 2) == [100, 100]


def test_days_before_the_first_balance_are_left_out():
    state = folded(balance(T0 + 2 * DAY, 40))
    assert days(state, 0, 3) == [40, 40]
    assert days(state, 0, 1) == []
    assert days(folded(), 0, 5) == []


def test_an_account_that_begins_later_is_nothing_before():
    state = folded(balance(T0, 100, "a"), balance(T0 + 2 * DAY, 5, "b"))
    assert days(state, 0, 3) == [100, 100, 105, 105]


def test_the_closing_is_the_latest_of_its_day_whatever_the_order():
    state = folded(balance(T0 + HOUR, 2), balance(T0, 1), balance(T0 + 2 * HOUR, 3), balance(T0 + HOUR + 1, 4))
    assert days(state) == [3]
    assert holdings.current(state, DAY0) == 3


def test_within_one_minute_the_later_wins():
    minute = T0 - T0 % 60_000
    assert days(folded(balance(minute + 5, 1), balance(minute + 9, 2))) == [2]
    assert days(folded(balance(minute + 9, 2), balance(minute + 5, 1))) == [2]


def test_a_late_balance_changes_its_own_day_and_not_what_is_held_now():
    state = folded(balance(T0, 100), balance(T0 + 5 * DAY, 100), balance(T0 + 2 * DAY, 10))
    assert holdings.current(state, DAY0 + 5) == 100
    assert days(state, 0, 5) == [100, 100, 10, 10, 10, 100]


def test_a_balance_older_than_the_window_opens_an_account_without_a_closing():
    state = folded(balance(T0, 100, "a"), balance(T0 - DAYS * DAY, 7, "b"))
    assert state.accounts["b"].closings.oldest() is None
    assert holdings.current(state, DAY0) == 107
    assert days(state) == [100]


def test_a_quiet_accounts_last_closing_is_carried_to_the_edge_of_the_window():
    state = folded(balance(T0, 100, "a"), balance(T0 + (DAYS + 10) * DAY, 50, "a"))
    assert state.accounts["a"].closings.oldest() == DAY0 + 11
    assert days(state, 11, 12) == [100, 100]
    assert days(state, DAYS + 9, DAYS + 10) == [100, 50]


def test_carrying_takes_the_last_closing_before_the_edge_and_keeps_one_that_stands_there():
    early = [balance(T0, 1), balance(T0 + 5 * DAY, 2), balance(T0 + 11 * DAY, 3)]
    state = folded(*early, balance(T0 + (DAYS + 10) * DAY, 9))
    assert days(state, 11, 12) == [3, 3]
    state = folded(*early, balance(T0 + (DAYS + 6) * DAY, 9))
    assert days(state, 7, 8) == [2, 2]


def test_closings_are_bounded():
    state = folded(*(balance(T0 + n * DAY, n) for n in range(400)))
    assert len(state.accounts["a"].closings.items) == DAYS


def test_products_count_from_their_opening_until_two_days_after_their_end():
    state = folded(balance(T0, 10), product(T0 + DAY, amount=90), product(T0 + 3 * DAY, "product_redeemed"))
    assert days(state, 0, 6) == [10, 100, 100, 100, 100, 100, 10]
    assert [holdings.current(state, DAY0 + n) for n in (0, 1, 5, 6)] == [10, 100, 100, 10]


def test_a_product_counts_until_a_balance_carries_its_id():
    state = folded(balance(T0, 10), product(T0, amount=90), balance(T0 + 2 * DAY, 95, "p"))
    assert days(state, 0, 3) == [100, 100, 105, 105]
    assert holdings.current(state, DAY0 + 3) == 105


def test_an_account_of_a_products_id_without_a_closing_leaves_the_product_in_the_past():
    state = folded(balance(T0, 10), product(T0, amount=90), balance(T0 - DAYS * DAY, 95, "p"))
    assert days(state) == [100]
    assert holdings.current(state, DAY0) == 105


def test_a_product_without_an_amount_counts_nothing():
    assert holdings.current(folded(product(T0)), DAY0) == 0


def test_there_are_never_more_accounts_than_the_bound_and_empty_ones_go_first():
    events = [balance(T0 + n, 0 if n == 7 else 5, f"a{n}") for n in range(MOST_ACCOUNTS)]
    state = folded(*events, balance(T0 + 100, 5, "new"))
    assert len(state.accounts) == MOST_ACCOUNTS
    assert "a7" not in state.accounts
    state = folded(balance(T0 + 101, 5, "newer"), state=state)
    assert "a0" not in state.accounts
    assert {"new", "newer", "a1"} <= set(state.accounts)


def test_the_baseline_leaves_the_last_week_out():
    state = folded(*(balance(T0 + n * DAY, 100 if n < 20 else 0) for n in range(27)))
    baseline = state.baseline
    assert (baseline.day, baseline.until, baseline.days) == (DAY0 + 26, DAY0 + 26 - RECENT_DAYS, 20)
    assert (baseline.median, baseline.mad, baseline.low) == (100, 0, 100)


def test_there_is_no_baseline_before_there_is_anything_older_than_a_week():
    assert folded(*(balance(T0 + n * DAY, 100) for n in range(RECENT_DAYS))).baseline is None
    assert folded(*(balance(T0 + n * DAY, 100) for n in range(RECENT_DAYS + 1))).baseline.days == 1


def test_the_baseline_is_taken_once_a_business_day():
    state = folded(*(balance(T0 + n * DAY, 100) for n in range(20)))
    before = state.baseline
    folded(balance(T0 + 2 * DAY, 0), balance(T0 + 19 * DAY + HOUR, 0), state=state)
    assert state.baseline is before
    folded(balance(T0 + 20 * DAY, 0), state=state)
    assert state.baseline.day == DAY0 + 20


def test_a_deposit_of_a_week_moves_neither_median_nor_low():
    amounts = [100_000 if 30 <= n < 37 else 1_000 for n in range(80)]
    baseline = folded(*(balance(T0 + n * DAY, amount) for n, amount in enumerate(amounts))).baseline
    assert (baseline.median, baseline.mad, baseline.low) == (1_000, 0, 1_000)


def test_the_low_of_a_saw_tooth_is_its_foot_and_not_its_middle():
    baseline = folded(*(balance(T0 + n * DAY, 3_000 - 100 * (n % 30)) for n in range(97))).baseline
    assert baseline.days == 85
    assert baseline.low <= 300
    assert 1_300 <= baseline.median <= 1_800

"""Quartiles, volumes and the load of an RM, by hand."""

from __future__ import annotations

import pytest

from stream.backtest.figures import quantile, spread_days, volume
from stream.backtest.load import Loads
from stream.backtest.report import Share, Spread, Volume, share
from stream.domain.business import DAY_MS


def test_a_quantile_lies_between_the_two_nearest_values():
    assert quantile([1, 2, 3, 10], 0.5) == 2.5
    assert quantile([1, 2, 3, 10], 0.25) == 1.75
    assert quantile([1, 2, 3, 10], 1) == 10
    assert quantile([7], 0.95) == 7
    assert quantile([], 0.5) is None


def test_a_spread_is_in_days_and_of_nothing_it_is_nothing():
    assert spread_days([4 * DAY_MS, 2 * DAY_MS, 3 * DAY_MS]) == Spread(3, 2.5, 3.0, 3.5)
    assert spread_days([]) == Spread(0, None, None, None)


def test_a_share_of_nothing_is_none_and_not_zero():
    assert share(1, 4) == Share(1, 4, 0.25)
    assert share(0, 0).share is None


def test_days_without_alerts_count_in_a_volume():
    assert volume([4, 2], zeros=2) == Volume(1.5, pytest.approx(3.7), 4)
    assert volume([], zeros=0) == Volume(0, 0, 0)


def test_the_load_is_per_rm_and_day_and_scaled_to_a_book_of_500():
    loads = Loads({"a": 250, "b": 250}, days=2)
    sent = [("a", 1), ("a", 1), ("b", 1), ("a", 2)]
    load = loads.of(sent[:1], sent)
    assert load.opened.mean == 1 / 4  # two RMs on two days
    assert load.sent.mean == 1
    assert load.sent.max == 2
    assert load.sent_500 == Volume(2, pytest.approx(2.9), 3)  # both books are one of 500: 3 and 1


def test_a_small_book_is_scaled_up_and_a_large_one_down():
    assert Loads({"a": 100}, days=1).of([], [("a", 1)]).sent_500.mean == 5
    assert Loads({"a": 2000}, days=1).of([], [("a", 1)] * 8).sent_500.mean == 2


def test_the_rest_of_the_books_joins_the_last_full_one():
    loads = Loads({"a": 500, "b": 400, "c": 200, "d": 100}, days=1)
    # a alone; b with c and d: 700
    load = loads.of([], [("a", 1), ("d", 1), ("d", 1)])
    assert load.sent_500.max == pytest.approx(2 * 500 / 700)
    assert load.sent_500.mean == pytest.approx((1 + 2 * 500 / 700) / 2)


def test_customers_without_an_rm_are_a_book_of_their_own():
    load = Loads({"": 1000}, days=1).of([], [(None, 1), (None, 1)])
    assert load.sent.mean == 2
    assert load.sent_500.mean == 1

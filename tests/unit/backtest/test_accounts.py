"""Overlap, cut-offs, cost and the difference of two configurations, by hand."""

from __future__ import annotations

import pytest
from support.timeline import at, records, settings

from stream.backtest.cost import cost
from stream.backtest.cutoffs import cutoff
from stream.backtest.episodes import Episode
from stream.backtest.history import History
from stream.backtest.labels import Inactivity
from stream.backtest.overlap import overlap
from stream.backtest.report import Cost, Quality, Share, Spread, share
from stream.config import Backtest
from stream.engine.assemble import business

UNITS = business(settings())
START = at("2025-01-01 00:00")


def day(number):
    return START.plus(days=number).time


def warning(customer, kind, opened, ended=None):
    return Episode(f"{customer}-{kind}-{opened}", customer, kind, "rm", opened, "high", ended, ended and "resolved")


def test_overlap_is_the_share_of_a_kinds_warnings_with_the_other_kind_nearby():
    warnings = [
        warning("a", "x", day(0)),
        warning("a", "y", day(30)),
        warning("b", "x", day(0)),
        warning("b", "y", day(31)),  # too far
        warning("c", "x", day(0)),
        warning("d", "x", day(50)),
        warning("d", "y", day(20)),
    ]
    found = overlap(warnings, 30)
    assert found.matrix["x"] == {"x": 1.0, "y": 0.5}
    assert found.matrix["y"] == {"x": pytest.approx(2 / 3), "y": 1.0}


def test_at_a_cut_off_open_and_recent_warnings_count_and_only_about_the_active():
    taken = History(frozenset(), activity=True)
    bought = {"a": [0], "b": [0, 90], "c": [0], "d": [0, 95], "long gone": [-300]}
    lines = [START.plus(days=n).transaction(c, 5, category="order") for c, days in bought.items() for n in days]
    list(taken.tap(records(lines, START.plus(days=200).transaction("z", 1, category="order"))))
    label = Inactivity(taken, horizon_days=30, active_within_days=180)
    warnings = [
        warning("a", "x", day(-100)),  # open, right
        warning("b", "x", day(60), day(65)),  # over, but recent; wrong
        warning("c", "x", day(-9), day(20)),  # over and old
        warning("d", "x", day(80)),  # at the cut-off it is not there yet
        warning("long gone", "x", day(70)),
    ]
    found = cutoff(label, warnings, day(80), ["x", "y"], UNITS)
    assert found.date == "2025-03-22"
    assert (found.active, found.churned) == (4, Share(2, 4, 0.5))  # a and c do not come back
    assert found.rules["x"].warned == 2
    assert found.rules["x"].precision == Share(1, 2, 0.5)
    assert found.rules["x"].recall == Share(1, 2, 0.5)
    assert found.rules["x"].lift == 1.0
    assert found.rules["y"].precision.share is None
    assert found.overall == found.rules["x"]


def test_cost_is_leavers_lost_contacts_and_annoyance():
    prices = Backtest(miss=1000, saved_share=0.5, contact_minutes=10, minute=2, annoyance=3)
    quality = Quality(share(1, 4), 2, 0, None, None, share(2, 5), None, None, Spread(0, None, None, None))
    # five leavers, two of them warned of, one of those kept; ten warnings, three quarters of them wrong
    assert cost(prices, 10, quality) == Cost(5000, 4000, 200, 22.5, 4222.5, 777.5)

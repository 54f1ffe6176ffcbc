"""Precision, recall, lead and chance of a handful of warnings, counted by hand."""

from __future__ import annotations

import pytest
from support.timeline import at, records

from stream.backtest.episodes import Episode, episodes
from stream.backtest.history import History
from stream.backtest.labels import Inactivity, LeftAt
from stream.backtest.quality import quality
from stream.backtest.report import Share
from stream.backtest.truth import Known, Truth
from stream.domain.business import DAY_MS

START = at("2025-01-01 00:00")


def day(number):
    return START.plus(days=number).time


def history(customers, last=200, activity=False):
    taken = History(frozenset({"fee"}), activity=activity)
    lines = [START.profile(customer) for customer in customers]
    list(taken.tap(records(lines, START.plus(days=last).profile(customers[0]))))
    return taken


def left_at(leavers, customers=("a", "b", "c", "d"), horizon=30, last=200):
    known = {customer: Known(customer, leavers.get(customer)) for customer in customers}
    return LeftAt(Truth("t", False, known), history(customers, last), horizon)


def warning(customer, opened, kind="k", ended=None, end=None):
    return Episode(f"{customer}-{kind}-{opened}", customer, kind, "rm", opened, "high", ended, end)


def test_a_warning_is_right_when_the_customer_leaves_within_the_horizon_after_it():
    leavers = {"a": day(50)}
    warnings = [
        warning("a", day(19)),  # 31 days before: too early
        warning("a", day(20)),  # 30 days: right
        warning("a", day(50)),  # as the customer left: too late, but not wrong
        warning("b", day(45)),
    ]
    found = quality(warnings, warnings, left_at(leavers), leavers, None)
    assert found.precision == Share(1, 3, pytest.approx(1 / 3))
    assert (found.undecided, found.late) == (0, 1)


def test_a_warning_too_near_to_the_end_is_not_judged_even_if_the_customer_left():
    leavers = {"a": day(190)}
    warnings = [warning("a", day(180)), warning("b", day(180)), warning("b", day(170))]
    found = quality(warnings, warnings, left_at(leavers), leavers, None)
    assert found.precision == Share(0, 1, 0.0)
    assert found.undecided == 2


def test_recall_counts_leavers_and_lead_is_from_the_first_warning_within_the_horizon():
    leavers = {"a": day(50), "b": day(60), "c": day(70)}
    warnings = [
        warning("a", day(10)),  # forty days before: not within the horizon
        warning("a", day(40)),
        warning("a", day(45)),
        warning("b", day(60)),  # as they left
        warning("c", day(40)),
    ]
    found = quality(warnings, warnings, left_at(leavers), leavers, {"a", "b"})
    assert found.recall == Share(2, 3, pytest.approx(2 / 3))
    assert found.recall_signed == Share(1, 2, 0.5)
    assert (found.lead.count, found.lead.median) == (2, 20)


def test_a_leaver_may_have_been_warned_before_the_measured_time():
    leavers = {"a": day(50)}
    assert quality([], [warning("a", day(40))], left_at(leavers), leavers, None).recall.hits == 1


def test_chance_is_the_share_of_those_there_who_leave_within_the_horizon():
    leavers = {"a": day(50), "b": day(10)}
    warnings = [warning("a", day(30)), warning("c", day(100))]
    found = quality(warnings, warnings, left_at(leavers), leavers, None)
    # on day 30 a of a, c, d leaves; on day 100 none of c, d
    assert found.chance == pytest.approx((1 / 3 + 0) / 2)
    assert found.lift == pytest.approx(0.5 / (1 / 6))


def test_nothing_warned_is_no_precision_and_no_recall_but_no_fault():
    found = quality([], [], left_at({}), {}, None)
    assert (found.precision.share, found.recall.share, found.lift, found.lead.median) == (None, None, None, None)


def test_inactive_is_who_does_nothing_of_their_own_for_the_horizon():
    taken = History(frozenset({"fee"}), activity=True)
    lines = [
        START.transaction("a", 5, category="purchase"),
        START.plus(days=40).transaction("a", 5, category="purchase"),
        START.plus(days=20).transaction("a", 5, category="fee"),  # not the customer's own
        START.plus(days=22).transaction("a", 5, "in", category="return"),  # nor a purchase
        START.plus(days=100).transaction("b", 5, category="purchase"),
    ]
    list(taken.tap(records(lines)))
    label = Inactivity(taken, horizon_days=30, active_within_days=60)
    assert label.leaves("a", day(1)) is True
    assert label.leaves("a", day(10)) is False  # the fortieth day is just within
    assert label.leaves("a", day(10) - 1) is True
    assert label.leaves("a", day(80)) is None  # the events end at day 100
    assert label.active(day(61)) == ["a"]
    assert label.active(day(41)) == ["a"]
    assert label.churned("a", day(41))
    assert not label.churned("a", day(40))


def test_alerts_become_warnings_in_whatever_order_they_come():
    def body(sequence, state, time, episode="e1"):
        return {
            "episode_id": episode, "sequence": sequence, "state": state, "event_time": time, "customer_id": "c",
            "kind": "k", "rm_id": None, "severity": "high",
        }  # fmt: skip

    bodies = [
        body(3, "resolved", "2025-01-03T00:00:00.000Z"),
        body(1, "opened", "2025-01-01T00:00:00.000Z"),
        body(2, "updated", "2025-01-02T00:00:00.000Z"),
        body(2, "updated", "2025-01-02T00:00:00.000Z", "its opening is not there"),
    ]
    [found] = episodes(bodies)
    assert (found.id, found.updates, found.end, found.ended - found.opened) == ("e1", 1, "resolved", 2 * DAY_MS)

"""A credit line that is cut, due or not renewed, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "credit_tightened"
START = at("2025-03-01 09:00")


def limit(moment, before, now, **fields):
    change = {name: value for name, value in (("from", before), ("to", now)) if value is not None}
    return moment.service("c", "credit_limit_changed", change=change, **fields)


def line(moment, limit, account="line", **fields):
    return moment.balance("c", 50_000, account, kind="credit_used", limit=limit, **fields)


def renewal(moment, what="renewal_due", due=None, product="loan-1", **fields):
    return moment.service("c", what, product={"product_id": product, **({"matures_on": due} if due else {})}, **fields)


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def test_a_limit_that_is_cut_opens():
    [alert] = run(limit(START, 800_000, 500_000, event_id="cut")).alerts
    assert (alert["kind"], alert["state"], alert["severity"]) == (KIND, "opened", "medium")
    assert alert["evidence"]["before"] == 800_000
    assert alert["evidence"]["now"] == 500_000
    assert alert["evidence"]["cut"] == 0.375
    assert alert["causes"] == ["cut"]
    assert "800,000" in alert["reason"]["zh"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (800_000, []),
        (721_000, []),
        (720_000, [("opened", "medium")]),
        (400_000, [("opened", "high")]),
        (0, [("opened", "critical")]),
        (900_000, []),
    ],
)
def test_the_severity_follows_the_share_of_the_cut(now, expected):
    assert story(limit(START, 800_000, now)) == expected


def test_a_cut_without_the_limit_before_is_held_against_the_one_known():
    known = START.plus(days=-30).profile("c", credit_limit=800_000)
    assert story(known, limit(START, None, 300_000)) == [("opened", "high")]
    assert story(limit(START, None, 300_000)) == []


def test_a_limit_that_falls_in_the_balances_or_the_profile_is_a_cut():
    assert story(line(START, 800_000), line(START.plus(days=1), 300_000)) == [("opened", "high")]
    before, now = (START.plus(days=d).profile("c", credit_limit=a) for d, a in ((0, 800_000), (1, 300_000)))
    assert story(before, now) == [("opened", "high")]
    assert story(before, START.plus(days=1).profile("c", credit_limit=800_000, tier="gold")) == []


def test_a_limit_of_a_prepaid_account_is_no_credit():
    quota = [START.plus(days=d).balance("c", 5, "sim", kind="prepaid", limit=limit) for d, limit in ((0, 90), (1, 10))]
    assert story(quota) == []


def test_a_cut_of_one_of_several_lines_is_held_against_all():
    lines = [line(START, 100_000), line(START, 900_000, "other"), line(START.plus(days=1), 50_000)]
    assert story(lines) == []  # 5 %
    assert story(lines, line(START.plus(days=2), 400_000, "other")) == [("opened", "high")]


def test_an_older_balance_that_comes_late_cuts_nothing():
    late = at("2025-02-20 09:00").arriving("2025-03-03 09:00")
    assert story(line(START, 800_000), line(late, 300_000), line(START.plus(days=3), 800_000)) == []


def test_a_cut_told_twice_by_two_sources_is_one():
    told = [line(START, 800_000), limit(START.plus(days=1), 800_000, 300_000), line(START.plus(days=3), 300_000)]
    assert story(told) == [("opened", "high")]


def test_steps_add_up():
    steps = [limit(START.plus(days=n), 800_000 - 150_000 * n, 650_000 - 150_000 * n) for n in range(3)]
    assert story(steps) == [("opened", "medium"), ("updated", "medium"), ("updated", "high")]


def test_it_resolves_when_the_limit_is_back_and_not_before():
    cut = limit(START, 800_000, 400_000)
    part = limit(START.plus(days=5), 400_000, 600_000)
    back = limit(START.plus(days=9), 600_000, 800_000)
    assert story(cut, part) == [("opened", "high")]
    assert story(cut, part, back) == [("opened", "high"), ("resolved", "high")]


def test_a_renewal_that_is_due_soon_opens_and_one_that_is_not_waits():
    assert story(renewal(START, due="2025-03-31")) == [("opened", "low")]
    assert story(renewal(START, due="2025-04-30"), at("2025-03-30 12:00").passes()) == []
    outcome = run(renewal(START, due="2025-04-30"), at("2025-04-01 00:00").passes())
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert alert["event_time"] == "2025-03-30T16:00:00.000Z"  # midnight of the 31st
    assert alert["evidence"]["renewal_due"] == "2025-04-30"
    assert alert["evidence"]["days_left"] == 30
    assert "2025-04-30" in alert["reason"]["zh"]


def test_a_renewal_without_a_date_is_due():
    assert story(START.service("c", "renewal_due")) == [("opened", "low")]


def test_a_declined_renewal_is_worse():
    assert story(START.service("c", "renewal_declined")) == [("opened", "high")]
    parts = (renewal(START, due="2025-03-31"), renewal(START.plus(days=3), "renewal_declined"))
    assert story(*parts) == [("opened", "low"), ("updated", "high")]


@pytest.mark.parametrize("opened", ["loan-1", "loan-2"])
def test_a_renewal_that_was_made_resolves_it(opened):
    held = START.plus(days=-300).product("c", "product_opened", "loan-1", kind="loan", amount=5)
    made = START.plus(days=6).product("c", "product_opened", opened, kind="loan", amount=5, matures_on="2026-03-31")
    assert story(held, renewal(START, due="2025-03-31"), made) == [("opened", "low"), ("resolved", "low")]


def test_a_limit_that_is_confirmed_is_a_renewal():
    made = limit(START.plus(days=6), 800_000, 800_000)
    assert story(renewal(START, due="2025-03-31"), made) == [("opened", "low"), ("resolved", "low")]


def test_a_renewal_made_before_it_came_near_is_silent():
    held = START.plus(days=-300).product("c", "product_opened", "loan-1", kind="loan", amount=5)
    made = START.plus(days=6).product("c", "product_opened", "loan-1", kind="loan", amount=5)
    assert story(held, renewal(START, due="2025-04-30"), made, at("2025-05-01 00:00").passes()) == []


def test_another_product_is_no_renewal():
    held = START.plus(days=-300).product("c", "product_opened", "loan-1", kind="loan", amount=5)
    other = START.plus(days=6).product("c", "product_opened", "w", kind="wealth", amount=5)
    assert story(held, renewal(START, due="2025-03-31"), other) == [("opened", "low")]


def test_a_cut_and_a_renewal_both_have_to_be_mended():
    parts = [limit(START, 800_000, 400_000), START.plus(days=1).service("c", "renewal_declined")]
    opened = START.plus(days=3).product("c", "product_opened", "loan-9", kind="loan")
    assert story(parts, opened)[-1] != ("resolved", "high")
    assert story(parts, opened, limit(START.plus(days=4), 400_000, 800_000))[-1] == ("resolved", "high")


def test_ordinary_life_is_silent():
    product = START.product("c", "product_opened", "w", kind="wealth", amount=5)
    assert story(START.profile("c", credit_limit=800_000), product, line(START, 800_000), line(START, 800_000)) == []


@pytest.mark.parametrize(("parameter", "value"), [("min_cut", 0.6), ("severe_cut", 0.6)])
def test_each_threshold_comes_from_the_configuration(parameter, value):
    assert story(limit(START, 800_000, 400_000), rules={KIND: {parameter: value}}) != [("opened", "high")]


def test_the_days_before_a_renewal_come_from_the_configuration():
    assert story(renewal(START, due="2025-03-31"), rules={KIND: {"renewal_days": 10}}) == []

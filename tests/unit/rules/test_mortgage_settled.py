"""Mortgages that are paid off, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "mortgage_settled"
NOON = at("2025-03-03 12:00")
BEFORE = NOON.plus(days=-60)
MORTGAGE = {"kind": "mortgage", "amount": 900_000}


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def opened(moment=BEFORE, name="m1", **more):
    return moment.product("c", "product_opened", name, **{**MORTGAGE, **more})


def settled(moment=NOON, name="m1", what="mortgage_settled", **more):
    return moment.product("c", what, name, **more)


def test_a_settled_mortgage_is_told_whatever_was_known_of_it():
    assert story(settled(**MORTGAGE)) == [("opened", "medium")]
    assert story(NOON.service("c", "mortgage_settled")) == [("opened", "medium")]
    assert story(opened(), settled()) == [("opened", "medium")]


@pytest.mark.parametrize(
    ("matures_on", "severity", "early"),
    [("2035-01-01", "high", "yes"), ("2025-04-03", "high", "yes"), ("2025-04-02", "medium", "no")],
)
def test_early_is_well_before_its_last_day(matures_on, severity, early):
    outcome = run(opened(matures_on=matures_on), settled())
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert (alert["severity"], alert["evidence"]["early"]) == (severity, early)
    assert ("before its end" in alert["reason"]["en"]) is (early == "yes")
    assert ("提前结清" in alert["reason"]["zh"]) is (early == "yes")
    assert "900,000 CNY" in alert["reason"]["en"]


def test_the_last_day_may_come_with_the_settlement_itself():
    assert story(settled(matures_on="2040-01-01", **MORTGAGE)) == [("opened", "high")]


@pytest.mark.parametrize("what", ["product_matured", "product_closed", "product_redeemed"])
def test_the_end_of_a_product_that_is_a_mortgage_is_the_same(what):
    assert story(opened(), settled(what=what)) == [("opened", "medium")]
    assert story(opened(kind="deposit"), settled(what=what)) == []


def test_which_kinds_are_mortgages_is_configured():
    section = {"rules": {KIND: {"kinds": ["home_loan"]}}}
    assert story(opened(kind="home_loan"), settled(what="product_closed"), **section) == [("opened", "medium")]
    assert story(opened(), settled(what="product_closed"), **section) == []


def test_another_mortgage_that_remains_makes_it_less_severe():
    assert story(opened(), opened(name="m2"), settled()) == [("opened", "low")]
    assert story(opened(matures_on="2035-01-01"), opened(name="m2"), settled()) == [("opened", "medium")]


def test_a_mortgage_refinanced_with_us_is_silent_and_one_opened_long_ago_is_none():
    assert story(opened(), opened(NOON.plus(days=-30), "m2"), settled()) == []
    assert story(opened(), opened(NOON.plus(days=-31), "m2"), settled()) == [("opened", "low")]


def test_a_mortgage_that_a_profile_has_just_listed_is_no_refinancing():
    listed = [{"product_id": "m1", **MORTGAGE}, {"product_id": "m2", **MORTGAGE}]
    assert story(NOON.plus(days=-3).profile("c", products=listed), settled()) == [("opened", "low")]


def test_a_new_mortgage_afterwards_resolves_it_and_a_new_deposit_does_not():
    parts = [opened(), settled(), NOON.plus(days=3).product("c", "product_opened", "d", kind="deposit")]
    assert story(parts) == [("opened", "medium")]
    assert story(parts, opened(NOON.plus(days=9), "m2")) == [("opened", "medium"), ("resolved", "medium")]


def test_it_expires_by_itself_and_the_next_one_opens():
    parts = [opened(), opened(name="m2"), settled(), settled(NOON.plus(days=31), "m2")]
    assert [state for state, _ in story(parts)] == ["opened", "expired", "opened"]


def test_the_same_settlement_again_says_nothing_new():
    assert story(opened(), settled(), settled(NOON.plus(days=2))) == [("opened", "medium")]
    assert story(opened(), settled(), settled(NOON.plus(days=2), what="product_closed")) == [("opened", "medium")]


def test_late_news_of_a_mortgage_that_is_held_again_and_a_customer_who_has_left():
    late = settled(NOON.plus(days=-9).arriving("2025-03-04 12:00"))
    assert story(opened(), opened(NOON), late) == []
    assert story(opened(), NOON.plus(days=-1).service("c", "account_closed"), settled()) == []


def test_a_wish_for_no_retention_contact_does_not_hide_it():
    assert story(NOON.plus(days=-1).profile("c", no_retention_contact=True), settled(**MORTGAGE)) == [
        ("opened", "medium")
    ]

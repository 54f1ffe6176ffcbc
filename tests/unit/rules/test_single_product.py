"""Fewer products and less activity, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, every_day, run

KIND = "single_product"
FIRST = "2025-01-01"
START = at("2025-01-01 09:00")
END = at("2025-04-11 10:00")  # a hundred days later


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def held(*names, moment=START):
    return [moment.product("c", "product_opened", name, kind="fund", amount=1000) for name in names]


def ended(name, moment=END, what="product_matured"):
    return moment.product("c", what, name)


def acts(busy=100, then=0, days=130, every=1):
    """An act a day for so many days, then one every so many days."""
    moments = list(every_day(FIRST, days))
    quiet = moments[busy:][:: max(1, then)] if then else []
    return [moment.transaction("c", 20, category="purchase") for moment in [*moments[:busy:every], *quiet]]


DWINDLES = acts(busy=75, then=3)


@pytest.mark.parametrize("what", ["product_matured", "product_redeemed", "product_closed", "mortgage_settled"])
def test_the_last_but_one_ends_while_activity_falls(what):
    outcome = run(held("p", "q"), DWINDLES, ended("p", what=what))
    assert outcome.story(KIND)[0] == ("opened", "medium")
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND and a["state"] == "opened"]
    assert alert["evidence"]["products_left"] == 1
    assert alert["evidence"]["observed"] == 14  # five of the busy days, nine of the quiet ones
    assert alert["evidence"]["usual"] == 30
    assert len(alert["series"]) == 90


def test_nothing_left_is_worse():
    assert story(held("p", "q"), DWINDLES, ended("p"), ended("q"))[-1][1] == "high"


def test_no_less_activity_no_warning():
    assert story(held("p", "q"), acts(busy=130), ended("p")) == []


def test_activity_that_falls_after_the_product_is_seen_by_a_later_look():
    outcome = run(held("p", "q"), acts(busy=101), ended("p"), END.plus(days=30).passes())
    assert outcome.story(KIND) == [("opened", "medium")]
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert alert["event_time"][:10] == "2025-04-24"  # the second look; local 25 April
    assert alert["evidence"]["observed"] == 17


def test_daily_profiles_do_not_put_the_look_off():
    products = [{"product_id": "q", "kind": "fund", "amount": 1000}]
    daily = [END.plus(days=day).profile("c", products=products) for day in range(1, 30)]
    assert story(held("p", "q"), acts(busy=101), ended("p"), daily) == [("opened", "medium")]


def test_one_that_only_ever_had_one_is_silent():
    assert story(held("p"), DWINDLES, ended("p"), END.plus(days=30).passes()) == []


def test_one_rolled_over_is_silent():
    parts = [held("p"), held("q", moment=END.plus(days=-5)), ended("p")]
    assert story(parts, DWINDLES) == []
    assert story(held("p"), ended("p"), held("q", moment=END.plus(hours=1)), DWINDLES) == []


@pytest.mark.parametrize(("days", "stories"), [(30, 1), (29, 0)])
def test_both_were_held_for_some_time(days, stories):
    second = held("q", moment=END.plus(days=-days))
    assert len(story(held("p"), second, DWINDLES, ended("p"))[:1]) == stories


def test_two_left_of_three_is_no_fall():
    assert story(held("p", "q", "r"), DWINDLES, ended("p")) == []


@pytest.mark.parametrize(("share", "opens"), [(0.53, True), (0.54, False)])
def test_the_share_is_configured(share, opens):
    until_then = acts(busy=75, then=3, days=100)
    assert bool(story(held("p", "q"), until_then, ended("p"), rules={KIND: {"min_share": share}})) is opens


def test_a_customer_who_does_little_anyway_is_silent():
    assert story(held("p", "q"), acts(busy=75, every=6), ended("p")) == []
    section = {"rules": {KIND: {"min_acts": 4}}}
    assert story(held("p", "q"), acts(busy=75, every=6), ended("p"), **section)[:1] == [("opened", "medium")]


def test_what_is_no_act_of_their_own_does_not_count():
    passive = [moment.transaction("c", 5, "in", category="interest") for moment in every_day(FIRST, 130)]
    assert story(held("p", "q"), DWINDLES, passive, ended("p"))[:1] == [("opened", "medium")]
    assert story(held("p", "q"), passive, ended("p")) == []


def test_too_short_a_history_is_silent():
    early = at("2025-02-25 10:00")  # fifty-five days: twenty-five before the last thirty
    assert story(held("p", "q"), acts(busy=25, days=55), ended("p", early)) == []


def test_a_second_product_resolves_it():
    parts = [held("p", "q"), DWINDLES, ended("p"), held("r", moment=END.plus(days=3))]
    assert story(parts) == [("opened", "medium"), ("resolved", "medium")]


def test_activity_that_comes_back_resolves_it():
    back = [m.transaction("c", 20, category="order") for m in every_day("2025-04-11", 40, "19:00")]
    outcome = run(held("p", "q"), acts(busy=75, days=100, then=3), ended("p"), back, END.plus(days=50).passes())
    assert outcome.story(KIND)[:2] == [("opened", "medium"), ("resolved", "medium")]


def test_a_wish_for_no_retention_contact_and_a_departure_silence_it():
    gone = END.plus(hours=-1).service("c", "account_closed")
    assert story(held("p", "q"), DWINDLES, gone, ended("p")) == []

"""Products closed before their end, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "product_closed"
START = at("2025-01-06 10:00")
NOON = at("2025-03-03 12:00")


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def held(*names, moment=START, **more):
    return [moment.product("c", "product_opened", name, **{"kind": "fund", "amount": 1000, **more}) for name in names]


def closed(name, moment=NOON, what="product_closed", **more):
    return moment.product("c", what, name, **more)


@pytest.mark.parametrize("what", ["product_closed", "product_redeemed"])
@pytest.mark.parametrize(("names", "severity"), [(["p"], "high"), (["p", "q"], "medium"), (["p", "q", "r"], "low")])
def test_what_is_left_decides(what, names, severity):
    end = NOON.service("c", what, product={"product_id": "p"}, event_id="end")
    outcome = run(held(*names), end)
    assert outcome.story(KIND) == [("opened", severity)]
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert alert["evidence"]["products_left"] == len(names) - 1
    assert alert["causes"] == ["end"]


def test_one_after_the_other_it_gets_worse_in_one_episode():
    parts = [held("p", "q", "r"), closed("p"), closed("q", NOON.plus(days=1)), closed("r", NOON.plus(days=2))]
    outcome = run(parts)
    assert outcome.story(KIND) == [("opened", "low"), ("updated", "high"), ("updated", "critical")]
    last = [a for a in outcome.alerts if a["kind"] == KIND][-1]
    assert "nothing is left (3 ended within 30 days)" in last["reason"]["en"]
    assert "已无其他产品" in last["reason"]["zh"]


def test_two_closed_far_apart_are_no_series():
    parts = [held("p", "q"), closed("p", NOON.plus(days=-31)), closed("q")]
    assert [s for state, s in story(parts) if state == "opened"] == ["medium", "high"]


@pytest.mark.parametrize("what", ["product_closed", "product_redeemed"])
@pytest.mark.parametrize(("matures_on", "opens"), [("2025-03-03", False), ("2025-03-02", False), ("2025-03-04", True)])
def test_on_or_after_its_last_day_it_has_ended_and_was_not_closed(what, matures_on, opens):
    assert bool(story(held("p", matures_on=matures_on), closed("p", what=what))) is opens


def test_a_matured_product_was_not_closed():
    assert story(held("p"), closed("p", what="product_matured")) == []


def test_a_product_of_which_nothing_was_known_is_a_medium_warning():
    outcome = run(closed("p", kind="fund", amount=5000))
    assert outcome.story(KIND) == [("opened", "medium")]
    assert "others are not known" in outcome.alerts[0]["reason"]["en"]


def test_a_new_product_resolves_it():
    parts = [held("p"), closed("p"), held("q", moment=NOON.plus(days=5))]
    assert story(parts) == [("opened", "high"), ("resolved", "high")]


def test_the_same_product_opened_again_resolves_it():
    parts = [held("p", "q"), closed("p"), held("p", moment=NOON.plus(days=1))]
    assert story(parts) == [("opened", "medium"), ("resolved", "medium")]


def test_late_news_of_an_earlier_opening_does_not_resolve_it():
    late = NOON.plus(days=-20).arriving("2025-03-04 12:00").product("c", "product_opened", "q")
    assert story(held("p"), closed("p"), late) == [("opened", "high")]


def test_one_that_takes_its_place_makes_it_silent():
    assert story(held("p"), held("q", moment=NOON.plus(days=-3)), closed("p")) == []
    assert story(held("p"), held("q", moment=NOON.plus(days=-4)), closed("p")) == [("opened", "medium")]
    section = {"rules": {KIND: {"replace_days": 0}}}
    assert story(held("p"), held("q", moment=NOON.plus(days=-3)), closed("p"), **section) == [("opened", "medium")]


def test_a_migration_to_another_product_of_ours_is_none():
    assert story(held("p"), NOON.plus(hours=-1).service("c", "migrated"), closed("p")) == []
    assert story(held("p"), closed("p"), NOON.plus(hours=1).service("c", "migrated")) == [
        ("opened", "high"),
        ("resolved", "high"),
    ]


def test_a_product_that_the_profile_no_longer_lists_was_closed():
    both = [{"product_id": "p", "amount": 9}, {"product_id": "q", "amount": 9}]
    parts = [START.profile("c", products=both), NOON.profile("c", products=both[1:])]
    assert story(parts) == [("opened", "medium")]
    assert story(parts, closed("p", NOON.plus(days=2))) == [("opened", "medium")]
    assert story(parts, NOON.plus(days=2).profile("c", products=both[1:])) == [("opened", "medium")]


def test_a_profile_that_says_nothing_of_products_and_one_whose_product_has_ended_are_silent():
    one = [{"product_id": "p", "amount": 9, "matures_on": "2025-03-01"}]
    assert story(START.profile("c", products=one), NOON.profile("c", rm_id="r")) == []
    assert story(START.profile("c", products=one), NOON.profile("c", products=[])) == []


def test_a_mortgage_is_left_to_its_own_rule():
    assert story(held("m", kind="mortgage"), closed("m")) == []
    section = {"rules": {KIND: {"left_to_others": []}}}
    assert story(held("m", kind="mortgage"), closed("m"), **section) == [("opened", "high")]


def test_the_same_closing_again_and_a_customer_who_has_left():
    assert story(held("p"), closed("p"), closed("p", NOON.plus(days=2))) == [("opened", "high")]
    assert story(held("p"), NOON.plus(hours=-1).service("c", "account_closed"), closed("p")) == []


def test_a_closing_that_arrives_after_the_product_was_opened_again_is_silent():
    late = closed("p", NOON.arriving("2025-03-06 12:00"))
    assert story(held("p"), held("p", moment=NOON.plus(days=1)), late) == []


def test_a_closing_from_before_the_window_is_silent():
    late = closed("p", at("2025-03-01 12:00").arriving("2025-07-01 12:00"))
    assert story(held("p"), at("2025-07-01 11:00").service("c", "plan_changed"), late) == []

"""Tiers and classes that fall, and assets near a line, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, every_day, run, steady

KIND = "tier_downgrade"
NOON = at("2025-03-03 12:00")


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def tier(name, moment=NOON, **more):
    return moment.profile("c", tier=name, **more)


def changed(from_, to, moment=NOON):
    return moment.service("c", "tier_changed", change={"from": from_, "to": to})


LATER = NOON.plus(days=10)


@pytest.mark.parametrize(
    ("from_", "to", "severity"),
    [
        ("private", "platinum", "high"),
        ("platinum", "gold", "high"),
        ("gold", "silver", "medium"),
        ("gold", "basic", "high"),
        ("silver", "basic", "medium"),
    ],
)
def test_a_fall_is_told_whether_an_event_or_a_profile_says_it(from_, to, severity):
    assert story(tier(from_), changed(from_, to, LATER)) == [("opened", severity)]
    assert story(tier(from_), tier(to, LATER)) == [("opened", severity)]
    assert story(changed(from_, to)) == [("opened", severity)]
    [alert] = run(tier(from_), tier(to, LATER)).alerts
    assert f"tier fell from {from_} to {to}" in alert["reason"]["en"]
    assert f"等级由 {from_} 降至 {to}" in alert["reason"]["zh"]


def test_said_by_both_it_is_told_once_whichever_comes_first():
    assert story(tier("gold"), tier("silver", LATER), changed("gold", "silver", LATER.plus(hours=1))) == [
        ("opened", "medium")
    ]
    assert story(tier("gold"), changed("gold", "silver", LATER), tier("silver", LATER.plus(days=2))) == [
        ("opened", "medium")
    ]


def test_the_event_tells_a_fall_where_the_first_profile_came_after_it():
    assert story(tier("silver"), changed("gold", "silver", NOON.plus(hours=1))) == [("opened", "medium")]


@pytest.mark.parametrize(("from_", "to"), [("silver", "gold"), ("gold", "gold"), ("diamond", "gold"), ("gold", "jade")])
def test_a_rise_no_change_and_unknown_names_are_silent(from_, to):
    assert story(tier(from_), changed(from_, to, LATER)) == []
    assert story(tier(from_), tier(to, LATER)) == []


def test_a_profile_without_a_tier_is_no_fall():
    assert story(tier("gold"), LATER.profile("c", rm_id="r")) == []


def test_the_order_is_configured():
    section = {"business": {"tiers": ["a", "b", "c"], "tier_lines": {}}}
    assert story(tier("a"), tier("c", LATER), **section) == [("opened", "high")]
    assert story(tier("c"), tier("a", LATER), **section) == []


def test_back_at_the_old_tier_it_resolves_and_half_way_it_does_not():
    parts = [tier("platinum"), tier("silver", LATER), tier("gold", LATER.plus(days=1))]
    assert story(parts) == [("opened", "high")]
    assert story(parts, tier("platinum", LATER.plus(days=2))) == [("opened", "high"), ("resolved", "high")]
    assert story(parts, tier("private", LATER.plus(days=2)))[-1] == ("resolved", "high")


def test_a_second_fall_is_an_update_and_worse():
    parts = [tier("gold"), tier("silver", LATER), tier("basic", LATER.plus(days=7))]
    assert story(parts) == [("opened", "medium"), ("updated", "high")]
    assert story(parts, tier("gold", LATER.plus(days=9)))[-1] == ("resolved", "high")


def test_late_news_of_an_older_tier_changes_nothing():
    late = changed("platinum", "gold", NOON.plus(days=-9).arriving("2025-03-20 12:00"))
    assert story(changed("gold", "platinum", LATER), late) == []


def test_a_class_falls_by_its_own_order():
    parts = [NOON.profile("c", class_="maintain"), LATER.profile("c", class_="adjust")]
    outcome = run(parts)
    assert outcome.story(KIND) == [("opened", "medium")]
    assert "class fell from maintain to adjust" in outcome.alerts[0]["reason"]["en"]
    assert story(parts, LATER.plus(days=3).profile("c", class_="potential"))[-1] == ("resolved", "medium")
    assert story(NOON.profile("c", class_="key"), LATER.profile("c", class_="mass")) == [("opened", "high")]


@pytest.mark.parametrize(("before", "now"), [("mass", "maintain"), ("mass", "mass"), ("mass", "odd"), (None, "mass")])
def test_a_class_that_rises_stays_or_is_unknown_is_silent(before, now):
    assert story(NOON.profile("c", class_=before), LATER.profile("c", class_=now)) == []


def test_a_class_that_is_not_named_for_a_while_is_remembered():
    parts = [NOON.profile("c", class_="key"), NOON.plus(days=2).profile("c"), LATER.profile("c", class_="mass")]
    assert story(parts) == [("opened", "high")]


def test_daily_profiles_after_a_fall_add_nothing():
    daily = [LATER.plus(days=day).profile("c", tier="silver", class_="mass") for day in range(9)]
    assert story(NOON.profile("c", tier="gold", class_="mass"), daily) == [("opened", "medium")]


def assets(then, days=20, tier_name="gold", before=400_000, **profile):
    """Sixty days of steady assets and then others; gold takes 300,000."""
    return [
        at("2025-01-01 09:00").profile("c", tier=tier_name, **profile),
        steady("c", before),
        [moment.balance("c", then) for moment in every_day("2025-03-02", days)],
    ]


@pytest.mark.parametrize(("then", "opens"), [(314_000, True), (316_000, False), (100_000, True)])
def test_assets_near_or_under_the_line_are_told(then, opens):
    outcome = run(assets(then))
    assert outcome.story(KIND) == ([("opened", "medium")] if opens else [])
    if opens:
        [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
        assert alert["evidence"]["line"] == 300_000
        assert alert["evidence"]["median"] == 400_000
        assert alert["evidence"]["observed"] < 315_000
        assert "gold" in alert["reason"]["zh"]


def test_a_dip_of_a_day_is_silent():
    dip = at("2025-03-05 12:00").balance("c", 200_000)
    assert story(assets(400_000), dip) == []


def test_assets_that_were_never_above_are_silent_and_so_is_a_tier_without_a_line():
    assert story(assets(100_000, before=310_000)) == []
    assert story(assets(100_000, tier_name="basic")) == []
    assert story(assets(100_000, tier_name="jade")) == []
    assert story(assets(100_000, tier_name=None)) == []


def test_a_customer_near_the_line_whose_assets_hardly_change_is_silent():
    assert story(assets(314_000, before=316_000)) == []


def test_the_lines_and_the_margin_are_configured():
    lines = {"business": {"tier_lines": {"gold": 200_000}}}
    assert story(assets(250_000), **lines) == []
    assert story(assets(250_000), **lines, rules={KIND: {"margin": 0.3}}) == [("opened", "medium")]


def test_with_nothing_more_arriving_the_next_days_are_looked_at():
    parts = [assets(400_000, days=5), at("2025-03-07 08:00").balance("c", 50_000), at("2025-03-20 12:00").passes()]
    outcome = run(parts)
    assert outcome.story(KIND) == [("opened", "medium")]
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert alert["event_time"] == "2025-03-08T16:10:00.000Z"  # the second closing of the fall is in the mean


def test_assets_that_are_back_resolve_it():
    back = [moment.balance("c", 420_000) for moment in every_day("2025-03-22", 12)]
    assert story(assets(250_000), back) == [("opened", "medium"), ("resolved", "medium")]


def test_a_tier_that_falls_after_its_assets_needs_the_tier_back():
    fell = at("2025-03-21 12:00").profile("c", tier="silver")
    back = [moment.balance("c", 420_000) for moment in every_day("2025-03-22", 12)]
    assert story(assets(250_000), fell, back) == [("opened", "medium"), ("updated", "medium")]
    again = at("2025-04-10 12:00").profile("c", tier="gold")
    assert story(assets(250_000), fell, back, again)[-1] == ("resolved", "medium")


def test_a_wish_for_no_retention_contact_hides_the_assets_and_not_the_fall():
    assert story(assets(250_000, no_retention_contact=True)) == []
    assert story(tier("gold", no_retention_contact=True), tier("silver", LATER, no_retention_contact=True)) == [
        ("opened", "medium")
    ]


@pytest.mark.parametrize(("days", "stories"), [(7, [("opened", "medium")]), (6.9, [])])
def test_a_profile_that_replaces_another_within_days_is_a_correction(days, stories):
    soon = NOON.plus(days=days)
    assert story(tier("gold"), tier("silver", soon)) == stories
    assert story(NOON.profile("c", class_="potential"), soon.profile("c", class_="mass")) == stories
    daily = [NOON.plus(days=day).profile("c", tier="gold") for day in range(7)]
    assert story(daily, tier("silver", soon)) == stories
    assert story(tier("gold"), changed("gold", "silver", soon)) == [("opened", "medium")]

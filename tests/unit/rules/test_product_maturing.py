"""Products that end soon, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "product_maturing"
OPENED = at("2025-01-06 10:00")
END = "2025-04-06"


def deposit(what="product_opened", moment=OPENED, product="p", amount=50_000, matures_on=END, **fields):
    return moment.product("c", what, product, kind="deposit", amount=amount, matures_on=matures_on, **fields)


def told(*parts, until="2025-05-01 12:00", **sections):
    """Return (local date and hour, state, severity) of each alert."""
    outcome = run(*parts, at(until).passes(), **sections)
    found = [alert for alert in outcome.alerts if alert["kind"] == KIND]
    return [(alert["event_time"][:13], alert["state"], alert["severity"]) for alert in found]


STAGES = [
    ("2025-03-07T01", "opened", "low"),
    ("2025-03-30T01", "updated", "medium"),
    ("2025-04-05T01", "updated", "high"),
]
PASSED = ("2025-04-07T01", "resolved", "high")


def test_thirty_seven_and_one_days_before_at_nine_in_the_morning_with_nothing_arriving():
    assert told(deposit()) == [*STAGES, PASSED]


def test_each_stage_has_its_own_next_step_and_due_time():
    alerts = [a for a in run(deposit(), at("2025-04-05 12:00").passes()).alerts if a["kind"] == KIND]
    assert [a["next_step"]["en"].split(":")[0] for a in alerts] == [
        "Step 1 of 3, remind",
        "Step 2 of 3, talk it over",
        "Step 3 of 3, invite",
    ]
    assert ["提醒" in alerts[0]["next_step"]["zh"], "面谈" in alerts[1]["next_step"]["zh"]] == [True, True]
    assert "邀约" in alerts[2]["next_step"]["zh"]
    assert [a["next_step"]["due"] for a in alerts] == [
        "2025-03-10T01:00:00.000Z",
        "2025-03-31T01:00:00.000Z",
        "2025-04-05T09:00:00.000Z",
    ]
    assert [a["evidence"]["days_left"] for a in alerts] == [30, 7, 1]
    assert len({a["episode_id"] for a in alerts}) == 1


def test_the_figures_can_be_checked():
    alert = run(deposit(), at("2025-03-08 12:00").passes()).alerts[0]
    assert alert["evidence"]["matures_on"] == END
    assert alert["evidence"]["amount"] == 50_000
    assert alert["evidence"]["products"] == ["p"]
    assert alert["reason"]["en"].startswith("1 about to mature: deposit 50,000; the first in 30 days (2025-04-06)")
    assert "存款 50,000" in alert["reason"]["zh"]


def test_the_stages_and_the_hour_are_configured():
    section = {"rules": {KIND: {"days_before": [10, 2], "hour": 14}}}
    assert told(deposit(), **section) == [
        ("2025-03-27T06", "opened", "low"),
        ("2025-04-04T06", "updated", "high"),
        ("2025-04-07T06", "resolved", "high"),
    ]


def test_the_day_is_the_business_days():
    section = {"business": {"time_zone": "Europe/London"}}
    assert [time for time, _, _ in told(deposit(), **section)][:2] == ["2025-03-07T09", "2025-03-30T08"]


@pytest.mark.parametrize(("amount", "stories"), [(999.99, 0), (1000, 4), (None, 4)])
def test_a_small_product_is_left_alone_and_one_without_an_amount_is_not(amount, stories):
    assert len(told(deposit(amount=amount))) == stories


def test_a_large_one_is_a_step_more_severe():
    assert [s for _, _, s in told(deposit(amount=500_000))] == ["medium", "high", "critical", "critical"]


@pytest.mark.parametrize("kind", ["loan", "mortgage", "contract", "wealth", None])
def test_any_product_with_an_end_counts(kind):
    line = OPENED.product("c", "product_opened", "p", kind=kind, amount=50_000, matures_on=END)
    assert told(line) == [*STAGES, PASSED]


def test_a_product_without_an_end_is_silent():
    assert told(OPENED.product("c", "product_opened", "p", kind="fund", amount=50_000)) == []


def test_a_product_of_a_profile_counts_and_the_same_profile_every_day_adds_nothing():
    product = {"product_id": "p", "kind": "deposit", "amount": 50_000, "matures_on": END}
    daily = [OPENED.plus(days=day).profile("c", rm_id="r", products=[product]) for day in range(95)]
    assert told(daily) == [*STAGES, PASSED]


def test_a_running_term_first_heard_of_within_a_stage_is_told_at_once():
    product = {"product_id": "p", "amount": 50_000, "matures_on": END}
    lines = [at("2025-03-20 08:30").profile("c", products=[product])]
    assert told(lines)[0] == ("2025-03-20T00", "opened", "low")
    lines = [at("2025-04-01 08:30").profile("c", products=[product])]
    assert told(lines)[0] == ("2025-04-01T00", "opened", "medium")


def test_a_short_term_that_has_just_begun_skips_the_stages_it_is_too_short_for():
    line = deposit(moment=at("2025-03-20 10:00"))  # seventeen days
    assert told(line)[0] == ("2025-03-30T01", "opened", "medium")
    again = at("2025-03-20 22:00").profile("c", products=[{"product_id": "p", "amount": 50_000, "matures_on": END}])
    assert told(line, again)[0] == ("2025-03-30T01", "opened", "medium")
    overnight = deposit(moment=at("2025-04-05 10:00"))
    assert told(overnight) == []


@pytest.mark.parametrize("end", ["product_matured", "product_redeemed", "product_closed"])
def test_its_end_resolves_it(end):
    gone = at("2025-04-01 10:00").product("c", end, "p")
    assert told(deposit(), gone) == [*STAGES[:2], ("2025-04-01T02", "resolved", "medium")]


def test_no_longer_in_the_profile_it_has_ended():
    assert told(deposit(), at("2025-04-01 10:00").profile("c", products=[]))[-1] == (
        "2025-04-01T02",
        "resolved",
        "medium",
    )


def test_renewed_it_resolves_and_comes_again_with_the_new_end():
    renewed = deposit(moment=at("2025-04-01 10:00"), matures_on="2025-07-01")
    stories = told(deposit(), renewed, until="2025-06-02 12:00")
    assert stories == [*STAGES[:2], ("2025-04-01T02", "resolved", "medium"), ("2025-06-01T01", "opened", "low")]


def test_renewed_for_a_short_time_it_does_not_come_back_at_once():
    renewed = deposit(moment=at("2025-04-01 10:00"), matures_on="2025-04-15")
    assert [time for time, _, _ in told(deposit(), renewed)][2:4] == ["2025-04-01T02", "2025-04-08T01"]


def test_renewed_before_the_first_stage_nothing_is_said_of_the_old_end():
    assert told(deposit(), deposit(moment=at("2025-02-01 10:00"), matures_on="2025-12-06")) == []


def test_late_news_of_the_old_end_does_not_undo_a_renewal():
    renewed = deposit(moment=at("2025-02-01 10:00"), matures_on="2025-12-06")
    late = deposit(moment=OPENED.plus(days=3).arriving("2025-02-02 10:00"))
    assert told(deposit(), renewed, late) == []


def test_several_products_share_one_episode_which_ends_with_the_last():
    second = deposit(product="q", matures_on="2025-04-10", amount=20_000)
    stories = told(deposit(), second)
    assert [time for time, _, _ in stories] == [
        "2025-03-07T01",
        "2025-03-11T01",
        "2025-03-30T01",
        "2025-04-03T01",
        "2025-04-05T01",
        "2025-04-09T01",
        "2025-04-11T01",
    ]
    assert [state for _, state, _ in stories] == ["opened", *["updated"] * 5, "resolved"]
    outcome = run(deposit(), second, at("2025-03-12 12:00").passes())
    assert outcome.alerts[-1]["evidence"]["products"] == ["p", "q"]
    assert outcome.alerts[-1]["evidence"]["amount"] == 70_000


def test_one_of_two_renewed_leaves_the_other_open():
    second = deposit(product="q", matures_on="2025-04-10")
    renewed = deposit(moment=at("2025-04-01 10:00"), matures_on="2026-04-06")
    assert told(deposit(), second, renewed)[-1] == ("2025-04-11T01", "resolved", "high")


def test_what_an_rm_has_closed_comes_back_at_the_next_stage_only():
    [opened] = run(deposit(), at("2025-03-08 12:00").passes()).alerts
    done = at("2025-03-09 12:00").feedback("c", opened["episode_id"], "outcome", outcome="saved")
    product = {"product_id": "p", "kind": "deposit", "amount": 50_000, "matures_on": END}
    daily = [at("2025-03-10 10:00").plus(days=day).profile("c", products=[product]) for day in range(9)]
    stories = told(deposit(), done, daily)
    assert stories[:2] == [STAGES[0], ("2025-03-30T01", "opened", "medium")]


def test_what_was_put_off_comes_back_though_no_stage_has_begun_meanwhile():
    [opened] = run(deposit(), at("2025-03-08 12:00").passes()).alerts
    put_off = at("2025-03-09 12:00").feedback("c", opened["episode_id"], "snooze", until="2025-03-12T04:00:00Z")
    assert told(deposit(), put_off) == [STAGES[0], ("2025-03-12T04", "updated", "low"), *STAGES[1:], PASSED]


def test_the_same_opening_twice_and_a_customer_who_has_left():
    line = deposit()
    assert told(line, line) == [*STAGES, PASSED]
    assert told(line, at("2025-02-01 10:00").service("c", "account_closed")) == []


def test_a_wish_for_no_retention_contact_does_not_withhold_the_end_of_a_term():
    assert told(OPENED.plus(hours=-1).profile("c", no_retention_contact=True), deposit()) == [*STAGES, PASSED]


@pytest.mark.parametrize("days", [[], [7, 30], [7, 7], [400], [-1]])
def test_absurd_stages_are_refused(days):
    with pytest.raises(ValueError, match="days_before"):
        run(rules={KIND: {"days_before": days}})


def test_the_last_day_itself_can_be_a_stage_and_the_day_after_is_none():
    section = {"rules": {KIND: {"days_before": [3, 0]}}}
    assert told(deposit(), **section) == [
        ("2025-04-03T01", "opened", "low"),
        ("2025-04-06T01", "updated", "high"),
        ("2025-04-07T01", "resolved", "high"),
    ]


def test_a_running_term_first_heard_of_on_its_last_day_is_told_and_a_day_later_is_not():
    product = {"product_id": "p", "amount": 50_000, "matures_on": END}
    assert told(at("2025-04-06 23:59").profile("c", products=[product])) == [
        ("2025-04-06T15", "opened", "high"),
        ("2025-04-07T01", "resolved", "high"),
    ]
    assert told(at("2025-04-07 00:00").profile("c", products=[product])) == []

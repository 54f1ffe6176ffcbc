"""A credit line that is hardly used, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, every_day, run

KIND = "credit_underused"


def draws(*amounts, limit=800_000, first="2025-01-01", days=30, account="line"):
    """A draw for so many days each, told every evening, beginning with the first day."""
    moments = list(every_day(first, days * len(amounts)))
    return [
        moment.balance("c", amounts[number // days], account, kind="credit_used", limit=limit)
        for number, moment in enumerate(moments)
    ]


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def mine(*parts):
    return [alert for alert in run(*parts).alerts if alert["kind"] == KIND]


NEXT = at("2025-05-02 09:00").transaction("c", 1)


def test_little_of_a_large_line_for_three_months_opens_on_the_first_day_of_a_month():
    [alert] = mine(draws(50_000, 60_000, 40_000, 40_000))
    assert (alert["state"], alert["severity"]) == ("opened", "low")
    assert alert["event_time"] == "2025-04-01T10:00:00.000Z"
    assert alert["evidence"]["line"] == 800_000
    assert alert["evidence"]["observed"] == 40_000
    assert alert["evidence"]["pattern"] == "little"
    assert [value for _, value in alert["series"]] == [50_000, 60_000, 40_000]
    assert "5%" in alert["reason"]["en"]


def test_a_draw_that_falls_month_by_month_opens_before_it_is_little():
    [alert] = mine(draws(700_000, 500_000, 350_000, 350_000))
    assert (alert["severity"], alert["evidence"]["pattern"]) == ("medium", "falling")
    assert alert["evidence"]["observed"] == 350_000


def test_a_fall_resolves_when_half_of_it_is_made_up_for():
    days = draws(700_000, 500_000, 350_000, 350_000)
    most = at("2025-05-01 09:00").balance("c", 560_000, "line", kind="credit_used", limit=800_000)
    less = at("2025-05-01 09:00").balance("c", 559_000, "line", kind="credit_used", limit=800_000)
    assert story(days, most) == [("opened", "medium"), ("resolved", "medium")]
    assert ("resolved", "medium") not in story(days, less)


def test_a_line_in_use_is_silent():
    assert story(draws(400_000, 380_000, 420_000, 400_000)) == []


def test_one_month_back_in_use_is_silent():
    assert story(draws(50_000, 300_000, 50_000, 50_000)) == []


def test_a_fall_that_is_small_or_paused_is_silent():
    assert story(draws(700_000, 600_000, 500_000, 500_000)) == []
    assert story(draws(700_000, 650_000, 350_000, 350_000)) == []


def test_a_small_line_is_silent():
    assert story(draws(0, 0, 0, 0, limit=99_999)) == []
    assert story(draws(0, 0, 0, 0, limit=100_000)) == [("opened", "low")]


def test_a_young_line_is_silent():
    assert story(draws(0, 0, first="2025-02-15")) == []


def test_a_profile_without_news_of_a_draw_is_silent():
    days = [m.transaction("c", 1) for m in every_day("2025-01-01", 150)]
    assert story(at("2025-01-01 09:00").profile("c", credit_limit=800_000), days) == []


def test_the_profiles_line_counts_where_the_account_names_none():
    profile = at("2025-01-01 09:00").profile("c", credit_limit=800_000)
    assert story(profile, draws(50_000, 50_000, 50_000, 50_000, limit=None)) == [("opened", "low")]
    assert story(draws(50_000, 50_000, 50_000, 50_000, limit=None)) == []


def test_accounts_are_looked_at_together():
    other = draws(400_000, 400_000, 400_000, 400_000, limit=400_000, account="other")
    assert story(draws(50_000, 50_000, 50_000, 50_000), other) == []


def test_a_balance_told_once_holds_until_the_next():
    once = at("2025-01-01 09:00").balance("c", 50_000, "line", kind="credit_used", limit=800_000)
    assert story(once, at("2025-04-02 09:00").transaction("c", 1)) == [("opened", "low")]


def test_it_is_judged_once_a_month():
    outcome = run(draws(50_000, 50_000, 50_000, 50_000, 50_000), rules={KIND: {"months": 2}})
    opened = [alert for alert in outcome.alerts if alert["kind"] == KIND]
    assert opened[0]["event_time"] == "2025-04-01T10:00:00.000Z"  # on 1 March only one month of 30 days was whole
    assert {a["event_time"][8:13] for a in opened if a["state"] != "expired"} <= {"01T10", "02T10"}  # cooled down


def test_a_savings_account_is_no_line():
    saved = [m.balance("c", 50_000, kind="savings", limit=800_000) for m in every_day("2025-01-01", 120)]
    assert story(saved) == []


def test_it_resolves_when_the_line_is_drawn_again():
    again = at("2025-05-01 09:00").balance("c", 280_000, "line", kind="credit_used", limit=800_000)
    short = at("2025-05-01 09:00").balance("c", 279_000, "line", kind="credit_used", limit=800_000)
    assert story(draws(50_000, 50_000, 50_000, 50_000), again, NEXT)[-1] == ("resolved", "low")
    assert story(draws(50_000, 50_000, 50_000, 50_000), short, NEXT)[-1] != ("resolved", "low")


def test_a_line_that_is_cut_to_what_is_used_resolves_it():
    cut = at("2025-04-20 09:00").balance("c", 50_000, "line", kind="credit_used", limit=90_000)
    later = at("2025-04-21 09:00").balance("c", 50_000, "line", kind="credit_used", limit=90_000)
    low = draws(50_000, 50_000, 50_000)
    assert story(low, at("2025-04-01 09:00").transaction("c", 1), cut, later) == [
        ("opened", "low"),
        ("resolved", "low"),
    ]


@pytest.mark.parametrize(("parameter", "value"), [("min_line", 800_001), ("max_drawn", 0.05), ("drawn_again", 0.05)])
def test_each_threshold_comes_from_the_configuration(parameter, value):
    parts = draws(50_000, 50_000, 50_000, 50_000)
    assert story(*parts) == [("opened", "low")]
    assert story(*parts, rules={KIND: {parameter: value}}) != [("opened", "low")]


def test_the_fall_comes_from_the_configuration():
    parts = draws(700_000, 500_000, 350_000, 350_000)
    for change in ({"fall": 0.6}, {"fall_step": 0.35}):
        assert story(*parts, rules={KIND: change}) == []

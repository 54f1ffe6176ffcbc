"""Revenue that falls month after month, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "revenue_decline"
DAYS = ("01", "08", "15", "22")


def year(*spends, first=1, days=DAYS, category="fee", **fields):
    """Spends of one month after another, from January 2024 (or month `first`) on, in four parts each."""
    lines = []
    for number, spend in enumerate(spends, first - 1):
        month = f"{2024 + number // 12}-{number % 12 + 1:02}"
        parts = [spend / len(days)] * len(days)
        lines += [
            at(f"{month}-{day} 10:00").transaction("c", part, category=category, event_id=f"{month}{day}", **fields)
            for day, part in zip(days, parts, strict=True)
            if part
        ]
    return lines


def until(text):
    return at(text).passes()


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def test_three_months_each_lower_open_after_the_third_is_over():
    outcome = run(year(100, 100, 100, 82, 64, 45), until("2024-07-03 00:00"))
    [alert] = outcome.alerts
    assert (alert["state"], alert["severity"]) == ("opened", "high")
    assert alert["event_time"] == "2024-06-30T22:00:00.000Z"  # six hours into July
    assert (alert["evidence"]["usual"], alert["evidence"]["observed"]) == (100, 45)
    assert alert["evidence"]["months"] == 3
    assert alert["series"][0] == ["2024-01-01", 100]
    assert alert["series"][-1] == ["2024-06-01", 45]
    assert "55%" in alert["reason"]["zh"]


def test_before_the_grace_is_over_nothing_is_said():
    assert story(year(100, 100, 100, 82, 64, 45), until("2024-07-01 05:59")) == []
    assert story(year(100, 100, 100, 82, 64, 45), until("2024-07-01 06:00")) == [("opened", "high")]


def test_an_event_in_the_first_hours_of_a_month_does_not_put_the_judgement_off():
    early = at("2024-07-01 01:00").transaction("c", 1, category="fee")
    assert story(year(100, 100, 100, 82, 64, 45), early, until("2024-07-01 06:00")) == [("opened", "high")]


def test_two_months_are_not_three():
    assert story(year(100, 100, 100, 80, 60), until("2024-06-20 00:00")) == []
    assert story(year(100, 100, 100, 80, 60), until("2024-06-20 00:00"), rules={KIND: {"months": 2}}) != []


def test_one_bad_month_is_silent():
    assert story(year(100, 100, 100, 60, 100, 99, 100, 98), until("2024-09-20 00:00")) == []


def test_a_rise_in_between_starts_the_count_again():
    assert story(year(100, 100, 80, 60, 65, 50, 40), until("2024-08-20 00:00")) == []


def test_the_same_fee_every_month_is_silent_whatever_the_length_of_the_months():
    assert story(year(*[100] * 20), until("2025-09-03 00:00")) == []
    daily = [
        at("2024-01-01 10:00").plus(days=n).transaction("c", 10, category="call", quantity=1, unit="min")
        for n in range(600)
    ]
    assert story(daily, rules={KIND: {"months": 2, "min_decline": 0.05}}) == []


def test_a_decline_of_less_than_the_share_that_matters_is_silent():
    assert story(year(100, 100, 100, 94, 88, 81), until("2024-07-20 00:00")) == []
    assert story(year(100, 100, 100, 94, 88, 79), until("2024-07-20 00:00")) == [("opened", "medium")]


def test_a_peak_is_no_base():
    assert story(year(100, 100, 100, 160, 140, 120, 100), until("2024-08-20 00:00")) == []


def test_restless_months_are_judged_by_their_own_spread():
    restless = (100, 40, 160, 60, 140, 100, 88, 70, 55)
    assert story(year(*restless), until("2024-10-20 00:00")) == []
    assert story(year(*restless), until("2024-10-20 00:00"), rules={KIND: {"spread": 0, "max_variation": 2}}) != []
    assert story(*(year(*restless), until("2024-10-20 00:00")), rules={KIND: {"spread": 0}}) == []


def test_few_months_are_judged_by_their_range():
    assert story(year(100, 80, 110, 90, 70, 50), until("2024-07-20 00:00")) == []
    assert story(year(100, 80, 110, 90, 70, 30), until("2024-07-20 00:00")) == [("opened", "high")]


def test_a_decline_needs_months_before_it_that_say_what_was_usual():
    parts = (year(100, 100, 80, 60, 40), until("2024-06-20 00:00"))
    assert story(*parts) == []
    assert story(*parts, rules={KIND: {"min_history_months": 2}}) == [("opened", "high")]


def test_a_season_that_comes_every_year_is_silent_and_a_decline_beyond_it_is_not():
    autumn = [100, 100, 100, 100, 100, 80, 60, 40, 60, 80, 100, 100]

    def second_year(*spends):
        alerts = run(year(*spends), until("2025-09-20 00:00"), rules={KIND: {"spread": 0}}).alerts
        return [alert for alert in alerts if alert["event_time"] > "2025"]

    assert second_year(*autumn, *autumn[:8]) == []
    assert second_year(*autumn, *autumn[:5], 80, 60, 33) == []
    [alert] = second_year(*autumn, *autumn[:5], 70, 50, 30)  # a quarter under last year's 40
    assert alert["evidence"]["season"] == 0.4
    assert "-60%" in alert["reason"]["en"]
    flat = second_year(*[100] * 12, *autumn[:8])
    assert flat[-1]["evidence"]["season"] == 1


def test_the_first_month_counts_only_as_a_whole():
    partial = year(100, days=("20",))  # known from the 20th on
    rest = (year(100, 100, 90, 80, 60, first=2), until("2024-07-20 00:00"))
    assert story(partial, *rest) == []
    assert story(year(100), *rest) == [("opened", "medium")]
    assert story(year(100, days=("07",)), *rest) == [("opened", "medium")]
    assert story(year(100, days=("08",)), *rest) == []


def test_too_little_revenue_is_silent():
    assert story(year(29, 29, 29, 20, 15, 10), until("2024-07-20 00:00")) == []
    assert story(year(30, 30, 30, 20, 15, 10), until("2024-07-20 00:00")) == [("opened", "high")]


def test_what_is_no_revenue_of_ours_does_not_count():
    assert story(year(100, 100, 100, 80, 60, 40, category="transfer"), until("2024-07-20 00:00")) == []
    assert story(year(100, 100, 100, 80, 60, 40, category="order"), until("2024-07-20 00:00")) != []


def test_a_month_without_any_event_is_judged_too():
    assert story(year(100, 100, 100, 80, 60), until("2024-07-03 00:00")) == [("opened", "high")]  # June brought nothing


def test_a_month_that_is_back_resolves_it_as_soon_as_that_is_known():
    outcome = run(year(100, 100, 100, 82, 64, 45, 100), until("2024-08-20 00:00"))
    assert outcome.story(KIND) == [("opened", "high"), ("resolved", "high")]
    assert (
        outcome.alerts[-1]["event_time"] == "2024-07-31T22:00:00.000Z" or outcome.alerts[-1]["event_time"] < "2024-08"
    )


def test_a_month_that_is_not_back_resolves_nothing():
    assert story(year(100, 100, 100, 82, 64, 45, 89), until("2024-07-30 00:00")) == [("opened", "high")]


def test_a_customer_who_left_is_not_judged():
    left = at("2024-06-28 10:00").service("c", "account_closed")
    assert story(year(100, 100, 100, 82, 64, 45), left, until("2024-07-20 00:00")) == []


def test_a_late_fee_counts_in_its_own_month():
    late = at("2024-06-20 10:00").arriving("2024-06-30 10:00").transaction("c", 60, category="fee")
    assert story(year(100, 100, 100, 82, 64, 45), late, until("2024-07-20 00:00")) == []


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("months", 4), ("margin", 0.3), ("min_decline", 0.6), ("severe_decline", 0.6), ("min_revenue", 101)],
)
def test_each_threshold_comes_from_the_configuration(parameter, value):
    parts = (year(100, 100, 100, 82, 64, 45), until("2024-07-20 00:00"))
    assert story(*parts) == [("opened", "high")]
    assert story(*parts, rules={KIND: {parameter: value}}) != [("opened", "high")]

"""Monthly spend under the floor of the class, by example. The floor here is 20,000 for a business's key customers."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "below_floor"
PROFILE = at("2025-01-02 09:00").profile("c", **{"class": "key", "segment": "corporate"})
USED_TO = (30_000, 25_000, 28_000, 30_000)


def orders(*amounts, first=1, category="order", day=10):
    """An order a month; nothing at all where the amount is 0."""
    months = [at(f"{2025 + n // 12}-{n % 12 + 1:02d}-{day} 10:00") for n in range(first - 1, first - 1 + len(amounts))]
    return [
        when.transaction("c", amount, category=category) for when, amount in zip(months, amounts, strict=True) if amount
    ]


def end(text="2025-12-31 12:00"):
    return at(text).passes()


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def test_two_months_small_but_positive_are_a_live_warning_once():
    outcome = run(PROFILE, orders(*USED_TO, 4_000, 3_000), end("2025-07-02 12:00"))
    [alert] = [alert for alert in outcome.alerts if alert["kind"] == KIND]
    assert (alert["state"], alert["severity"]) == ("opened", "high")
    assert alert["event_time"] == "2025-07-01T04:00:00.000Z"  # half a day after the end of June in Shanghai
    assert alert["evidence"]["observed"] == 3_000
    assert alert["evidence"]["floor"] == 20_000
    assert alert["evidence"]["usual"] == pytest.approx(27_666.67)  # January was not seen whole
    assert alert["evidence"]["months"] == 2
    assert alert["series"][-1] == ["2025-06-01", 3_000]
    assert "win-back" not in alert["routes"]
    assert story(PROFILE, orders(*USED_TO, *[4_000] * 8), end()) == [("opened", "high"), ("expired", "high")]


def test_one_month_is_silent():
    assert story(PROFILE, orders(*USED_TO, 4_000, 30_000, 4_000, 30_000), end("2025-08-31 12:00")) == []


def test_the_month_that_runs_is_not_judged():
    assert story(PROFILE, orders(*USED_TO, 4_000, 3_000), end("2025-07-01 11:59")) == []


def test_nothing_for_months_goes_to_win_back_instead():
    outcome = run(PROFILE, orders(*USED_TO), end("2025-07-02 12:00"))
    [alert] = [alert for alert in outcome.alerts if alert["kind"] == KIND]
    assert (alert["state"], alert["severity"]) == ("opened", "low")
    assert "win-back" in alert["routes"]
    assert "win-back" in alert["reason"]["en"]
    assert story(PROFILE, orders(*USED_TO), end()) == [("opened", "low"), ("expired", "low")]


def test_a_live_warning_becomes_a_case_for_win_back():
    outcome = run(PROFILE, orders(*USED_TO, 4_000, 3_000), end("2025-09-02 12:00"), policy={"expire": {KIND: 90}})
    alerts = [alert for alert in outcome.alerts if alert["kind"] == KIND]
    assert [alert["state"] for alert in alerts] == ["opened", "updated"]
    assert "win-back" in alerts[1]["routes"]


def test_who_never_was_over_the_floor_is_silent():
    assert story(PROFILE, orders(*[4_000] * 8), end()) == []
    assert story(PROFILE, orders(4_000, 25_000, 4_000, 4_000, 4_000), end("2025-06-30 12:00")) == []


def test_who_was_over_the_floor_now_and_then_is_silent():
    parts = (PROFILE, orders(30_000, 25_000, 0, 40_000, 0, 30_000, 0, 0), end("2025-09-05 12:00"))
    assert story(*parts) == []
    assert story(*parts, rules={KIND: {"above_share": 0.3}}) == [("opened", "low")]


def test_private_customers_have_smaller_floors():
    card = orders(2_000, 1_800, 1_500, 2_000, 100, 50, category="purchase")
    profile = at("2025-01-02 09:00").profile("c", **{"class": "key"})
    assert story(profile, card, end("2025-07-05 12:00")) == [("opened", "high")]


def test_the_first_month_that_was_seen_in_part_counts_for_nothing():
    late = at("2025-01-25 09:00").profile("c", **{"class": "key", "segment": "corporate"})
    # one whole month over the floor is too few, and January's fine order does not help
    assert story(late, orders(30_000, 25_000, 4_000, 4_000, day=26), end("2025-05-20 12:00")) == []
    assert story(late, orders(30_000, 25_000, 25_000, 4_000, 4_000, day=26), end("2025-06-20 12:00")) != []


def test_at_the_floor_is_not_under_it():
    assert story(PROFILE, orders(*USED_TO, 20_000, 20_000), end("2025-07-05 12:00")) == []
    assert story(PROFILE, orders(*USED_TO, "19999.99", "19999.99"), end("2025-07-05 12:00")) == [("opened", "high")]


def test_it_resolves_as_soon_as_a_month_is_over_the_floor():
    parts = (PROFILE, orders(*USED_TO, 4_000, 3_000))
    good = at("2025-07-20 10:00").transaction("c", 26_000, category="order")
    outcome = run(*parts, good)
    assert outcome.story(KIND) == [("opened", "high"), ("resolved", "high")]
    assert outcome.alerts[-1]["evidence"]["observed"] == 26_000
    twice = [at(f"2025-07-20 {hour}:00").transaction("c", 13_000, category="order") for hour in (10, 11)]
    after = at("2025-07-21 09:00").balance("c", 1)
    assert story(*parts, twice) == [("opened", "high")]  # judged with the next day's first event
    assert story(*parts, twice, after) == [("opened", "high"), ("resolved", "high")]
    patient = {"expire_days": 60}
    outcome = run(*parts, twice, end("2025-08-02 12:00"), policy=patient)
    assert outcome.story(KIND) == [("opened", "high"), ("resolved", "high")]
    small = at("2025-07-20 10:00").transaction("c", 6_000, category="order")
    assert story(*parts, small, after) == [("opened", "high")]


def test_a_return_takes_the_order_back():
    back = at("2025-05-28 10:00").transaction("c", 28_000, direction="in", category="return")
    parts = (PROFILE, orders(*USED_TO, 30_000, 3_000), end("2025-07-05 12:00"))
    assert story(*parts) == []
    assert story(*parts, back) == [("opened", "high")]


def test_transfers_are_no_spend():
    assert story(
        PROFILE, orders(*USED_TO), orders(50_000, 50_000, first=5, category="transfer"), end("2025-07-05 12:00")
    ) == [("opened", "low")]


def test_another_class_is_a_lesser_warning_and_one_without_a_floor_none():
    def of(class_):
        profile = at("2025-01-02 09:00").profile("c", **{"class": class_, "segment": "corporate"})
        return story(profile, orders(*USED_TO, 4_000, 3_000), end("2025-07-05 12:00"))

    assert of("maintain") == [("opened", "medium")]
    assert of("adjust") == []
    assert of("phase-out") == []


def test_a_profile_that_takes_the_floor_away_ends_it():
    parts = (PROFILE, orders(*USED_TO, 4_000, 3_000), end("2025-07-05 12:00"))
    lowered = at("2025-07-08 09:00").profile("c", **{"class": "adjust", "segment": "corporate"})
    assert story(*parts, lowered) == [("opened", "high"), ("resolved", "high")]


def test_a_derived_class_that_falls_with_the_spend_does_not_take_its_floor_along():
    calls = [
        at(f"2025-{month:02d}-{day:02d} 10:00").transaction("c", amount, category="call", quantity=30, unit="min")
        for month, amount in enumerate((150, 150, 150, 150, 20, 20, 20, 20), 1)
        for day in (5, 20)
    ]
    outcome = run(calls, end("2025-08-20 12:00"))
    assert outcome.story(KIND)[0] == ("opened", "medium")  # key until lately
    assert outcome.alerts[0]["evidence"]["floor"] == 100


def test_a_late_order_counts_in_its_own_month():
    late = at("2025-05-20 10:00").arriving("2025-06-15 10:00").transaction("c", 30_000, category="order")
    assert story(PROFILE, orders(*USED_TO, 4_000, 3_000), late, end("2025-07-05 12:00")) == []


def test_who_left_is_not_warned_about():
    gone = at("2025-06-20 09:00").service("c", "account_closed")
    assert story(PROFILE, orders(*USED_TO, 4_000, 3_000), gone, end()) == []


@pytest.mark.parametrize(("months", "opens"), [(2, True), (3, True), (4, False)])
def test_the_number_of_months_is_a_parameter(months, opens):
    told = story(
        PROFILE, orders(*USED_TO, 4_000, 3_000, 5_000), end("2025-08-05 12:00"), rules={KIND: {"months": months}}
    )
    assert told[:1] == ([("opened", "high")] if opens else [])


def test_other_floors_other_currencies():
    sections = {"business": {"currency": "CZK", "rates": {"EUR": 25}}, "classes": {"key": {"floor": 500_000}}}
    euros = [{**line.value, "currency": "EUR"} for line in orders(*USED_TO, 19_000, 19_000)]
    lines = [
        line.__class__(line.topic, line.key, line.timestamp, value)
        for line, value in zip(orders(*USED_TO, 19_000, 19_000), euros, strict=True)
    ]
    assert story(PROFILE, lines, end("2025-07-05 12:00"), **sections) == [("opened", "high")]

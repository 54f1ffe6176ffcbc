"""A customer with a rhythm who does not come, by example. Holidays are China's of 2025."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from support.timeline import at, run
from support.units import DAY0, SHANGHAI, T0

from stream.domain.state import State
from stream.rules.missed_cadence import MissedCadence, MissedCadenceParams

KIND = "missed_cadence"


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def order(date, amount=800, category="order"):
    return at(f"{date} 11:00").transaction("c", amount, category=category)


def orders(first, *gaps, amount=800):
    """An order on `first`, and one after each of the gaps."""
    day = dt.date.fromisoformat(first)
    found = [order(first, amount)]
    for gap in gaps:
        day += dt.timedelta(days=gap)
        found.append(order(day.isoformat(), amount))
    return found


WEEKLY = orders("2025-06-03", *[7, 8, 6, 7, 7, 6, 8, 7, 7, 7])  # the last one on Tuesday 2025-08-12


def test_a_weekly_order_that_does_not_come_warns_with_nothing_arriving():
    outcome = run(WEEKLY, at("2025-09-15 12:00").passes())
    assert outcome.story() == [("opened", "medium")]
    [alert] = outcome.alerts
    assert "2025-08-24" < alert["event_time"] < "2025-09-03"  # it was due on the 19th
    assert alert["evidence"]["usual"] == 7
    assert alert["evidence"]["gaps"] == 10
    assert alert["evidence"]["last"] == "2025-08-12"
    assert alert["evidence"]["unit"] == "days"
    assert alert["series"][-1] == ["2025-08-12", 7]
    assert "2025-08-12" in alert["reason"]["zh"]
    assert "95% of the last 10 gaps" in alert["reason"]["en"]


def test_a_few_days_late_is_silent():
    assert story(WEEKLY, order("2025-08-24"), at("2025-08-30 12:00").passes()) == []


def test_it_warns_once_whatever_else_is_heard_of_the_customer():
    heard = [at(f"2025-{month}-05 09:00").balance("c", 100) for month in ("09", "10", "11", "12")]
    assert story(WEEKLY, heard) == [("opened", "medium"), ("expired", "medium")]


def test_the_next_order_resolves():
    outcome = run(WEEKLY, order("2025-09-15"))
    assert outcome.story() == [("opened", "medium"), ("resolved", "medium")]
    assert outcome.alerts[-1]["evidence"]["last"] == "2025-09-15"


def test_an_order_later_on_a_day_that_began_with_something_else_resolves():
    other = at("2025-09-15 08:00").balance("c", 100)
    assert story(WEEKLY, other, order("2025-09-15"), at("2025-09-16 12:00").passes()) == [
        ("opened", "medium"),
        ("resolved", "medium"),
    ]


def test_an_order_later_on_such_a_day_is_seen_before_anything_is_said():
    other = at("2025-08-19 08:00").balance("c", 100)
    assert story(WEEKLY, other, order("2025-08-19"), at("2025-08-31 12:00").passes()) == []


def test_interest_and_balances_are_no_act_of_the_customers():
    passive = [
        at("2025-09-15 09:00").transaction("c", 3, "in", category="interest"),
        at("2025-09-16 09:00").balance("c", 100),
    ]
    assert story(WEEKLY, passive) == [("opened", "medium")]


def test_an_irregular_buyer_is_silent():
    gaps = [40, 8, 55, 21, 5, 65, 14, 33, 50, 4, 45, 9, 58]
    assert story(orders("2024-01-09", *gaps), at("2026-06-30 12:00").passes()) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_buyer_by_chance_is_silent(seed):
    chance = random.Random(seed)
    gaps = [max(1, round(chance.expovariate(1 / 20))) for _ in range(25)]
    assert story(orders("2024-01-09", *gaps), at("2026-12-30 12:00").passes()) == []


def test_a_less_regular_rhythm_waits_longer():
    outcome = run(orders("2025-05-06", 7, 10, 5, 9, 4, 12, 7, 6, 10, 8), at("2025-09-01 12:00").passes())
    assert outcome.story() == [("opened", "medium")]
    assert outcome.alerts[0]["event_time"] > "2025-08-12"  # the last came on 2025-07-23


def test_a_monthly_rhythm_waits_longer_than_a_month():
    monthly = orders("2025-01-06", 30, 31, 29, 32, 28, 31)
    outcome = run(monthly, at("2025-10-30 12:00").passes())
    assert [alert["state"] for alert in outcome.alerts] == ["opened", "expired"]
    assert outcome.alerts[0]["event_time"] > "2025-08-12"  # the last came on 2025-07-06


def test_daily_use_belongs_to_another_rule():
    assert story(orders("2025-06-03", *[1, 2, 1, 1, 3, 1, 1, 2, 1, 1]), at("2025-12-15 12:00").passes()) == []


def test_a_new_customer_is_silent():
    assert story(orders("2025-06-03", 7, 7, 7, 7, 7), at("2025-12-15 12:00").passes()) == []


def test_the_new_year_is_waited_for():
    weekly = orders("2024-11-05", *[7] * 11)  # the last on 2025-01-21; the holiday is from 01-28 to 02-04
    assert story(weekly, order("2025-02-11"), at("2025-02-12 12:00").passes()) == []
    assert story(weekly, at("2025-02-28 12:00").passes()) == [("opened", "medium")]


@pytest.mark.parametrize(
    ("changed", "until", "told"),
    [
        ({"min_gaps": 11}, "2025-09-15", 0),
        ({"min_gap_days": 8}, "2025-09-15", 0),
        ({"max_variation": 0.05}, "2025-09-15", 0),
        ({"factor": 5}, "2025-09-15", 0),
        ({"slack": 5, "factor": 3}, "2025-09-12", 0),
        ({"margin_working_days": 20}, "2025-09-12", 0),
        ({"factor": 1, "slack": 0, "margin_working_days": 0, "quantile": 0.5}, "2025-08-20", 1),
        ({}, "2025-08-20", 0),
    ],
)
def test_every_bound_is_configured(changed, until, told):
    found = story(WEEKLY, at(f"{until} 12:00").passes(), rules={KIND: changed})
    assert found[-1:] == [("opened", "medium")] * told


def test_the_order_in_which_old_news_comes_does_not_matter():
    late = at("2025-07-15 11:00").arriving("2025-08-12 12:00").transaction("c", 800, category="order")
    others = [line for line in WEEKLY if line.value["time"] != late.value["time"]]
    assert story(others, late, at("2025-09-15 12:00").passes()) == [("opened", "medium")]


def test_the_same_order_twice_is_one():
    assert story(WEEKLY, WEEKLY, at("2025-09-15 12:00").passes()) == [("opened", "medium")]


def test_a_customer_whom_we_suspended_ourselves_is_not_waited_for():
    suspended = at("2025-08-14 09:00").service("c", "suspended", cause="arrears")
    assert story(WEEKLY, suspended, at("2025-09-15 12:00").passes()) == []


def test_nobody_waits_for_a_customer_who_left():
    gone = at("2025-08-14 09:00").service("c", "account_closed")
    assert story(WEEKLY, gone, at("2025-09-15 12:00").passes()) == []


MONTHS = [f"2024-{month:02}" for month in range(1, 13)] + [f"2025-{month:02}" for month in range(1, 13)]


def yearly(until, may=(60_000, None), usual=2_000, when="20"):
    """A small order at odd days each month up to `until`, and a large one each May."""
    lines = []
    for number, month in enumerate(month for month in MONTHS if month <= until):
        lines.append(order(f"{month}-{(3, 24, 9, 27, 1, 18, 12)[number % 7]:02}", usual))
    lines += [order(f"{year}-05-{when}", amount) for year, amount in zip((2024, 2025), may, strict=True) if amount]
    return lines


def test_the_large_order_of_every_may_that_does_not_come():
    outcome = run(yearly("2025-06"), at("2025-06-30 12:00").passes())
    assert outcome.story() == [("opened", "medium")]
    [alert] = outcome.alerts
    assert alert["event_time"] == "2025-06-21T16:00:00.000Z"  # three weeks after the end of May
    assert alert["evidence"]["pattern"] == "yearly"
    assert alert["evidence"]["usual"] == 62_000
    assert alert["evidence"]["month"] == "2025-05"
    assert "2024-05" in alert["reason"]["zh"]


@pytest.mark.parametrize("date", ["2025-04-25", "2025-05-20", "2025-06-15"])
def test_the_large_order_that_comes_early_in_time_or_late_is_silent(date):
    assert story(yearly("2025-06"), order(date, 45_000), at("2025-08-30 12:00").passes()) == []


def test_in_several_parts_it_came_all_the_same():
    parts = [order(f"2025-05-{day}", 12_000) for day in (10, 15, 20, 25)]
    assert story(yearly("2025-06"), parts, at("2025-08-30 12:00").passes()) == []


def test_a_small_part_of_it_is_not_enough():
    assert story(yearly("2025-06"), order("2025-05-20", 9_000), at("2025-06-30 12:00").passes()) == [
        ("opened", "medium")
    ]


def test_it_resolves_when_the_large_order_comes_after_all():
    late = [order("2025-06-28", 50_000), at("2025-06-29 12:00").passes()]
    assert story(yearly("2025-06"), late) == [("opened", "medium"), ("resolved", "medium")]


def test_a_month_that_does_not_stand_out_is_not_waited_for():
    assert story(yearly("2025-06", usual=31_000), at("2025-06-30 12:00").passes()) == []
    small = {"rules": {KIND: {"yearly_min": 100_000}}}
    assert story(yearly("2025-06"), at("2025-08-30 12:00").passes(), **small) == []


def test_one_large_order_ever_is_no_yearly_rhythm_but_two_are():
    once = [order("2023-05-20", 60_000), at("2024-08-30 12:00").passes()]
    assert story(once) == []
    twice = [order("2023-05-20", 60_000), order("2024-05-22", 60_000), order("2024-09-01", 100)]
    assert story(twice, at("2025-08-30 12:00").passes()) == [("opened", "medium"), ("expired", "medium")]


def test_what_it_goes_by_can_be_asked():
    rule = MissedCadence(MissedCadenceParams(), SHANGHAI)
    assert rule.look(State(), T0)["active_days"] == 0
    figures = rule.look(State(active_days=[DAY0 + 7 * week for week in range(9)]), T0)
    assert figures["median_gap_days"] == 7
    assert figures["variation"] == 0
    assert figures["overdue_after"] == "2025-03-12"  # nine days and three working days after 2025-02-26


def test_on_the_last_day_that_is_allowed_nothing_is_said_whatever_is_heard_and_right_after_it_is():
    [alert] = run(WEEKLY, at("2025-09-15 12:00").passes()).alerts
    last_day = alert["evidence"]["overdue_after"]
    after = dt.date.fromisoformat(last_day) + dt.timedelta(days=1)
    heard = [at(f"{last_day} {hour}").balance("c", 100) for hour in ("00:00", "12:00", "23:59")]
    assert story(WEEKLY, heard) == []
    [alert] = run(WEEKLY, heard, at(f"{after} 00:00").passes()).alerts
    assert alert["event_time"] == f"{last_day}T16:00:00.000Z"  # midnight in Shanghai
    assert story(WEEKLY, heard, order(last_day), at(f"{after} 12:00").passes()) == []

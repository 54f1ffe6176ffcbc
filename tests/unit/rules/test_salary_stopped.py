"""A salary that does not come any more, by example. Holidays are China's: 2025-01-28 to 02-04, 05-01 to 05-05."""

from __future__ import annotations

import datetime as dt

import pytest
from support.timeline import at, run
from support.units import SHANGHAI, T0

from stream.domain.state import State
from stream.rules.salary_stopped import SalaryStopped, SalaryStoppedParams

KIND = "salary_stopped"
LATER = at("2025-12-31 12:00").passes()


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def salary(*dates, amount=9000, **fields):
    return [at(f"2025-{d} 09:30").transaction("c", amount, "in", category="payroll", **fields) for d in dates]


TENTH = ("03-10", "04-10", "05-09", "06-10")


def test_a_salary_that_does_not_come_warns_after_five_working_days_with_nothing_arriving():
    outcome = run(salary(*TENTH), at("2025-07-20 12:00").passes())
    assert outcome.story() == [("opened", "high")]
    [alert] = outcome.alerts
    assert alert["event_time"] == "2025-07-17T16:00:00.000Z"  # the 10th is a Thursday: the 17th is over
    assert alert["evidence"]["expected"] == "2025-07-10"
    assert alert["evidence"]["usual"] == 9000
    assert alert["evidence"]["working_days_late"] == 5
    assert alert["evidence"]["last"] == "2025-06-10"
    assert alert["series"][-1] == ["2025-06-10", 9000]
    assert "2025-07-10" in alert["reason"]["zh"]
    assert "9,000 CNY" in alert["reason"]["en"]


def test_before_the_grace_is_over_nothing_is_said():
    assert story(salary(*TENTH), at("2025-07-17 23:59").passes()) == []


def test_it_warns_once_and_not_again_the_month_after():
    assert story(salary(*TENTH), LATER) == [("opened", "high"), ("expired", "high")]


def test_two_days_late_is_silent():
    assert story(salary(*TENTH, "07-12", "08-11"), at("2025-08-20 12:00").passes()) == []


def test_two_working_days_late_over_a_holiday_is_silent():
    golden_week = salary("06-30", "07-31", "08-29", "10-10")  # the last day of September comes after the holiday
    assert story(golden_week, at("2025-10-20 12:00").passes()) == []


def test_the_credit_resolves():
    late = salary("07-25")
    assert story(salary(*TENTH), late, at("2025-07-30 12:00").passes()) == [("opened", "high"), ("resolved", "high")]


def test_a_small_credit_does_not_resolve():
    assert story(salary(*TENTH), salary("07-25", amount=500), at("2025-07-30 12:00").passes()) == [("opened", "high")]


def test_two_credits_are_no_habit():
    assert story(salary("05-09", "06-10"), LATER) == []


def test_how_many_months_make_a_habit_is_configured():
    short = {"rules": {KIND: {"min_months": 2}}}
    assert story(salary("05-09", "06-10"), at("2025-08-01 12:00").passes(), **short) == [("opened", "high")]


@pytest.mark.parametrize(("grace", "told"), [(1, 1), (2, 0), (5, 0)])
def test_the_grace_is_configured(grace, told):
    lines = salary(*TENTH, "07-14")  # Monday, two working days after Thursday
    outcome = run(lines, at("2025-07-20 12:00").passes(), rules={KIND: {"grace_working_days": grace}})
    assert outcome.story().count(("opened", "high")) == told


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("03-31", "04-30", "05-30", "06-30"), "2025-07-31"),  # the last working day
        (("02-28", "03-31", "04-30", "05-30", "06-30"), "2025-07-31"),
        (("02-28", "04-01", "04-30", "05-30"), "2025-07-01"),  # the 1st, paid before a weekend
        (("03-05", "04-07", "05-06", "06-05"), "2025-07-05"),  # the 5th, paid after holidays
        (("01-24", "03-10", "04-10", "05-09", "06-10"), "2025-07-10"),  # February's came before the New Year
    ],
)
def test_paydays_that_move_are_learned(dates, expected):
    outcome = run(salary(*dates), at("2025-08-30 12:00").passes())
    opened = [alert for alert in outcome.alerts if alert["state"] == "opened"]
    assert [alert["evidence"]["expected"] for alert in opened] == [expected]


def test_pay_that_comes_ahead_of_the_new_year_is_silent():
    dates = ("2024-10-10", "2024-11-11", "2024-12-10", "2025-01-10", "2025-01-24", "2025-03-10")
    lines = [at(f"{d} 09:30").transaction("c", 9000, "in", category="payroll") for d in dates]
    assert story(lines, at("2025-03-12 12:00").passes()) == []


TWICE = ("03-10", "03-25", "04-10", "04-25", "05-09", "05-26", "06-10", "06-25")


def test_pay_twice_a_month_is_silent_while_it_comes():
    assert story(salary(*TWICE, "07-10"), at("2025-07-28 12:00").passes()) == []


def test_pay_twice_a_month_warns_after_the_first_that_does_not_come():
    outcome = run(salary(*TWICE), at("2025-07-20 12:00").passes())
    assert [alert["evidence"]["expected"] for alert in outcome.alerts] == ["2025-07-10"]


def test_of_salary_and_a_small_allowance_only_the_salary_matters():
    allowance = salary("03-25", "04-25", "05-26", "06-25", amount=500)
    assert story(salary(*TENTH, "07-10", "08-11"), allowance, at("2025-08-15 12:00").passes()) == []
    outcome = run(salary(*TENTH), allowance, salary("07-25", amount=500), at("2025-07-28 12:00").passes())
    assert outcome.story() == [("opened", "high")]


def test_weekly_and_fortnightly_pay_have_their_own_rhythm():
    fridays = ("04-11", "04-25", "05-09", "05-23", "06-06", "06-20")
    outcome = run(salary(*fridays), at("2025-08-01 12:00").passes())
    assert [alert["evidence"]["expected"] for alert in outcome.alerts if alert["state"] == "opened"] == ["2025-07-04"]
    assert story(salary(*fridays, "07-04", "07-18"), at("2025-08-08 12:00").passes()) == []


def test_a_thirteenth_month_on_a_day_of_its_own_changes_nothing():
    bonus = salary("06-20", amount=20_000)
    assert story(salary(*TENTH, "07-10", "08-11", "09-10"), bonus, at("2025-09-12 12:00").passes()) == []


def test_a_thirteenth_month_with_the_salary_does_not_make_the_next_one_look_small():
    lines = [salary("03-10", "04-10", "05-09"), salary("06-10", amount=27_000), salary("07-10", "08-11")]
    assert story(lines, at("2025-08-12 12:00").passes()) == []


def test_a_bonus_does_not_hide_that_the_salary_stopped():
    assert story(salary(*TENTH), salary("06-24", amount=9000), at("2025-07-20 12:00").passes()) == [("opened", "high")]


def test_half_of_the_usual_once_is_silent_and_twice_a_lesser_warning():
    usual = salary("02-10", "03-10", "04-10")
    half = salary("05-09", amount=4500)
    assert story(usual, half) == []
    outcome = run(usual, half, salary("06-10", amount=4400))
    assert outcome.story() == [("opened", "medium")]
    assert outcome.alerts[0]["evidence"]["observed"] == 4400
    assert outcome.alerts[0]["evidence"]["usual"] == 9000
    assert story(usual, half, salary("06-10", amount=4400), salary("06-30")) == [
        ("opened", "medium"),
        ("resolved", "medium"),
    ]


def test_a_small_salary_that_then_stops_is_the_graver_warning():
    lines = [salary("02-10", "03-10", "04-10"), salary("05-09", "06-10", amount=4000), at("2025-07-20 12:00").passes()]
    assert story(lines, policy={"expire_days": 60}) == [("opened", "medium"), ("updated", "high")]


def test_other_money_is_no_salary():
    lines = [at(f"2025-{d} 09:30").transaction("c", 9000, "in", category="transfer") for d in TENTH]
    assert story(lines, LATER) == []
    out = [at(f"2025-{d} 09:30").transaction("c", 9000, "out", category="payroll") for d in TENTH]
    assert story(out, LATER) == []


def test_irregular_credits_are_no_habit():
    assert story(salary("01-03", "01-29", "03-21", "05-02", "05-19", "07-28"), LATER) == []


def test_a_credit_that_is_reported_late_counts_on_its_own_day():
    late = at("2025-07-10 09:30").arriving("2025-07-16 10:00").transaction("c", 9000, "in", category="payroll")
    assert story(salary(*TENTH), late, at("2025-08-12 12:00").passes()) == []


def test_the_same_credit_twice_is_one():
    line = salary(*TENTH, event_id=None)
    assert story(line, line, at("2025-07-20 12:00").passes()) == [("opened", "high")]


def test_nobody_waits_for_the_salary_of_a_customer_who_left():
    gone = at("2025-06-20 09:00").service("c", "account_closed")
    assert story(salary(*TENTH), gone, LATER) == []


def test_amounts_in_another_currency_are_shown_in_ours():
    outcome = run(salary(*TENTH, amount=1000, currency="USD"), at("2025-07-20 12:00").passes())
    assert outcome.alerts[0]["evidence"]["usual"] == 7100


def test_what_it_goes_by_can_be_asked():
    days = [SHANGHAI.day_of_date(dt.date(2025, month, 10)) for month in (3, 4, 5, 6)]
    state = State(payrolls=[(day, 9000_00) for day in days])
    assert SalaryStopped(SalaryStoppedParams(), SHANGHAI).look(state, T0) == {
        "credits": 4,
        "months_needed": 3,
        "paydays": 1,
        "last": "2025-06-10",
        "expected": "2025-07-10",
        "overdue_after": "2025-07-17",
    }


def test_late_news_of_a_bonus_on_the_last_day_of_grace_does_not_lose_the_salary_that_is_due():
    heard = at("2025-07-17 08:00").transaction("c", 100, category="purchase")  # of the same topic: taken first
    bonus = at("2025-06-24 09:30").arriving("2025-07-17 12:00").transaction("c", 9000, "in", category="payroll")
    assert story(salary(*TENTH), heard, bonus, at("2025-07-17 23:59").passes()) == []
    assert story(salary(*TENTH), heard, bonus, at("2025-07-18 00:00").passes()) == [("opened", "high")]

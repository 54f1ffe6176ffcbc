"""A sudden drop of what a customer keeps with us, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, every_day, run, steady

KIND = "balance_drop"
HISTORY = steady("c", 100_000)  # 2025-01-01 to 2025-03-01, every evening
END = at("2025-03-20 12:00").passes()


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def test_a_drop_without_an_outflow_is_judged_at_the_end_of_the_business_day():
    outcome = run(HISTORY, at("2025-03-02 09:00").balance("c", 10_000), END)
    assert outcome.story() == [("opened", "high")]
    [alert] = outcome.alerts
    assert alert["event_time"] == "2025-03-02T16:10:00.000Z"  # ten minutes past the local midnight
    assert alert["evidence"]["observed"] == 10_000
    assert alert["evidence"]["floor"] == 100_000
    assert alert["evidence"]["share"] == 0.9
    assert alert["evidence"]["outflow"] == 0
    assert alert["series"][-1] == ["2025-03-02", 10_000]


def test_before_the_end_of_the_day_nothing_is_said():
    assert story(HISTORY, at("2025-03-02 09:00").balance("c", 10_000), at("2025-03-03 00:09").passes()) == []


def test_an_outflow_to_elsewhere_fires_at_once_and_is_worse():
    outcome = run(
        HISTORY,
        at("2025-03-02 09:00").pays("c", 90_000, event_id="out"),
        at("2025-03-02 09:01").balance("c", 10_000, event_id="low"),
    )
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert (alert["state"], alert["severity"]) == ("opened", "critical")
    assert alert["event_time"] == "2025-03-02T01:01:00.000Z"
    assert alert["causes"] == ["low", "out"]
    assert alert["evidence"]["outflow"] == 90_000
    assert alert["evidence"]["institution"] == "rival-bank"
    assert "rival-bank" in alert["reason"]["en"]
    assert "rival-bank" in alert["reason"]["zh"]


def test_a_movement_that_carries_the_balance_after_it_is_enough():
    drop = at("2025-03-02 09:00").pays("c", 90_000, balance_after=10_000, account_id="a1")
    assert story(HISTORY, drop) == [("opened", "critical")]


def own(moment, amount, after):
    account = {"institution": "rival-bank", "own_name": True}
    return moment.transaction("c", amount, counterparty=account, balance_after=after, account_id="a1")


def test_what_goes_to_an_own_account_elsewhere_confirms_at_the_end_of_the_day():
    morning = at("2025-03-02 09:00")
    parts = (HISTORY, own(morning, 75_000, 25_000))
    assert story(*parts) == []
    assert story(*parts, at("2025-03-03 01:00").passes()) == [("opened", "high")]
    back = at("2025-03-02 17:00").transaction("c", 75_000, "in", balance_after=100_000, account_id="a1")
    assert story(*parts, back, END) == []


def test_nearly_everything_to_an_own_account_elsewhere_is_said_at_once():
    morning = at("2025-03-02 09:00")
    assert story(HISTORY, own(morning, 89_000, 11_000)) == []
    assert story(HISTORY, own(morning, 90_000, 10_000)) == [("opened", "critical")]
    assert story(HISTORY, own(morning, 75_000, 25_000), rules={KIND: {"at_once_share": 0.75}}) == [("opened", "high")]


def test_an_own_account_elsewhere_that_got_money_yesterday_confirms_today():
    yesterday, today = own(at("2025-03-02 15:00"), 25_000, 75_000), own(at("2025-03-03 09:00"), 20_000, 55_000)
    assert story(HISTORY, yesterday, today) == [("opened", "high")]


def test_an_outflow_of_less_than_half_of_the_drop_does_not_confirm_it():
    parts = (HISTORY, at("2025-03-02 09:00").pays("c", 44_000), at("2025-03-02 09:01").balance("c", 10_000))
    assert story(*parts) == []
    assert story(*parts, END) == [("opened", "high")]


def test_several_outflows_within_two_days_confirm_together():
    parts = [
        at("2025-03-01 19:00").pays("c", 25_000),
        at("2025-03-02 08:00").pays("c", 25_000),
        at("2025-03-02 09:00").balance("c", 10_000),
    ]
    assert story(HISTORY, parts) == [("opened", "critical")]


def test_an_outflow_of_three_days_ago_confirms_nothing():
    old = at("2025-02-27 08:00").pays("c", 90_000)
    assert story(HISTORY, old, at("2025-03-02 09:00").balance("c", 10_000)) == []


def test_money_to_one_of_our_own_institutions_confirms_nothing():
    own = at("2025-03-02 08:00").pays("c", 90_000, to="own")
    assert story(HISTORY, own, at("2025-03-02 09:00").balance("c", 10_000)) == []


def test_a_dip_that_is_back_the_same_day_is_silent():
    dip = [at("2025-03-02 09:00").balance("c", 10_000), at("2025-03-02 21:00").balance("c", 99_000)]
    assert story(HISTORY, dip, END) == []


def test_a_transfer_between_own_accounts_is_silent():
    both = [steady("c", 50_000, account="a2"), HISTORY]
    move = [
        at("2025-03-02 09:00").balance("c", 5_000, account="a1"),
        at("2025-03-02 09:05").balance("c", 145_000, account="a2"),
    ]
    assert story(both, move, END) == []


def test_a_new_account_takes_the_money_of_an_old_one_in_silence():
    move = [
        at("2025-03-02 09:00").balance("c", 0, account="a1"),
        at("2025-03-02 17:00").balance("c", 100_000, account="new"),
    ]
    assert story(HISTORY, move, END) == []


def test_money_into_one_of_our_own_products_is_silent():
    buys = [
        at("2025-03-02 09:00").balance("c", 10_000),
        at("2025-03-02 09:30").product("c", "product_opened", "p", kind="wealth", amount=90_000),
    ]
    assert story(HISTORY, buys, END) == []
    assert story(HISTORY, buys[:1], END) == [("opened", "high")]


def test_a_product_whose_balance_is_known_is_not_counted_twice():
    parts = [
        steady("c", 60_000, account="a1"),
        at("2025-01-01 12:00").product("c", "product_opened", "p", kind="wealth", amount=60_000),
        steady("c", 60_000, account="p", kind="wealth"),
        at("2025-03-02 09:00").balance("c", 0, account="p", kind="wealth"),
    ]
    outcome = run(parts, END)
    assert outcome.story() == [("opened", "high")]
    assert outcome.alerts[0]["evidence"]["median"] == 120_000
    assert outcome.alerts[0]["evidence"]["observed"] == 60_000


def test_a_matured_product_counts_for_two_more_days_until_its_money_arrives():
    held = [
        at("2025-01-01 12:00").product("c", "product_opened", "p", kind="deposit", amount=90_000),
        steady("c", 10_000),
    ]
    matures = at("2025-03-02 09:00").product("c", "product_matured", "p")
    arrives = at("2025-03-04 10:00").balance("c", 100_000)
    assert story(held, matures, arrives, END) == []
    late = at("2025-03-05 09:00").balance("c", 10_000)
    assert story(held, matures, late, END) == [("opened", "high")]


def test_a_salary_account_that_falls_every_month_is_silent():
    saw = []
    for number, moment in enumerate(every_day("2025-01-01", 120)):
        saw.append(moment.balance("c", 20_000 - 640 * (number % 30)))
    assert story(saw) == []


def test_a_salary_account_that_empties_below_its_own_low_warns():
    saw = [m.balance("c", 20_000 - 400 * (n % 30)) for n, m in enumerate(every_day("2025-01-01", 90))]
    outcome = run(saw, at("2025-04-01 09:00").balance("c", 500), at("2025-04-03 12:00").passes())
    assert outcome.story() == [("opened", "high")]
    assert outcome.alerts[0]["evidence"]["floor"] < 10_000


def test_a_quarter_end_deposit_that_goes_again_is_silent():
    deposit = [
        at("2025-03-28 09:00").balance("c", 900_000),
        at("2025-04-03 09:00").pays("c", 800_000),
        at("2025-04-03 09:01").balance("c", 100_000),
    ]
    history = steady("c", 100_000, days=85)
    assert story(history, deposit, at("2025-04-20 12:00").passes()) == []


def test_too_little_history_is_silent_and_enough_is_not():
    low = at("2025-02-20 09:00")
    short = steady("c", 100_000, first="2025-01-18", days=33)  # 26 closings before the last week
    enough = steady("c", 100_000, first="2025-01-16", days=35)  # 28
    assert story(short, low.balance("c", 0), low.plus(days=2).passes()) == []
    assert story(enough, low.balance("c", 0), low.plus(days=2).passes()) == [("opened", "high")]


def test_a_mid_drop_must_last_two_days():
    drop = at("2025-03-02 09:00").balance("c", 60_000)  # 40 %, less than a sudden one
    assert story(HISTORY, drop, at("2025-03-03 12:00").passes()) == []
    outcome = run(HISTORY, drop, END)
    assert outcome.story() == [("opened", "medium")]
    assert outcome.alerts[0]["event_time"] == "2025-03-03T16:10:00.000Z"


def test_a_mid_drop_that_is_back_the_next_day_is_silent():
    back = [at("2025-03-02 09:00").balance("c", 60_000), at("2025-03-03 09:00").balance("c", 95_000)]
    assert story(HISTORY, back, END) == []


def test_a_drop_of_half_needs_no_second_day():
    outcome = run(HISTORY, at("2025-03-02 09:00").balance("c", 49_000), END)
    assert outcome.alerts[0]["event_time"] == "2025-03-02T16:10:00.000Z"
    assert outcome.story() == [("opened", "high")]


def test_a_drop_of_less_than_the_share_that_matters_is_silent():
    assert story(HISTORY, at("2025-03-02 09:00").pays("c", 29_000, balance_after=71_000, account_id="a1"), END) == []


def test_small_change_is_silent():
    assert story(steady("c", 1_100), at("2025-03-02 09:00").balance("c", 150), END) == []
    assert story(steady("c", 1_200), at("2025-03-02 09:00").balance("c", 150), END) == [("opened", "high")]


def test_a_restless_account_is_judged_by_its_own_spread():
    restless = [
        m.balance("c", 100_000 + (30_000 if n % 2 else -30_000)) for n, m in enumerate(every_day("2025-01-01", 60))
    ]
    assert story(restless, at("2025-03-02 09:00").balance("c", 52_000), END) == []
    assert story(steady("c", 100_000), at("2025-03-02 09:00").balance("c", 49_000), END) == [("opened", "high")]


def test_a_drain_over_several_days_is_seen_against_the_time_before_it():
    drain = [at(f"2025-03-0{2 + n} 09:00").balance("c", 100_000 - 15_000 * (n + 1)) for n in range(5)]
    assert story(HISTORY, drain, END)[0] == ("opened", "medium")


def test_a_recovered_balance_resolves_the_warning():
    outcome = run(
        HISTORY,
        at("2025-03-02 09:00").balance("c", 10_000),
        at("2025-03-04 09:00").balance("c", 79_000),
        at("2025-03-05 09:00").balance("c", 80_000),
    )
    assert outcome.story() == [("opened", "high"), ("resolved", "high")]
    resolved = outcome.alerts[-1]
    assert resolved["event_time"] == "2025-03-05T01:00:00.000Z"
    assert resolved["evidence"]["observed"] == 80_000
    assert resolved["next_step"] is None


def test_recovery_is_measured_against_the_floor_at_opening_and_not_against_a_baseline_that_sank_since():
    low = [m.balance("c", 10_000) for m in every_day("2025-03-02", 25)]
    assert story(HISTORY, low, at("2025-03-28 09:00").balance("c", 60_000))[-1] != ("resolved", "high")


def test_a_debt_is_never_summed_with_assets():
    debt = steady("c", 300_000, account="card", kind="credit_used")
    pays_back = at("2025-03-02 09:00").balance("c", 0, account="card", kind="credit_used")
    assert story(HISTORY, debt, pays_back, END) == []
    assert story(HISTORY, debt, at("2025-03-02 09:00").balance("c", 10_000), END) == [("opened", "high")]


def test_a_loan_that_is_paid_out_does_not_hide_a_drop():
    loan = at("2025-03-02 08:00").product("c", "product_opened", "l", kind="loan", amount=500_000)
    assert story(HISTORY, loan, at("2025-03-02 09:00").balance("c", 10_000), END) == [("opened", "high")]


def test_accounts_in_other_currencies_are_judged_in_the_base_currency():
    dollars = steady("c", 10_000, account="usd", currency="USD")  # 71 000 at 7.10
    outcome = run(dollars, at("2025-03-02 09:00").balance("c", 1_000, account="usd", currency="USD"), END)
    assert outcome.story() == [("opened", "high")]
    assert outcome.alerts[0]["evidence"]["floor"] == 71_000
    assert outcome.alerts[0]["evidence"]["unit"] == "CNY"
    exchange = [
        at("2025-03-02 09:00").balance("c", 0, account="usd", currency="USD"),
        at("2025-03-02 09:01").balance("c", 70_900, account="cny"),
    ]
    assert story(dollars, exchange, END) == []


def test_a_late_balance_of_last_week_changes_its_own_day_only():
    late = at("2025-02-25 09:00").arriving("2025-03-02 09:00").balance("c", 10_000)
    assert story(HISTORY, late, END) == []


def test_a_late_balance_of_today_that_is_older_than_the_last_is_no_drop():
    late = at("2025-03-02 09:00").arriving("2025-03-02 20:00").balance("c", 10_000)
    assert story(HISTORY, at("2025-03-02 18:00").balance("c", 100_000), late, END) == []


def test_the_closing_of_a_day_is_its_latest_balance_whatever_the_order_of_arrival():
    evening = at("2025-03-02 18:00").balance("c", 10_000)
    morning = at("2025-03-02 09:00").arriving("2025-03-02 19:00").balance("c", 100_000)
    assert story(HISTORY, evening, morning, END) == [("opened", "high")]


def test_an_open_warning_asks_for_no_further_day_ends():
    outcome = run(HISTORY, at("2025-03-02 09:00").balance("c", 10_000), END)
    assert len(outcome.alerts) == 1


def test_a_warning_in_its_cool_down_opens_when_that_is_over():
    outcome = run(
        HISTORY,
        at("2025-03-02 09:00").balance("c", 10_000),
        at("2025-03-03 09:00").balance("c", 100_000),
        at("2025-03-03 21:00").balance("c", 10_000),
        END,
    )
    assert outcome.story() == [("opened", "high"), ("resolved", "high"), ("opened", "high")]
    assert outcome.alerts[-1]["event_time"] == "2025-03-04T01:00:00.000Z"  # a day after it was over
    assert outcome.suppressed["cool_down", KIND] == 1


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("min_share", 0.95), ("min_amount", 95_000), ("min_history_days", 60), ("recovered_share", 0.05)],
)
def test_each_threshold_comes_from_the_configuration(parameter, value):
    parts = (HISTORY, at("2025-03-02 09:00").balance("c", 10_000), at("2025-03-03 12:00").balance("c", 10_000))
    assert story(*parts) == [("opened", "high")]
    assert story(*parts, rules={KIND: {parameter: value}}) != [("opened", "high")]


def test_a_rule_that_is_switched_off_says_nothing():
    drop = at("2025-03-02 09:00").pays("c", 90_000, balance_after=10_000, account_id="a1")
    assert story(HISTORY, drop, END, rules={KIND: {"enabled": False}}) == []


def test_an_outflow_after_a_late_balance_does_not_explain_it():
    later = at("2025-03-02 18:00").pays("c", 90_000)
    low = at("2025-03-02 09:00").arriving("2025-03-02 20:00")
    low = low.transaction("c", 1, balance_after=10_000, account_id="a1")  # of the same topic, so that it comes later
    assert story(HISTORY, later, low, at("2025-03-02 21:00").passes()) == []
    assert story(HISTORY, later, low, END) == [("opened", "critical")]  # by the end of the day it does


def test_a_drop_that_gets_graver_without_news_of_where_the_money_went_is_told_at_the_days_end():
    third = at("2025-03-02 10:00")
    parts = [
        steady("c", 100_000),
        third.balance("c", 55_000),  # 45 % down for two days: medium
        third.plus(days=1).balance("c", 55_000),
        third.plus(days=3).balance("c", 8_000),
        third.plus(days=6).passes(),
    ]
    assert run(*parts).story("balance_drop", "c") == [("opened", "medium"), ("updated", "high")]

"""Money that goes to other banks, by example: what is beyond the customer's own rhythm, and what is part of it."""

from __future__ import annotations

import pytest
from support.timeline import at, every_day, run, steady
from support.units import DAY, SHANGHAI, T0, folded, movement

from stream.domain import elsewhere
from stream.domain.events import Counterparty

KIND = "competitor_outflow"
OTHER = {"balance_drop": {"enabled": False}}
HISTORY = steady("c", 300_000, days=70)  # 2025-01-01 to 2025-03-11, every evening
START = at("2025-03-12 10:00")


END = at("2025-03-13 01:00").passes()


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def monthly(amount, months=6, first=2, day="03", **fields):
    return [at(f"2025-{month:02}-{day} 09:00").pays("c", amount, **fields) for month in range(first, first + months)]


def test_one_large_transfer_to_another_bank_opens_and_names_it():
    outcome = run(HISTORY, START.pays("c", 180_000, "rival-bank", event_id="out"))
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert (alert["state"], alert["severity"]) == ("opened", "high")
    assert alert["evidence"]["observed"] == 180_000
    assert alert["evidence"]["holdings_before"] == 300_000  # the balance of the evening before still holds it
    assert alert["evidence"]["share"] == 0.6
    assert alert["evidence"]["institution"] == "rival-bank"
    assert alert["causes"] == ["out"]
    assert alert["series"][-1] == ["2025-03-12", 180_000]
    assert "rival-bank" in alert["reason"]["zh"]
    assert "60%" in alert["reason"]["en"]


def test_many_transfers_that_add_up_open_once_they_matter_together():
    parts = [START.plus(days=n).pays("c", 45_000) for n in range(6)]
    balances = [START.plus(days=n, hours=1).balance("c", 300_000 - 45_000 * (n + 1)) for n in range(6)]
    outcome = run(HISTORY, parts, balances)
    mine = [a for a in outcome.alerts if a["kind"] == KIND]
    assert (mine[0]["state"], mine[0]["severity"]) == ("opened", "medium")
    assert mine[0]["event_time"] == "2025-03-13T16:20:00.000Z"  # the end of the second day
    assert mine[-1]["severity"] == "high"
    assert mine[0]["evidence"]["holdings_before"] == 300_000


def test_an_own_name_account_elsewhere_counts_and_one_of_ours_does_not():
    own = {"institution": "other", "own_name": True}
    sent = START.transaction("c", 180_000, counterparty=own)
    assert story(HISTORY, sent, END) == [("opened", "high")]
    ours = {"institution": "own", "own_name": True}
    assert story(HISTORY, START.transaction("c", 180_000, counterparty=ours)) == []


def test_what_goes_to_an_own_account_elsewhere_counts_at_the_end_of_the_day_unless_it_is_nearly_all():
    own = {"institution": "other", "own_name": True}

    def sent(amount):
        return START.transaction("c", amount, counterparty=own, balance_after=300_000 - amount, account_id="a1")

    assert story(HISTORY, sent(180_000)) == []
    assert story(HISTORY, sent(269_000)) == []
    assert story(HISTORY, sent(270_000)) == [("opened", "high")]
    back = START.plus(hours=6).transaction("c", 180_000, "in", balance_after=300_000, account_id="a1")
    assert story(HISTORY, sent(180_000), back, END) == []
    assert story(HISTORY, sent(180_000), END) == [("opened", "high")]
    assert story(HISTORY, sent(180_000), rules={KIND: {"at_once_share": 0.6}}) == [("opened", "high")]


def test_an_own_account_elsewhere_that_got_money_yesterday_kept_it():
    own = {"institution": "other", "own_name": True}
    first = START.transaction("c", 70_000, counterparty=own)
    second = START.plus(days=1).pays("c", 90_000)
    assert story(HISTORY, first) == []
    assert story(HISTORY, first, second) == [("opened", "high")]


def test_the_institution_with_the_most_is_named():
    parts = [START.pays("c", 30_000, "a"), START.plus(hours=1).pays("c", 90_000, "b")]
    outcome = run(HISTORY, parts, START.plus(days=2).pays("c", 30_000, "a"))
    last = [a for a in outcome.alerts if a["kind"] == KIND][-1]
    assert (last["evidence"]["institution"], last["evidence"]["institutions"]) == ("b", 2)


@pytest.mark.parametrize("amount", [3_000, 30_000, 100_000])
@pytest.mark.parametrize("day", ["01", "03", "28"])
def test_a_regular_monthly_payment_is_silent_whatever_its_size(amount, day):
    history = [m.balance("c", amount * 1.5) for m in every_day("2025-01-05", 220)]
    assert story(history, monthly(amount, day=day)) == []


def test_a_regular_payment_of_somebody_whose_balances_are_unknown_is_silent():
    history = [m.transaction("c", 100, category="purchase") for m in every_day("2025-01-05", 220)]
    assert story(history, monthly(30_000)) == []


def test_a_payment_that_slips_by_a_weekend_is_silent():
    slipped = [at(f"2025-{d} 09:00").pays("c", 20_000) for d in ("01-31", "02-28", "03-28", "04-30", "05-30", "06-27")]
    assert story([m.balance("c", 25_000) for m in every_day("2025-01-01", 190)], slipped) == []


def test_a_shop_that_pays_its_suppliers_every_week_is_silent_until_much_more_goes():
    weekly = [START.plus(days=-63 + 7 * n).pays("c", 40_000 + 3_000 * (n % 3)) for n in range(10)]
    assert story(HISTORY, weekly) == []
    more = START.plus(days=1).pays("c", 150_000)
    outcome = run(HISTORY, weekly, more, START.plus(days=2).passes())
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert alert["evidence"]["window_days"] == 7  # four weeks are not yet beyond the usual


def test_a_small_share_of_the_holdings_is_silent():
    assert story(HISTORY, START.pays("c", 74_000), END) == []
    assert story(HISTORY, START.pays("c", 76_000), END) == [("opened", "medium")]


def test_small_change_is_silent():
    little = steady("c", 6_000, days=70)
    assert story(little, START.pays("c", 4_999)) == []
    assert story(little, START.pays("c", 5_000)) == [("opened", "high")]


def test_a_new_customer_is_silent():
    young = steady("c", 300_000, "2025-01-16", days=55)
    assert story(young, at("2025-03-12 10:00").pays("c", 280_000)) == []  # day 55
    assert story(young, at("2025-03-13 10:00").pays("c", 280_000)) == [("opened", "high")]


def test_where_no_holdings_are_known_a_single_transfer_is_silent_and_several_are_not():
    history = [m.transaction("c", 100, category="purchase") for m in every_day("2025-01-01", 70)]
    assert story(history, START.pays("c", 20_000), START.plus(days=1).pays("c", 20_000)) == []
    three = [START.plus(days=n).pays("c", 20_000) for n in range(3)]
    assert story(history, three) == [("opened", "medium")]
    assert story(history, START.pays("c", 100_000)) == [("opened", "medium")]


def test_money_that_comes_back_resolves_it_at_the_end_of_the_day():
    outcome = run(
        HISTORY,
        START.pays("c", 180_000),
        START.plus(hours=1).balance("c", 120_000),
        START.plus(days=2).balance("c", 290_000),
        START.plus(days=4).passes(),
    )
    assert outcome.story(KIND) == [("opened", "high"), ("resolved", "high")]
    resolved = [a for a in outcome.alerts if a["kind"] == KIND][-1]
    assert resolved["event_time"] == "2025-03-14T16:20:00.000Z"
    assert "回流" in resolved["reason"]["zh"]


def test_a_balance_that_still_holds_the_money_is_no_return():
    outcome = run(HISTORY, START.pays("c", 180_000), START.plus(days=3).passes())
    assert outcome.story(KIND) == [("opened", "high")]


def test_an_outflow_that_ended_resolves_when_four_weeks_are_as_usual_again():
    gone = [START.pays("c", 180_000), START.plus(hours=1).balance("c", 120_000)]
    outcome = run(HISTORY, gone, START.plus(days=40).passes())
    assert outcome.story(KIND) == [("opened", "high"), ("resolved", "high")]
    assert [a for a in outcome.alerts if a["kind"] == KIND][-1]["event_time"] == "2025-04-08T16:20:00.000Z"


def test_money_in_another_currency_is_judged_in_the_base_currency():
    assert story(HISTORY, START.pays("c", 25_000, currency="USD")) == [("opened", "high")]  # 177 500
    assert story(HISTORY, START.pays("c", 25_000, currency="JPY")) == []


def test_a_resent_transfer_counts_once():
    once = START.pays("c", 60_000, event_id="same")
    again = START.plus(hours=1).pays("c", 60_000, event_id="same")
    assert story(HISTORY, once, again) == []


def test_a_late_transfer_counts_on_its_own_day():
    low = [START.plus(hours=1).balance("c", 120_000), START.plus(hours=2).transaction("c", 1)]
    late = at("2025-03-08 10:00").arriving("2025-03-12 13:00").pays("c", 180_000)
    assert story(HISTORY, low, late) == [("opened", "high")]
    old = at("2025-02-01 10:00").arriving("2025-03-12 13:00").pays("c", 180_000)
    assert story(HISTORY, low, old) == []


def test_a_lesser_outflow_waits_for_the_end_of_the_day_and_what_is_back_by_then_has_not_left():
    out = [START.pays("c", 120_000), START.plus(minutes=1).balance("c", 180_000)]
    assert story(HISTORY, out, at("2025-03-13 00:19").passes()) == []
    assert story(HISTORY, out, END) == [("opened", "medium")]
    assert story(HISTORY, out, START.plus(hours=3).balance("c", 300_000), END) == []


def test_a_deposit_that_came_for_days_only_and_goes_again_is_silent():
    came = [m.balance("c", 900_000) for m in every_day("2025-03-06", 6, "18:30")]
    goes = [START.pays("c", 600_000), START.plus(minutes=1).balance("c", 300_000)]
    assert story(HISTORY, came, goes, END) == []
    more = [START.pays("c", 800_000), START.plus(minutes=1).balance("c", 100_000)]
    assert story(HISTORY, came, more) == [("opened", "high")]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("min_history_days", 92), ("min_amount", 200_000), ("min_share", 0.7), ("severe_share", 0.7)],
)
def test_each_threshold_comes_from_the_configuration(parameter, value):
    assert story(HISTORY, START.pays("c", 180_000), rules={KIND: {parameter: value}}) != [("opened", "high")]


def test_the_multiple_of_the_usual_comes_from_the_configuration():
    parts = (HISTORY, START.plus(days=-40).pays("c", 60_000), START.pays("c", 180_000), END)
    assert story(*parts) == [("opened", "medium")]
    assert story(*parts, rules={KIND: {"times_usual": 3.5}}) == []


def test_no_retention_contact_is_for_the_policy_and_the_rule_is_behavioural():
    from stream.rules.competitor_outflow import CompetitorOutflow

    assert CompetitorOutflow.behavioural


def test_the_windows_of_what_went_elsewhere_agree_with_a_plain_count():
    there = Counterparty("x")
    flows = [(0, 5), (3, 7), (30, 11), (31, 13), (60, 17), (91, 19)]
    state = folded(*(movement(T0 + (91 - back) * DAY, amount, counterparty=there) for back, amount in flows))
    today = SHANGHAI.day(T0 + 91 * DAY)
    series = elsewhere.daily(state.days, today)
    assert {back: amount for back, amount in enumerate(series) if amount} == dict(flows)
    assert elsewhere.recent(state.days, today, 4) == 12
    assert elsewhere.usual(series, 28) == 24
    assert elsewhere.usual(series, 7) == 24
    assert elsewhere.daily(state.days, today + 2)[:3] == [0, 0, 5]
    assert elsewhere.recent(state.days, today + 2, 3) == 5
    assert elsewhere.daily(state.days, today - 3)[:2] == [7, 0]
    assert elsewhere.recent(state.days, today - 3, 1) == 7

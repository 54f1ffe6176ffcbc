"""What becomes of matured money, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, every_day, run
from support.units import DAY, SHANGHAI, T0, folded, movement, service

from stream.domain.events import Counterparty, Product
from stream.domain.signals import Signal
from stream.rules.matured_outflow import MaturedOutflow, MaturedOutflowParams

KIND = "matured_outflow"
START = at("2025-04-06 09:00")
HELD = START.plus(days=-90).product("c", "product_opened", "p1", kind="wealth", amount=500_000)
MATURED = START.product("c", "product_matured", "p1", kind="wealth", amount=500_000, event_id="matured")


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def mine(*parts):
    return [alert for alert in run(*parts).alerts if alert["kind"] == KIND]


def test_proceeds_that_leave_within_days_open_and_say_where_they_went():
    [alert] = mine(HELD, MATURED, START.plus(days=2).pays("c", 480_000, "other-bank", event_id="out"))
    assert (alert["state"], alert["severity"]) == ("opened", "high")
    assert alert["evidence"]["proceeds"] == 500_000
    assert alert["evidence"]["left"] == 480_000
    assert alert["evidence"]["products"] == ["p1"]
    assert alert["evidence"]["ended_on"] == "2025-04-06"
    assert alert["causes"] == ["out"]
    assert "other-bank" in alert["reason"]["en"]
    assert "96%" in alert["reason"]["zh"]


@pytest.mark.parametrize("what", ["product_matured", "product_redeemed", "product_closed"])
def test_however_the_product_ended(what):
    ends = START.product("c", what, "p1")
    assert story(HELD, ends, START.plus(days=2).pays("c", 480_000)) == [("opened", "high")]


def test_the_first_event_heard_of_a_product_may_be_its_end():
    assert story(MATURED, START.plus(days=2).pays("c", 480_000)) == [("opened", "high")]


def test_money_that_stays_is_silent():
    parts = [
        START.plus(days=2).transaction("c", 480_000, category="transfer"),
        START.plus(days=3).pays("c", 480, "own"),
    ]
    assert story(HELD, MATURED, parts) == []


def test_a_renewal_into_a_product_of_ours_is_silent():
    renewed = START.plus(days=1).product("c", "product_opened", "p2", kind="wealth", amount=500_000)
    assert story(HELD, MATURED, renewed, START.plus(days=2).pays("c", 480_000)) == []
    same = START.plus(days=1).product("c", "product_opened", "p1", kind="wealth", amount=500_000)
    assert story(HELD, MATURED, same, START.plus(days=2).pays("c", 480_000)) == []


def test_what_was_not_renewed_counts():
    half = START.plus(days=1).product("c", "product_opened", "p2", kind="wealth", amount=250_000)
    [alert] = mine(HELD, MATURED, half, START.plus(days=2).pays("c", 250_000))
    assert alert["evidence"]["proceeds"] == 250_000
    assert alert["severity"] == "high"


def test_the_last_day_within_the_time_counts_and_the_next_does_not():
    assert story(HELD, MATURED, START.plus(days=10).pays("c", 480_000)) == [("opened", "high")]
    assert story(HELD, MATURED, START.plus(days=11).pays("c", 480_000)) == []


def test_a_small_part_is_silent_and_parts_add_up():
    first, second = START.plus(days=2).pays("c", 149_000), START.plus(days=5).pays("c", 60_000)
    assert story(HELD, MATURED, first) == []
    assert story(HELD, MATURED, first, second) == [("opened", "medium")]


def test_the_severity_rises_with_the_share():
    parts = [START.plus(days=day).pays("c", 220_000) for day in (2, 4)]
    assert story(HELD, MATURED, parts) == [("opened", "medium"), ("updated", "high")]


def test_a_rent_that_falls_into_these_days_is_silent():
    small = START.product("c", "product_matured", "p1", amount=12_000)
    rent = [at(f"2025-0{month}-08 10:00").pays("c", 6_000) for month in (2, 3, 4)]
    assert story(small, rent) == []
    assert story(small, rent[-1:]) == [("opened", "medium")]


def test_who_pays_others_every_week_is_judged_by_more_than_that():
    weekly = [START.plus(days=-7 * week).pays("c", 200_000) for week in range(1, 9)]
    assert story(HELD, MATURED, weekly, START.plus(days=2).pays("c", 399_000)) == []  # up to 400,000 in ten days
    assert story(HELD, MATURED, weekly, START.plus(days=2).pays("c", 480_000)) == []
    assert story(HELD, MATURED, weekly, START.plus(days=2).pays("c", 800_000)) == [("opened", "high")]
    parts = (HELD, MATURED, weekly, START.plus(days=2).pays("c", 600_000))
    assert story(*parts) == []
    assert story(*parts, rules={KIND: {"times_usual": 1.5}}) == [("opened", "medium")]


def test_an_end_that_is_told_after_the_outflow_is_seen_all_the_same():
    out = movement(T0 + 2 * DAY, 480_000_00, counterparty=Counterparty("x"), event_id="out")
    late = service(T0, "product_matured", product=Product("p1", "wealth", 500_000_00))
    rule = MaturedOutflow(MaturedOutflowParams(), SHANGHAI)
    state = folded(out)
    assert rule.evaluate(state, out) is None
    signal = rule.evaluate(folded(late, state=state), late)
    assert isinstance(signal, Signal)
    assert signal.causes == (late.event_id, "out")


def test_money_of_the_time_before_is_not_the_proceeds():
    assert story(HELD, START.plus(days=-1).pays("c", 480_000), MATURED) == []


def test_a_loan_or_a_mortgage_that_ended_sets_nothing_free():
    loan = START.product("c", "product_closed", "l", kind="loan", amount=500_000)
    assert story(loan, START.plus(days=2).pays("c", 480_000)) == []
    settled = START.service("c", "mortgage_settled", product={"product_id": "m", "amount": 500_000})
    assert story(settled, START.plus(days=2).pays("c", 480_000)) == []


def test_a_product_whose_worth_is_told_by_its_account():
    held = [m.balance("c", 300_000, account="p9", kind="wealth") for m in every_day("2025-03-01", 30)]
    ends = [START.product("c", "product_redeemed", "p9"), START.plus(hours=1).balance("c", 0, account="p9")]
    [alert] = mine(held, ends, START.plus(days=2).pays("c", 290_000))
    assert alert["evidence"]["proceeds"] == 300_000


def test_several_products_of_one_time_are_looked_at_together():
    two = [START.product("c", "product_matured", name, amount=100_000) for name in ("a", "b")]
    [alert] = mine(two, START.plus(days=2).pays("c", 150_000))
    assert (alert["evidence"]["proceeds"], alert["evidence"]["share"]) == (200_000, 0.75)


def test_a_new_product_resolves_it():
    back = START.plus(days=20).product("c", "product_opened", "p2", kind="deposit", amount=400_000)
    assert story(HELD, MATURED, START.plus(days=2).pays("c", 480_000), back) == [
        ("opened", "high"),
        ("resolved", "high"),
    ]
    little = START.plus(days=20).product("c", "product_opened", "p2", kind="deposit", amount=300_000)
    assert story(HELD, MATURED, START.plus(days=2).pays("c", 480_000), little) == [("opened", "high")]


def test_it_speaks_for_the_balance_and_the_outflow_too_also_when_it_has_expired():
    held = [m.balance("c", 20_000) for m in every_day("2025-01-01", 96)]
    paid = START.plus(days=1).transaction("c", 500_000, "in", balance_after=520_000, account_id="a1")
    out = START.plus(days=2).pays("c", 480_000, balance_after=40_000, account_id="a1")
    after = [m.balance("c", 40_000) for m in every_day("2025-04-09", 60)]
    opened = {a["kind"] for a in run(HELD, held, MATURED, paid, out, after).alerts if a["state"] == "opened"}
    assert opened & {KIND, "balance_drop", "competitor_outflow"} == {KIND}


def test_small_change_is_silent():
    assert story(START.product("c", "product_matured", "p1", amount=4_999), START.plus(days=2).pays("c", 4_999)) == []
    assert story(START.product("c", "product_matured", "p1", amount=5_000), START.plus(days=2).pays("c", 5_000)) != []


@pytest.mark.parametrize(
    ("parameter", "value"), [("days", 1), ("min_share", 0.97), ("severe_share", 0.97), ("min_amount", 480_001)]
)
def test_each_threshold_comes_from_the_configuration(parameter, value):
    parts = (HELD, MATURED, START.plus(days=2).pays("c", 480_000))
    assert story(*parts, rules={KIND: {parameter: value}}) != [("opened", "high")]

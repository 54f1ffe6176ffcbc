"""Those who are left without contact on purpose: the same ones always, about behaviour only."""

from __future__ import annotations

import pytest
from support.desk import BEHAVIOUR, FACT
from support.timeline import at, run
from support.units import T0

from stream.domain.holdout import held_out
from stream.domain.signals import Signal
from stream.domain.state import State, decode
from stream.policy.base import Candidate, Moment
from stream.policy.holdout import Holdout

MANY = [f"customer-{number}" for number in range(20_000)]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_about_the_share_is_held_out_and_a_larger_share_holds_out_those_of_a_smaller(share):
    chosen = {name for name in MANY if held_out(name, share)}
    assert abs(len(chosen) / len(MANY) - share) < 0.1 * share + 0.002
    assert chosen <= {name for name in MANY if held_out(name, 2 * share)}


def test_nobody_and_everybody():
    assert not any(held_out(name, 0) for name in MANY[:1000])
    assert all(held_out(name, 1) for name in MANY[:1000])


def candidate(customer, rule):
    return Candidate(customer, State(), rule, Signal(rule.name, "high", {}), Moment(T0, 0))


def test_it_mutes_behaviour_and_no_fact():
    stage = Holdout(0.5)
    held = next(name for name in MANY if held_out(name, 0.5))
    free = next(name for name in MANY if not held_out(name, 0.5))
    assert stage.mutes(candidate(held, BEHAVIOUR))
    assert not stage.mutes(candidate(held, FACT))
    assert not stage.mutes(candidate(free, BEHAVIOUR))
    assert stage.until(candidate(held, BEHAVIOUR)) is None


def drained(customer):
    start = at("2025-01-01 12:00")
    days = [start.plus(days=day).balance(customer, 50_000) for day in range(60)]
    return [*days, start.plus(days=60).pays(customer, 48_000), start.plus(days=60, minutes=1).balance(customer, 2_000)]


def test_a_held_out_customers_warning_is_counted_and_remembered_and_nobody_is_told():
    held = next(name for name in MANY if held_out(name, 0.2))
    free = next(name for name in MANY if not held_out(name, 0.2))
    outcome = run(drained(held), drained(free), policy={"holdout_share": 0.2})
    assert {alert["customer_id"] for alert in outcome.alerts if alert["kind"] == "balance_drop"} == {free}
    assert decode(outcome.states[held.encode()]).held["balance_drop"].stage == "holdout"
    assert outcome.suppressed["holdout", "balance_drop"] >= 1
    assert {alert["customer_id"] for alert in run(drained(held)).alerts} == {held}  # off by default

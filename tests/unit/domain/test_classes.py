"""Which class a customer belongs to, by example, at the shipped configuration and at others."""

from __future__ import annotations

import datetime as dt

import pytest
from support.timeline import at, ms, run, settings, steady
from support.units import DAY, HOUR, SHANGHAI, T0, balance, folded, movement, profile, service

from stream.domain.classes import UNKNOWN, Classes, place
from stream.domain.events import Change
from stream.domain.figures import FIGURES
from stream.domain.state import State
from stream.engine.assemble import business


def fifth(month):
    """Return the morning of the fifth of a month after 2025-01."""
    return ms(f"{2025 + month // 12}-{month % 12 + 1:02d}-05 09:00")


def classed(*events, days=0, **sections):
    """Return the class and scheme of a customer, so many days after the last event, at the default configuration."""
    units = business(settings(**sections))
    state = folded(*events, business=units)
    today = units.day(state.newest + days * DAY)
    return units.classes.of(state, today).name


def company(limit=None, drawn=None, **more):
    """A company: a profile, and what is drawn of its line."""
    given = {"in_business_since": dt.date(2015, 5, 1), "debt_ratio": 0.5, "since": dt.date(2020, 1, 1), **more}
    known = [profile(T0, credit_limit=None if limit is None else limit * 100, **given)]
    return known if drawn is None else [*known, balance(T0 + 1, drawn * 100, "line", kind="credit_used")]


@pytest.mark.parametrize(
    ("events", "class_"),
    [
        (company(800_000), "key"),
        (company(799_999), "potential"),
        (company(800_000, debt_ratio=0.7), "key"),
        (company(800_000, debt_ratio=0.71), "potential"),
        (company(900_000, 500_000, debt_ratio=0.71), "mass"),
        (company(800_000, debt_ratio=None), "potential"),
        (company(900_000, in_business_since=dt.date(2022, 1, 1)), "key"),
        (company(900_000, in_business_since=dt.date(2022, 1, 2)), "potential"),
        (company(500_000, 250_000), "potential"),
        (company(500_000, 250_001), "maintain"),
        (company(800_000, 400_001, debt_ratio=0.9), "maintain"),
        (company(499_999, 400_000), "mass"),
        (company(), "mass"),
        (company(since=dt.date(2024, 1, 1)), "mass"),
        (company(since=dt.date(2024, 1, 2)), "unclassed"),
        (company(900_000, bad_faith=True), "phase-out"),
        (company(900_000, litigation=True), "phase-out"),
    ],
)
def test_a_business_by_credit_line_age_and_debts(events, class_):
    assert classed(*events) == class_


def test_long_inactive_is_phase_out_a_month_before_it_is_not():
    events = [*company(900_000), movement(T0, 100)]
    assert classed(*events, days=364) == "key"
    assert classed(*events, days=366) == "phase-out"


def test_a_key_customer_who_declines_is_to_be_adjusted():
    def months(*amounts):
        return [movement(fifth(n), amount * 100, category="order") for n, amount in enumerate(amounts)]

    assert classed(*company(900_000), *months(10, 9, 9, 9, 9, 9, 9, 9)) == "key"
    assert classed(*company(900_000), *months(10, 10, 10, 10, 6, 5, 4, 4)) == "adjust"
    assert classed(*company(900_000), *months(10, 4)) == "key"  # too short a past


def test_a_changed_credit_line_counts_from_then_on_and_a_newer_profile_again():
    cut = service(T0 + HOUR, "credit_limit_changed", change=Change(900_000, 300_000))
    assert classed(*company(900_000), cut) == "mass"
    later = [profile(T0 + DAY, credit_limit=900_000_00, in_business_since=dt.date(2015, 1, 1), debt_ratio=0.5)]
    assert classed(*company(900_000), cut, *later) == "key"


@pytest.mark.parametrize(
    ("amount", "class_"),
    [(1_000_000, "key"), (999_999, "potential"), (300_000, "potential"), (50_000, "maintain"), (49_999, "mass")],
)
def test_a_private_customer_by_assets(amount, class_):
    assert classed(balance(T0, amount * 100)) == class_
    assert classed(profile(T0, segment="affluent"), balance(T0, amount * 100)) == class_


@pytest.mark.parametrize(("spend", "class_"), [(200, "key"), (199, "potential"), (60, "maintain"), (59, "mass")])
def test_a_phone_customer_by_what_they_spend_a_month(spend, class_):
    calls = [movement(fifth(n), spend * 100, category="call", quantity=60_000, unit="min") for n in range(4)]
    assert classed(*calls, days=30) == class_


def test_an_account_beside_the_phone_makes_a_bank_customer():
    call = movement(T0, 300_00, category="call", quantity=60_000, unit="min")  # on the first: the month is whole
    assert classed(call, balance(T0, 10_00, kind="prepaid"), days=31) == "key"
    assert classed(call, balance(T0, 10_00, kind="savings"), days=31) == "mass"


def test_the_segment_decides_which_criteria_count():
    assert classed(*company(900_000, segment="payroll")) == "mass"
    assert classed(profile(T0, segment="corporate"), balance(T0, 2_000_000_00)) == "unclassed"
    assert classed(*company(900_000, segment="unheard-of")) == "key"


def test_what_the_profile_says_wins_however_it_is_written():
    assert classed(*company(900_000, class_="adjust")) == "adjust"
    assert classed(*company(900_000, class_="Phase_Out")) == "phase-out"
    assert classed(*company(900_000, class_=" KEY ")) == "key"
    assert classed(*company(900_000, class_="platinum club")) == "key"  # nobody knows that one
    assert classed(*company(10, class_="")) == "mass"


def test_a_stranger_is_nothing_special():
    units = business(settings())
    assert units.classes.of(State(), 20_000).name == "mass"
    assert Classes({}).of(State(), 20_000) == UNKNOWN


def test_standards_floors_and_weights_come_from_the_scheme_and_may_be_changed_for_all():
    units = business(settings())
    key = units.classes.of(folded(*company(900_000), business=units), units.day(T0))
    assert (key.contact_days, key.floor, key.weight) == (30, 20_000_00, 2.0)
    units = business(settings(classes={"key": {"contact_days": 7, "floor": 1.5}}))
    key = units.classes.of(folded(*company(900_000), business=units), units.day(T0))
    assert (key.contact_days, key.floor, key.weight) == (7, 150, 2.0)


def test_money_in_criteria_follows_the_base_currency_units():
    yen = settings(business={"currency": "JPY", "minor_units": 0})
    units = business(yen)
    state = folded(balance(T0, 1_000_000), business=units)
    assert units.classes.of(state, units.day(T0)).name == "key"


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_has_a_unit_and_a_meaning_and_knows_nothing_of_nobody(name):
    figure = FIGURES[name]
    assert figure.meaning
    assert not figure.ask(State(), 20_000)
    assert figure.ask.__doc__


def test_the_order_of_classes():
    names = ["key", "potential", "maintain", "mass", "adjust", "phase-out"]
    assert sorted(names, key=place) == names
    assert place("mass") < place("of our own") < place("adjust")


def test_a_rule_may_be_stricter_for_a_class_and_silent_for_another():
    def story(class_, **classes):
        drop = [at("2025-03-02 09:00").balance("c", 78_000), at("2025-03-04 09:00").balance("c", 78_000)]
        parts = (at("2025-01-01 09:00").profile("c", class_=class_), steady("c", 100_000), drop)
        return run(*parts, at("2025-03-20 12:00").passes(), classes=classes).story("balance_drop")

    strict = {"key": {"rules": {"balance_drop": {"min_share": 0.2}}}}
    assert story("key") == []
    assert story("key", **strict) == [("opened", "medium")]
    assert story("maintain", **strict) == []
    both = {
        "key": {"rules": {"balance_drop": {"min_share": 0.2}}},
        "mass": {"rules": {"balance_drop": {"enabled": False}}},
    }
    assert story("key", **both) == [("opened", "medium")]


def test_a_rule_that_is_off_may_be_on_for_one_class_only():
    def story(class_):
        parts = (
            at("2025-01-01 09:00").profile("c", class_=class_),
            steady("c", 100_000),
            at("2025-03-02 09:00").balance("c", 8_000),
            at("2025-03-20 12:00").passes(),
        )
        only = {"key": {"rules": {"balance_drop": {"enabled": True}}}}
        return run(*parts, rules={"balance_drop": {"enabled": False}}, classes=only).story("balance_drop")

    assert story("key") == [("opened", "high")]
    assert story("maintain") == []


def test_the_class_costs_no_walk_through_the_closings():
    state = folded(*[balance(T0 + n * DAY, 500_000_00 + n, f"a{n % 20}") for n in range(90)])
    units = business(settings())
    fields = [account.closings for account in state.accounts.values()]
    for account in state.accounts.values():
        account.closings = None  # whoever looks fails
    assert units.classes.of(state, SHANGHAI.day(state.newest)).name == "key"
    assert len(fields) == 20

"""The health of a relation, by example: warned under 50, loud under 30, over from 60."""

from __future__ import annotations

import pytest
from support.lives import fading
from support.timeline import at, every_day, run, settings
from support.units import DAY, SHANGHAI, T0, balance, complaint, folded, movement, profile, service

from stream.domain.events import Contact, Product
from stream.domain.health import PARTS, Weights, health
from stream.domain.state import State
from stream.engine.assemble import business

KIND = "health_score"
OPENING = at("2025-01-01 08:00").profile("c", rm_id="r", risk_grade="A", products=[{"product_id": "p", "kind": "card"}])


def life(days, amount=100_000, first="2025-01-01", acts=True):
    """Balance every evening, and a purchase every noon."""
    buys = [day.transaction("c", 50, category="purchase") for day in every_day(first, days, "12:00")] if acts else []
    return [buys, [day.balance("c", amount) for day in every_day(first, days)]]


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def told(*parts, **sections):
    return [alert for alert in run(*parts, **sections).alerts if alert["kind"] == KIND]


def test_a_relation_that_fades_on_every_side_is_told_once_with_its_parts():
    alerts = told(OPENING, life(100), life(50, 5_000, "2025-04-11", acts=False))
    assert [(alert["state"], alert["severity"]) for alert in alerts] == [("opened", "medium"), ("expired", "medium")]
    evidence = alerts[0]["evidence"]
    assert evidence["score"] < 50 <= evidence["before"]
    assert {"part_activity", "part_balance", "part_holdings", "part_complaints", "part_risk"} <= set(evidence)
    assert "part_contact" not in evidence  # nobody ever wrote one down
    assert evidence["worst"] == "balance"
    assert "(balance)" in alerts[0]["next_step"]["en"]
    assert "活跃度" in alerts[0]["reason"]["zh"]


def test_a_relation_that_goes_on_is_silent():
    assert story(OPENING, life(150)) == []


def test_one_bad_side_alone_is_silent():
    assert story(OPENING, life(100), life(50, 5_000, "2025-04-11")) == []  # less money, as busy as ever
    assert story(OPENING, life(100), life(50, 100_000, "2025-04-11", acts=False)) == []
    angry = [at("2025-04-10 10:00").complaint("c", f"k{n}", severity="high") for n in range(2)]
    assert story(OPENING, life(150), angry) == []


def test_it_resolves_at_a_higher_score_than_it_opened_at():
    alerts = told(fading.life())
    assert [alert["state"] for alert in alerts] == ["opened", "resolved"]
    assert alerts[1]["evidence"]["score"] >= 60
    stubborn = story(fading.life(), rules={KIND: {"clear_from": 100}})
    assert "resolved" not in [state for state, _ in stubborn]


def test_who_was_never_well_is_no_news():
    poor = at("2025-01-01 08:00").profile("c", risk_grade="D", products=[])
    angry = [at(f"2025-0{month}-02 10:00").complaint("c", f"k{month}", severity="critical") for month in (1, 2, 3, 4)]
    assert story(poor, angry, life(150, acts=False), rules={KIND: {"warn_below": 90, "clear_from": 95}}) == []


def test_too_young_or_too_little_known_is_silent():
    fall = [life(60), life(20, 1_000, "2025-03-02", acts=False)]
    assert story(OPENING, fall) == []
    bare = [life(100), life(50, 5_000, "2025-04-11", acts=False)]
    assert story(bare)[:2] == [("opened", "medium"), ("updated", "high")]
    assert story(bare, rules={KIND: {"min_parts": 4}}) == []


def test_a_phone_customer_who_goes_silent_is_told_by_timer():
    calls = [day.transaction("c", 1, category="call", quantity=5, unit="min") for day in every_day("2025-01-01", 100)]
    known = at("2025-01-01 08:00").profile("c", products=[{"product_id": "sim"}])
    assert story(known, calls, at("2025-04-20 12:00").passes()) == []
    assert story(known, calls, at("2025-06-10 12:00").passes())[0] == ("opened", "medium")
    gone = at("2025-04-12 12:00").service("c", "port_out_completed")
    assert story(known, calls, gone, at("2025-06-10 12:00").passes()) == []


def test_below_the_second_line_it_is_louder():
    grave = [at("2025-04-14 10:00").complaint("c", f"k{n}", severity="critical") for n in range(2)]
    lost = at("2025-04-15 10:00").product("c", "product_closed", "p")
    parts = (OPENING, life(100), grave, lost, life(50, 0, "2025-04-11", acts=False))
    assert story(*parts)[:2] == [("opened", "medium"), ("updated", "high")]
    assert story(*parts, rules={KIND: {"severe_below": 40}})[0] == ("opened", "high")
    assert "high" not in {severity for _, severity in story(*parts, rules={KIND: {"severe_below": 0}})}


def test_a_weight_of_nothing_takes_a_part_out():
    parts = (OPENING, life(100), life(50, 5_000, "2025-04-11", acts=False))
    only = {"balance": 0, "activity": 0, "contact": 0, "min_parts": 1}
    assert story(*parts, rules={KIND: only}) == []
    assert story(*parts, rules={KIND: dict.fromkeys(PARTS, 0)}) == []


def test_events_that_come_twice_or_late_change_nothing():
    parts = [OPENING, *life(100), *life(50, 5_000, "2025-04-11", acts=False)]
    once = [(a["state"], a["event_time"]) for a in told(*parts)]
    assert [(a["state"], a["event_time"]) for a in told(*parts, parts[1], parts[3])] == once


UNITS = business(settings())


def part(name, *events, days=0):
    state = folded(*events, business=UNITS)
    return PARTS[name](state, UNITS.day(state.newest + days * DAY), UNITS)


def talk(result):
    return Contact(event_id=f"x{result}", customer_id="c", time=T0, staff_id="s", how="call", result=result)


def test_contact_keeps_its_standard_and_falls_from_there():
    assert part("contact", balance(T0, 1)) is None
    assert part("contact", talk("not_reached")) == 0
    assert part("contact", talk("reached"), days=90) == 1
    assert part("contact", talk("reached"), days=180) == pytest.approx(0.5)
    assert part("contact", talk("reached"), days=400) == 0
    assert part("contact", profile(T0, class_="key"), talk("reached"), days=60) == pytest.approx(0.5)


def test_products_count_up_to_three():
    opened = [service(T0 + n, "product_opened", product=Product(f"p{n}")) for n in range(4)]
    assert [part("holdings", *opened[:n]) for n in range(5)] == [None, 0.5, 0.75, 1, 1]
    assert part("holdings", opened[0], service(T0 + 9, "product_closed", product=Product("p0"))) == 0


def test_activity_is_against_their_own_past():
    daily = [movement(T0 + n * DAY, 100) for n in range(90)]
    assert part("activity", *daily) == 1
    assert part("activity", *daily[:70]) is None
    assert part("activity", *daily, days=14) == pytest.approx(2 * 14 / 56)
    assert part("activity", *daily, days=40) == 0
    assert part("activity", *[movement(T0 + n * DAY, 100) for n in (0, 40, 89)]) is None  # too rare to compare


def test_balance_is_against_their_own_median():
    evenings = [balance(T0 + n * DAY, 1_000_00) for n in range(60)]
    assert part("balance", *evenings) == 1
    assert part("balance", *evenings[:20]) is None
    assert part("balance", *evenings, balance(T0 + 60 * DAY, 250_00)) == pytest.approx(0.25)
    assert part("balance", *evenings, balance(T0 + 60 * DAY, 9_000_00)) == 1
    assert part("balance", *evenings, balance(T0 + 60 * DAY, -5)) == 0


def test_complaints_count_until_they_are_settled_or_old():
    grave = complaint(T0, "k", severity="high")
    assert part("complaints", balance(T0, 1)) == 1
    assert part("complaints", grave) == 0.5
    assert part("complaints", grave, complaint(T0 + 1, "l", severity="low")) == 0.25
    assert part("complaints", grave, complaint(T0 + 1, "k", "closed", satisfied=True)) == 1
    assert part("complaints", grave, days=100) == 1


@pytest.mark.parametrize(
    ("grade", "value"), [("AAA", 1), ("bb+", 0.55), ("D", 0), ("关注", 0.6), ("3", 0.5), ("?", None)]
)
def test_risk_reads_the_usual_scales(grade, value):
    assert part("risk", profile(T0, risk_grade=grade)) == value


def test_weights_are_taken_up_to_the_whole_of_what_is_known():
    state = folded(profile(T0, risk_grade="3"), business=UNITS)
    assert health(state, T0, UNITS).parts == {"complaints": 1, "risk": 0.5}
    assert health(state, T0, UNITS).score == 75
    assert health(state, T0, UNITS, Weights(risk=0.3)).score == pytest.approx(62.5)
    assert health(State(), T0, SHANGHAI, Weights(complaints=0)).score is None

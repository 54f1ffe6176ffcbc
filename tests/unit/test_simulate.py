"""The simulated town: repeatable, in order, valid, and its truth agrees with its events."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import orjson
import pytest

from stream.codec import Codec
from stream.domain.business import Business
from stream.domain.events import ServiceType
from stream.simulate import leavers, precursors
from stream.simulate.clock import Clock
from stream.simulate.drift import DriftError, Drifts, parse
from stream.simulate.params import Params
from stream.simulate.population import draw
from stream.simulate.town import Options, Town

ZONE = ZoneInfo("Asia/Shanghai")
# Many leave and much happens, so that a small town shows everything.
BUSY = replace(
    Params(),
    leaving_rate=1.5,
    lookalike_rate=8.0,
    bank=tuple(replace(segment, purchases=0.3) for segment in Params().bank),
    phone=tuple(replace(segment, calls=0.4) for segment in Params().phone),
)
TOWN = Options(customers=220, days=150, seed=7, mess=0.02, params=BUSY)


@pytest.fixture(scope="module")
def town():
    town = Town(TOWN)
    return list(town.lines()), {truth.customer_id: truth for truth in town.truths()}


def milliseconds(line) -> int:
    return int(datetime.fromisoformat(line.value["time"]).timestamp() * 1000)


def by_customer(lines) -> dict:
    found = defaultdict(list)
    for line in lines:
        found[line.key].append(line)
    return found


def small(**more) -> Options:
    return replace(TOWN, customers=12, days=60, **more)


def test_the_same_seed_gives_the_same_town_and_another_seed_another():
    assert list(Town(small()).lines()) == list(Town(small()).lines())
    assert list(Town(small()).lines()) != list(Town(small(seed=8)).lines())


def test_a_customer_lives_the_same_life_in_a_larger_town_and_a_longer_run():
    few = by_customer(Town(small(mess=0.0)).lines())
    many = by_customer(Town(replace(TOWN, mess=0.0, customers=40)).lines())
    end = int(datetime(2025, 3, 2, tzinfo=ZONE).timestamp() * 1000)
    for customer in (name for name in few if not name.startswith("rm-")):
        early = [line.value for line in many[customer] if milliseconds(line) < end]
        assert [line.value for line in few[customer]] == early, customer


def test_lines_come_in_order_of_arrival_and_without_mess_in_order_of_event_time(town):
    arrivals = [line.timestamp for line in town[0]]
    assert arrivals == sorted(arrivals)
    times = [milliseconds(line) for line in Town(small(mess=0.0)).lines()]
    assert times == sorted(times)


def test_no_event_arrives_before_it_happened(town):
    assert all(milliseconds(line) < line.timestamp for line in town[0])


def test_the_mess_is_the_share_asked_for_half_late_half_twice(town):
    ids = Counter((line.topic, line.value["event_id"]) for line in town[0])
    late = sum(
        line.timestamp - milliseconds(line) > 60_000 for line in town[0] if ids[line.topic, line.value["event_id"]] == 1
    )
    twice = sum(count == 2 for count in ids.values())
    assert max(ids.values()) == 2
    assert 0.007 < late / len(ids) < 0.013
    assert 0.007 < twice / len(ids) < 0.013


def test_a_profile_comes_before_all_else_of_its_customer():
    first = {}
    for line in Town(small(mess=0.0)).lines():
        first.setdefault(line.key, line.topic)
    assert set(first.values()) <= {"customers", "staff"}


def test_every_event_is_valid(town):
    codec = Codec(Business(ZONE))
    for line in town[0]:
        codec.decode(line.topic, line.key.encode(), orjson.dumps(line.value), line.timestamp)


def test_every_kind_of_event_is_there(town):
    lines = town[0]
    assert {line.topic for line in lines} == {
        "customers", "transactions", "balances", "complaints", "service-events", "contacts", "staff",
    }  # fmt: skip
    assert {line.value["type"] for line in lines if line.topic == "service-events"} == set(get_args(ServiceType))
    statuses = {line.value["status"] for line in lines if line.topic == "complaints"}
    assert statuses >= {"opened", "answered", "closed", "disputed", "reopened", "updated"}
    categories = {line.value["category"] for line in lines if line.topic == "transactions"}
    assert categories >= {
        "payroll", "purchase", "transfer", "fee", "interest", "loan_payment", "recharge", "call", "data",
    }  # fmt: skip
    assert any(
        line.topic == "transactions" and line.value["category"] == "call" and not line.value["amount"] for line in lines
    )


def test_balances_follow_from_the_movements():
    last: dict = {}
    for line in Town(small(mess=0.0)).lines():
        value = line.value
        place = (line.key, value.get("account_id"))
        if line.topic == "transactions" and "balance_after" in value:
            signed = value["amount"] if value["direction"] == "in" else -value["amount"]
            if place in last:
                assert value["balance_after"] == pytest.approx(last[place] + signed, abs=0.005)
            assert value["balance_after"] >= 0
            last[place] = value["balance_after"]
        elif line.topic == "balances" and value["kind"] != "prepaid":
            assert value["balance"] == last.setdefault(place, value["balance"])


def test_the_truth_agrees_with_the_events(town):
    lines, truths = town
    lives = by_customer(lines)
    assert sum(truth.left_at is not None for truth in truths.values()) > 40
    for customer, truth in truths.items():
        own = lives.get(customer, [])
        closings = [line for line in own if line.value.get("type") in ("account_closed", "port_out_completed")]
        if truth.left_at is None:
            assert not closings
        else:
            assert all(milliseconds(line) <= truth.left_at * 1000 for line in own)
            assert {milliseconds(line) for line in closings} <= {truth.left_at * 1000}
            assert truth.left_at == truth.leaves_at
            assert truth.why
        for kind, when in truth.precursors:
            assert when < truth.leaves_at
            if kind in get_args(ServiceType):
                assert any(line.value.get("type") == kind and milliseconds(line) == when * 1000 for line in own)


def test_every_planted_kind_shows_and_some_leave_without_any(town):
    truths = town[1].values()
    planted = {kind for truth in truths for kind, _ in truth.precursors}
    stories = (*leavers.BANK, *leavers.PHONE)
    assert planted == {kind for story in stories for kind, *_ in story.precursors}
    assert any(truth.left_at is not None and not truth.precursors for truth in truths)
    assert any(truth.left_at is None and truth.lookalikes for truth in truths)


def test_a_drain_leaves_little_of_the_balance(town):
    lines, truths = town
    lives, seen = by_customer(lines), 0
    for customer, truth in truths.items():
        began = next((when for kind, when in truth.precursors if kind == "balance_drain"), None)
        if began is None or truth.left_at is None:
            continue
        away = [
            line.value["amount"]
            for line in lives[customer]
            if line.topic == "transactions"
            and line.value.get("counterparty", {}).get("own_name")
            and line.value["counterparty"]["institution"] != "own"
            and milliseconds(line) >= began * 1000
        ]
        seen += 1
        assert len(away) >= 2
    assert seen


@pytest.mark.parametrize(
    ("start", "of_month", "paid"), [("2025-03-10", 15, "2025-03-14"), ("2025-02-20", 31, "2025-02-28")]
)
def test_pay_due_at_a_weekend_or_beyond_the_month_comes_on_the_working_day_before(start, of_month, paid):
    clock = Clock(date.fromisoformat(start), 20, ZONE)
    assert [str(clock.date_of(day)) for day in range(15) if clock.payday(day, of_month)] == [paid]


def test_a_campaign_makes_more_leave_from_its_day_on():
    def left(drifts) -> int:
        clock = Clock(date(2025, 1, 1), 365, ZONE)
        options = replace(TOWN, params=Params())
        known = Drifts(drifts, clock)
        profiles = [profile_of(number, options) for number in range(600)]
        return sum(leavers.leaving(p, options.seed, options.params, known).day < 365 for p in profiles)

    assert left((parse("2025-02-01:campaign"),)) > 1.7 * left(())


def profile_of(number: int, options: Options):
    return draw(number, options.seed, options.params)


@pytest.mark.parametrize("text", ["campaign", "2025-13-01:campaign", "2025-04-01:sunshine", "2025-04-01:campaign=-2"])
def test_a_drift_that_cannot_be_read_says_what_is_expected(text):
    with pytest.raises(DriftError, match=r"expected|date|above 0"):
        parse(text)


def test_tiers_are_known_from_low_to_high():
    tiers = {tier for segment in (*Params().bank, *Params().phone) for tier in segment.tiers}
    assert tiers <= set(precursors.TIERS)
    assert all(low != high for low, high in pairwise(precursors.TIERS))


def test_when_an_employer_changes_the_bank_much_of_the_payroll_group_follows_within_weeks():
    params = replace(Params(), employer_rate=3.0, leaving_rate=0.01, household_follows=0.0)
    town = Town(Options(customers=240, days=60, seed=3, params=params))
    leaving = defaultdict(list)
    for life in town.lives:
        if life.truth.why == "employer changed bank":
            leaving[life.profile.payroll_group_id].append(life.truth.leaves_at)
    assert leaving
    assert None not in leaving
    sizes = Counter(life.profile.payroll_group_id for life in town.lives)
    for group, times in leaving.items():
        assert max(times) - min(times) <= 31 * 86_400
        assert 0.3 < len(times) / sizes[group] < 0.9


def test_who_stops_answering_used_to_reply(town):
    lines, truths = town
    lives, seen = by_customer(lines), 0
    for customer, truth in truths.items():
        began = next((when for kind, when in truth.precursors if kind == "stops_answering"), None)
        if began is not None:
            told = [(milliseconds(line), line.value["result"]) for line in lives[customer] if line.topic == "contacts"]
            assert sum(result == "replied" for time, result in told if time < began * 1000) >= 1
            assert (began * 1000, "read_no_reply") in told
            seen += 1
    assert seen

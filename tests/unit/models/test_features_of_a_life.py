"""What single features say of lives made for them."""

from __future__ import annotations

import datetime as dt
from math import expm1, log2

import pytest
from support.units import DAY, HOUR, SHANGHAI, T0, balance, complaint, folded, movement, profile, service

from models.features.lifetime import CDNOW, mbg_nbd
from models.features.sets import FEATURES, NAMES, vector
from stream.domain.events import Change, Contact, Counterparty, Forwarding, Product
from stream.domain.state import Episode, State

LOGS = {item.name for item in FEATURES if item.log}
NOW = T0 + 420 * DAY


def say(name, *events, time=NOW, state=None):
    """Return one figure in its own unit."""
    value = vector(folded(*events, state=state), time, SHANGHAI)[NAMES.index(name)]
    return expm1(value) if value is not None and name in LOGS else value


def buys(days, amount=10_000, **more):
    return [movement(NOW - round(n * DAY), amount, category="purchase", **more) for n in sorted(days, reverse=True)]


def close(value, rel=2e-3):
    return pytest.approx(value, rel=rel, abs=2e-3)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("recency", 5),
        ("tenure", 95),
        ("mean_gap", 30),
        ("gap_median", 30),
        ("gap_high", 40),
        ("last_gap", 30),
        ("last_two_gaps", 70),
        ("active_month_share", 1),
        ("recency_over_gap", 5 / 30),
        ("recency_over_high", 5 / 40),
        ("gaps_longer", 4 / 5),
        ("expected_silence", 4 * 5 / 125),
        ("acts_7", 1),
        ("acts_30", 1),
        ("acts_90", 3),
        ("acts_180", 4),
        ("acts_365", 4),
        ("acts_ever", 4),
        ("active_days_90", 3),
        ("active_weeks", 4),
        ("out_7", 100),
        ("out_30", 100),
        ("out_90", 300),
        ("out_180", 400),
        ("out_365", 400),
        ("spend_365", 400),
        ("mean_amount", 100),
        ("amount_trend", 0),
        ("returns", 0),
        ("acts_trend_3m", None),
        ("coming_weeks_last_year", None),
        ("balance", None),
        ("since_payroll", None),
        ("minutes_30", None),
        ("incidents_90", 0),
    ],
)
def test_a_buyer_every_month(name, expected):
    found = say(name, *buys([95, 75, 35, 5]))
    assert found is None if expected is None else found == close(expected)


def test_recency_counts_to_the_hour_from_the_moment_not_from_the_newest_event():
    life = [*buys([10]), balance(NOW - DAY, 5)]
    assert say("recency", *life) == close(10)
    assert say("recency", *life, time=NOW + 12 * HOUR) == close(10.5)
    assert say("since_news", *life) == close(1)


def test_a_return_is_no_act_but_counts_as_one_sent_back():
    life = [*buys([40, 20]), movement(NOW - 2 * DAY, 3_000, "in", category="return")]
    assert say("recency", *life) == close(20)
    assert say("acts_30", *life) == close(1)
    assert say("mean_gap", *life) == close(20)
    assert say("returns", *life) == close(1)
    assert say("return_share", *life) == close(0.5)
    assert say("since_return", *life) == close(2)
    assert say("spend_365", *life) == close(170)


def test_windows_hold_their_first_day_and_not_the_one_before():
    assert say("acts_7", *buys([6])) == close(1)
    assert say("acts_7", *buys([7])) == 0
    assert say("acts_30", *buys([29])) == close(1)
    assert say("acts_30", *buys([30])) == 0
    assert say("acts_90", *buys([89])) == close(1)
    assert say("acts_90", *buys([90])) == 0


def test_time_that_passes_empties_the_windows_though_nothing_happens():
    life = buys([3, 2, 1])
    assert say("acts_7", *life, time=NOW + 30 * DAY) == 0
    assert say("acts_90", *life, time=NOW + 30 * DAY) == close(3)
    assert say("acts_90", *life, time=NOW + 200 * DAY) == 0
    assert say("acts_365", *life, time=NOW + 200 * DAY) == close(3)
    assert say("acts_365", *life, time=NOW + 500 * DAY) == 0
    assert say("acts_ever", *life, time=NOW + 500 * DAY) == close(3)


def test_trends_tell_more_from_less():
    less, more = buys([400, *range(100, 180, 8), 30]), buys([400, 150, *range(5, 85, 8)])
    for name in ("acts_trend_3m", "out_trend_3m", "gap_trend"):
        low, high = say(name, *less), say(name, *more)
        assert low is not None
        assert high is not None
        assert (low < high) == (name != "gap_trend"), name


def test_half_years_are_compared_once_there_are_two():
    fewer, as_many = buys([300, 280, 260, 240, 20]), buys([300, 280, 40, 20])
    for name in ("acts_trend_6m", "out_trend_6m"):
        assert say(name, *fewer) < -0.5
        assert say(name, *as_many) == 0
        assert say(name, *buys([200, 20])) is None


def test_weighted_activity_forgets_by_its_half_life():
    old, new = say("weighted_30", *buys([60])), say("weighted_30", *buys([0]))
    assert old == close(new / 4, rel=0.2)
    assert say("weighted_180", *buys([60])) == close(say("weighted_180", *buys([0])) / 2 ** (1 / 3), rel=0.05)


def test_the_same_weeks_of_last_year_lie_ahead():
    assert say("coming_weeks_last_year", *buys([400, 330, 1])) == close(1)
    assert say("coming_weeks_last_year", *buys([400, 200, 1])) == 0
    assert say("coming_weeks_last_year", *buys([300, 1])) is None


def test_a_longer_silence_after_the_same_history_makes_it_likelier_that_nobody_is_there():
    chances = [say("alive", *buys(range(0, 200, 20)), time=NOW + n * DAY) for n in (0, 20, 60, 120)]
    assert chances == sorted(chances, reverse=True)
    ahead = [say("silent_ahead", *buys(range(0, 200, 20)), time=NOW + n * DAY) for n in (0, 20, 60, 120)]
    assert ahead == sorted(ahead)
    often, rare = say("alive", *buys(range(30, 330, 10))), say("alive", *buys([330, 30]))
    assert often < rare  # thirty days are nothing to who comes twice a year


def test_mbg_nbd_is_what_the_papers_formula_gives():
    odds, _ = mbg_nbd(CDNOW, 2, 30.43 * 7, 38.86 * 7)  # customer of Fader, Hardie and Lee's note on P(alive), in days
    a, b, r, alpha, x, last, age = 0.8, 2.4, 0.25, 31.0, 2, 30.43 * 7, 38.86 * 7
    there = 1 / (1 + a / (b + x) * ((alpha + age) / (alpha + last)) ** (r + x))
    assert odds == pytest.approx(log2(there / (1 - there)) / log2(2.718281828459045))
    assert mbg_nbd(CDNOW, 39, 40.0, 100_000.0) == (-12.0, 12.0)


def test_balances_have_level_direction_and_unrest():
    falling = [balance(NOW - n * DAY, 1_000_00 + n * 1_000_00) for n in range(60, -1, -1)]
    level = [balance(NOW - n * DAY, 5_000_00) for n in range(60, -1, -1)]
    assert say("balance", *falling) == close(1000)
    assert say("balance_slope", *falling) < -0.5
    assert say("balance_slope", *level) == 0
    assert say("balance_volatility", *level) == 0
    assert say("balance_volatility", *falling) > 0.4
    assert say("balance_trend", *falling) < -0.5
    assert say("balance_of_high", *falling) == close(1 / 61)
    assert say("balance_over_median", *level) == 1
    assert say("balance_slope", *level[-10:]) is None
    debt = [balance(NOW, 900, kind="credit_used")]
    assert say("balance", *debt) == 0


def test_money_to_other_institutions():
    rival, own = Counterparty("rival", True), Counterparty("own")
    life = [
        movement(NOW - 2 * DAY, 30_000, counterparty=rival),
        movement(NOW - 2 * DAY + 1, 10_000, counterparty=own),
        movement(NOW - 100 * DAY, 60_000),
    ]
    assert say("elsewhere_share_30", *life) == close(0.75)
    assert say("elsewhere_share_365", *life) == close(0.3)
    assert say("elsewhere_30", *life) == close(300)
    assert say("own_name_elsewhere", *life) == close(300)
    assert say("elsewhere_of_balance", *life, balance(NOW, 90_000)) == close(0.25)
    assert say("elsewhere_share_30", *buys([1])) == 0
    assert say("elsewhere_30", *buys([1])) is None


def test_a_salary_that_does_not_come():
    paid = [movement(NOW - n * DAY, 800_000, "in", category="payroll") for n in (150, 120, 90, 60)]
    assert say("since_payroll", *paid) == close(60)
    assert say("payroll_overdue", *paid) == close(2)
    assert say("payroll_amount", *paid) == close(8000)
    assert say("payroll_last", *paid, movement(NOW - 30 * DAY, 200_000, "in", category="payroll")) == close(0.25)
    assert say("payroll_overdue", *paid[:2]) is None


def test_points_that_come_in_are_told_from_those_that_go():
    earned = movement(NOW - 5 * DAY, 0, "in", category="points_earned", quantity=500_000, unit="point")
    spent = movement(NOW - 4 * DAY, 0, "out", category="points_spent", quantity=400_000, unit="point")
    assert say("points_earned", earned) == close(500)
    assert say("points_spent", earned) == 0
    assert say("points_spent", earned, spent) == close(400)
    assert say("points_used_up", earned, spent) == close(0.8)


def test_calls_and_data():
    calls = [movement(NOW - n * DAY, 0, category="call", quantity=10_000, unit="min") for n in range(84, 28, -1)]
    few = [movement(NOW - n * DAY, 0, category="call", quantity=1_000, unit="min") for n in range(28, -1, -1)]
    assert say("minutes_30", *calls, *few) == close(10 + 29)
    assert say("minutes_trend", *calls, *few) < -2
    assert say("data_30", *calls) is None
    data = [movement(NOW - n * DAY, 0, category="data", quantity=5_000_000, unit="MB") for n in (40, 3)]
    assert say("data_30", *data) == close(5000)
    assert say("data_trend", *data) == close(log2((5 + 0.5) / (2.5 + 0.5)), rel=0.01)


def test_products_and_credit():
    held = Product("p", "deposit", 10_000, dt.date(2026, 4, 1))
    opened, closed = (
        service(NOW - n * DAY, what, product=held) for n, what in ((50, "product_opened"), (5, "product_closed"))
    )
    assert say("products_held", opened) == 1
    assert say("until_maturity", opened) == close((dt.date(2026, 4, 1) - SHANGHAI.date(SHANGHAI.day(NOW))).days)
    assert say("products_held", opened, closed) == 0
    assert say("products_ended", opened, closed) == 1
    line = [balance(NOW - DAY, 20_000, kind="credit_used", limit=80_000)]
    assert say("credit_line", *line) == close(800)
    assert say("credit_drawn", *line) == close(0.25)
    cut = service(NOW - 3 * DAY, "credit_limit_changed", change=Change(1000, 500))
    assert say("credit_changed", cut) == -1
    assert say("credit_changed", cut, time=NOW + 200 * DAY) is None


def test_tier_class_and_what_the_profile_says():
    here = profile(NOW - 300 * DAY, tier="gold", class_="key", debt_ratio=0.4, since=dt.date(2020, 1, 1))
    down = service(NOW - 10 * DAY, "tier_changed", change=Change("gold", "basic"))
    assert say("tier", here) == 2
    assert say("tier_fell", here) == 0
    assert say("tier_fell", here, down) == 2
    assert say("tier_fell", here, down, time=NOW + 200 * DAY) == 0
    assert say("debt_ratio", here) == close(0.4)
    assert say("years_with_us", here) == close(6.16, rel=0.01)
    assert say("class_place", here) is not None
    assert say("class_place", profile(NOW - DAY)) is None


def test_complaints_and_how_they_are_handled():
    waits = complaint(NOW - 4 * DAY, "k", severity="high")
    assert say("complaints_90", waits) == 1
    assert say("complaint_waiting", waits) == close(4)
    assert say("complaint_severity", waits) == 3
    assert say("complaints_unsettled", waits) == 1
    done = complaint(NOW - 2 * DAY, "k", "closed", satisfied=True)
    assert say("complaint_waiting", waits, done) == 0
    assert say("complaints_unsettled", waits, done) == 0
    assert say("since_complaint", waits, done) == close(2)
    assert say("complaint_waiting") is None
    assert say("complaints_90", waits, time=NOW + 100 * DAY) == 0


@pytest.mark.parametrize("what", ["port_out", "account_closing"])
def test_a_request_to_leave_stands_until_it_is_taken_back(what):
    asked = service(NOW - 5 * DAY, f"{what}_requested")
    taken_back = service(NOW - 4 * DAY, f"{what}_cancelled")
    assert say("asked_to_leave", asked) == 1
    assert say("asked_to_leave", asked, taken_back) == 0
    assert say("saved_before", asked, taken_back) == 1
    assert say("asked_to_leave", asked, taken_back, service(NOW - 3 * DAY, f"{what}_requested")) == 1
    assert say("asked_to_leave", asked, time=NOW + 100 * DAY) == 0


def test_other_signs():
    failed = [
        service(NOW - n * DAY, "service_incident", cause=c) for n, c in ((50, "dropped_call"), (9, None), (1, "x"))
    ]
    assert say("incidents_30", *failed) == close(2)
    assert say("incidents_90", *failed) == close(3)
    assert say("orders_cancelled", service(NOW - DAY, "standing_order_cancelled")) == 1
    assert say("renewal_declined", service(NOW - DAY, "renewal_declined")) == 1
    assert say("plan_changes", service(NOW - DAY, "plan_changed")) == 1
    barred = service(NOW - 5 * DAY, "suspended", cause="arrears")
    assert say("suspended", barred) == 1
    assert say("suspended", barred, service(NOW - DAY, "restored")) == 0


def test_calls_forwarded_to_another_network():
    def to(state, network):
        return service(NOW - DAY, "call_forwarding", forwarding=Forwarding(state, network, "+8613012345678"))

    assert say("forwarded_away", to("unconditional", "rival")) == 2
    assert say("forwarded_away", to("conditional_busy", "rival")) == 1
    assert say("forwarded_away", to("unconditional", "own")) == 0
    assert say("forwarded_away", to("inactive", "rival")) == 0
    assert say("since_forwarding", to("inactive", "rival")) == close(1)
    assert say("forwarded_away") is None


def test_contacts():
    def tried(days, result):
        return Contact(
            event_id=f"x{days}", customer_id="c", time=NOW - days * DAY, staff_id="s", how="call", result=result
        )

    assert say("since_reached", tried(30, "reached"), tried(2, "not_reached")) == close(30)
    assert say("unanswered", tried(30, "reached"), tried(2, "not_reached")) == close(1)
    assert say("since_reached", tried(2, "not_reached")) is None
    assert say("contact_overdue", tried(30, "reached")) is None


def test_others_of_the_group_left():
    state = folded(profile(NOW - DAY, household_id="h"))
    assert say("group_leaving", state=state) == 0
    state.episodes = {"group_contagion": Episode("e", NOW, NOW, 1, "high", NOW)}
    assert say("group_leaving", state=state) == 1
    assert say("group_leaving", state=State()) is None


def test_the_season_comes_round_after_a_year():
    first, half, year = (
        (say("season_sine", time=NOW + n * DAY), say("season_cosine", time=NOW + n * DAY)) for n in (0, 183, 365)
    )
    assert year == pytest.approx(first, abs=0.01)
    assert half == pytest.approx((-first[0], -first[1]), abs=0.02)
    january = SHANGHAI.day_start(SHANGHAI.day_of_date(dt.date(2026, 1, 1)))
    assert say("season_cosine", time=january) == pytest.approx(1, abs=0.001)

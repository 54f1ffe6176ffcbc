"""A sudden fall in calls, data, card uses or orders, by example. Holidays are China's of 2025."""

from __future__ import annotations

import datetime as dt
import random
from itertools import chain, repeat

import pytest
from support.timeline import at, every_day, run
from support.units import SHANGHAI, T0

from stream.domain.state import State
from stream.rules.usage_drop import UsageDrop, UsageDropParams

KIND = "usage_drop"
START = "2025-05-06"  # after the holidays of May; 2025-06-02 is the only one until October
WEEKS = 12
FALL = "2025-07-29"  # a Tuesday, twelve weeks later


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def use(first, days, *minutes, category="call", unit="min"):
    """One call a day of so many minutes, by turns; 0 = none that day."""
    amounts = chain.from_iterable(repeat(minutes))
    return [
        moment.transaction("c", 1, category=category, quantity=amount, unit=unit)
        for moment, amount in zip(every_day(first, days), amounts, strict=False)
        if amount
    ]


def shop(first, days, per_day):
    """So many card purchases a day, by turns."""
    counts = chain.from_iterable(repeat(per_day))
    return [
        moment.plus(minutes=number).transaction("c", 50, category="purchase")
        for moment, count in zip(every_day(first, days), counts, strict=False)
        for number in range(count)
    ]


USUAL = use(START, 7 * WEEKS, 28, 30, 33)


def test_calls_that_fall_warn_once_they_outlast_a_trip():
    outcome = run(USUAL, use(FALL, 14, 2))
    assert outcome.story() == [("opened", "high")]
    [alert] = outcome.alerts
    assert "2025-08-07" < alert["event_time"] < "2025-08-09"
    assert alert["evidence"]["measure"] == "min"
    assert alert["evidence"]["observed"] == 2
    assert 28 <= alert["evidence"]["usual"] <= 33
    assert alert["evidence"]["since"] == FALL
    assert alert["evidence"]["unit"] == "min"
    assert alert["series"][-1] == ["2025-08-07", 2]
    assert "通话时长" in alert["reason"]["zh"]


def test_silence_alone_warns_by_timer():
    outcome = run(USUAL, at("2025-08-10 12:00").passes())
    assert outcome.story() == [("opened", "high")]
    [alert] = outcome.alerts
    assert alert["event_time"] == "2025-08-07T16:10:00.000Z"  # the end of the tenth silent day
    assert alert["evidence"]["observed"] == 0
    assert alert["causes"] == []


def test_nine_silent_days_are_not_enough():
    assert story(USUAL, at("2025-08-06 23:59").passes()) == []


@pytest.mark.parametrize("days", [3, 6, 9])
def test_a_trip_is_silent(days):
    back = at(FALL).plus(days=days)
    assert (
        story(USUAL, use(FALL, days, 3), use(f"{dt.datetime.fromtimestamp(back.time / 1000):%Y-%m-%d}", 30, 30)) == []
    )


def forwarded(network="rival", state="unconditional"):
    return at("2025-07-30 09:00").forwarding("c", state, network)


def test_beside_another_grave_warning_a_fall_is_told_within_days():
    outcome = run(USUAL, forwarded(), use(FALL, 8, 2))
    assert outcome.story(KIND, "c") == [("opened", "high")]
    [alert] = [alert for alert in outcome.alerts if alert["kind"] == KIND]
    assert "2025-08-01" < alert["event_time"] < "2025-08-03"
    assert alert["evidence"]["beside"] == "call_forwarding_off_net"
    assert "call forwarding off net is open as well" in alert["reason"]["en"]
    assert "call_forwarding_off_net" in alert["reason"]["zh"]


def test_a_lesser_warning_or_one_that_has_ended_is_no_witness():
    assert story(USUAL, forwarded(state="conditional_busy"), use(FALL, 8, 2)) == []
    cleared = at("2025-07-31 09:00").forwarding("c", "inactive")
    assert story(USUAL, forwarded(), cleared, use(FALL, 8, 2)) == []
    assert story(USUAL, forwarded(), use(FALL, 8, 2), rules={KIND: {"beside": []}}) == []


def test_it_says_so_once_and_a_fall_that_stays_becomes_the_habit():
    assert story(USUAL, use(FALL, 130, 2)) == [("opened", "high"), ("expired", "high")]


def test_another_fall_from_the_new_habit_warns_again():
    parts = (USUAL, use(FALL, 130, 9), at("2025-12-20 12:00").passes())
    assert story(*parts) == [("opened", "medium"), ("expired", "medium"), ("opened", "high")]


def test_usage_that_comes_back_resolves():
    outcome = run(USUAL, use(FALL, 14, 2), use("2025-08-12", 10, 30))
    assert outcome.story() == [("opened", "high"), ("resolved", "high")]
    assert outcome.alerts[-1]["evidence"]["observed"] > 20
    assert "2025-08-16" < outcome.alerts[-1]["event_time"] < "2025-08-18"  # five days back


def test_two_days_back_do_not_resolve():
    assert story(USUAL, use(FALL, 14, 2), use("2025-08-12", 2, 30), use("2025-08-14", 3, 2)) == [("opened", "high")]


def test_a_fall_to_a_third_is_a_lesser_warning_and_its_deepening_a_worse_one():
    assert story(USUAL, use(FALL, 20, 10)) == [("opened", "medium")]
    assert story(USUAL, use(FALL, 12, 9), use("2025-08-10", 16, 0, 0, 0, 1)) == [
        ("opened", "medium"),
        ("updated", "high"),
    ]


def test_a_fall_by_a_third_is_silent():
    assert story(USUAL, use(FALL, 40, 20)) == []


@pytest.mark.parametrize(("unit", "category", "measure"), [("MB", "data", "MB"), ("item", "order", "item")])
def test_data_and_items_have_their_own_measure(unit, category, measure):
    usual = use(START, 7 * WEEKS, 600, 700, 650, category=category, unit=unit)
    outcome = run(usual, use(FALL, 14, 20, category=category, unit=unit))
    assert outcome.story() == [("opened", "high")]
    assert outcome.alerts[0]["evidence"]["measure"] == measure


def test_calls_that_stop_warn_though_data_goes_on():
    data = use(START, 7 * WEEKS + 14, 600, 700, 650, category="data", unit="MB")
    outcome = run(USUAL, data)
    assert outcome.story() == [("opened", "high")]
    assert outcome.alerts[0]["evidence"]["measure"] == "min"


def test_card_uses_are_counted():
    outcome = run(shop(START, 7 * WEEKS, (2, 3, 1, 2, 4)), at("2025-08-15 12:00").passes())
    assert outcome.story() == [("opened", "high")]
    assert outcome.alerts[0]["evidence"]["measure"] == "acts"


def test_quiet_weekends_are_silent():
    tuesdays_on = (30, 32, 28, 30, 0, 0, 31)
    assert story(use(START, 7 * (WEEKS + 4), *tuesdays_on)) == []


def test_a_fall_on_working_days_warns_though_weekends_are_as_ever():
    usual = use(START, 7 * WEEKS, 30, 32, 28, 30, 6, 5, 31)
    assert story(usual, use(FALL, 12, 2, 2, 2, 2, 6, 5, 2)) == [("opened", "high")]


def test_a_quiet_new_year_is_silent():
    usual = use("2024-10-08", 112, 28, 30, 33)  # to 2025-01-27, the day before the holiday
    assert story(usual, use("2025-02-05", 20, 30)) == []


def test_a_fall_over_the_new_year_warns_after_it():
    usual = use("2024-10-08", 112, 28, 30, 33)
    outcome = run(usual, at("2025-02-20 12:00").passes())
    assert outcome.story() == [("opened", "high")]
    assert outcome.alerts[0]["event_time"] > "2025-02-06"


def test_another_countrys_calendar_has_other_holidays():
    usual = use("2024-10-08", 112, 28, 30, 33)
    parts = (usual, use("2025-02-09", 20, 30))
    assert story(*parts, business={"calendar": "DE"}) == [("opened", "high"), ("resolved", "high")]


def test_a_new_customer_is_silent():
    assert story(use(START, 7 * 7, 28, 30, 33), at("2025-07-20 12:00").passes()) == []


def test_how_much_history_is_needed_is_configured():
    short = {"rules": {KIND: {"min_weeks": 4}}}
    assert story(use(START, 7 * 7, 28, 30, 33), at("2025-07-20 12:00").passes(), **short) == [("opened", "high")]


def test_little_usage_is_silent_whatever_becomes_of_it():
    assert story(use(START, 7 * WEEKS, 2), at("2025-09-20 12:00").passes(), rules={KIND: {"min_acts": 8}}) == []
    assert story(use(START, 7 * WEEKS, 30, 0, 0, 0, 0, 0, 0), at("2025-09-20 12:00").passes()) == []


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_silent(seed):
    noise = random.Random(seed)
    usual = use(START, 7 * 30, *(round(30 * noise.lognormvariate(0, 0.8)) for _ in range(7 * 30)))
    assert story(usual) == []


def test_a_noisy_usage_takes_longer_to_convince():
    noise = random.Random(2)
    usual = use(START, 7 * WEEKS, *(noise.choice((4, 10, 20, 40, 70)) for _ in range(7 * WEEKS)))
    outcome = run(usual, at("2025-09-20 12:00").passes())
    opened = [alert for alert in outcome.alerts if alert["state"] == "opened" and alert["evidence"]["measure"] == "min"]
    assert all(alert["event_time"] > "2025-08-02" for alert in opened)
    assert outcome.story()[0] == ("opened", "high")


def test_one_busy_day_does_not_hide_a_fall():
    assert story(USUAL, use(FALL, 14, 2, 2, 2, 60, 2, 2, 2)) == [("opened", "medium")]


def test_records_that_come_a_day_late_are_counted_on_their_own_day():
    late = [
        moment.arriving(str(dt.datetime.fromtimestamp(moment.time / 1000) + dt.timedelta(days=1))).transaction(
            "c", 1, category="call", quantity=30, unit="min"
        )
        for moment in every_day(FALL, 14)
    ]
    profiles = [moment.plus(hours=1).balance("c", 100) for moment in every_day(FALL, 14)]
    assert story(USUAL, late, profiles) == []


def test_the_same_records_twice_are_one():
    parts = (USUAL, use(FALL, 14, 2))
    assert story(*parts, *parts) == story(*parts) == [("opened", "high")]


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"lasting_days": 11}, 0), ({"threshold": 50}, 0), ({"day_weight": 0.5}, 0), ({"max_share": 0.01}, 0), ({}, 1)],
)
def test_how_sure_it_has_to_be_is_configured(changed, told):
    assert len(story(USUAL, use(FALL, 11, 2), rules={KIND: changed})) == told


def test_a_fall_to_seven_tenths_can_be_looked_for():
    mild = {"rules": {KIND: {"fall_to": 0.7, "max_share": 0.8, "threshold": 3, "day_weight": 10}}}
    assert story(USUAL, use(FALL, 30, 18), **mild) == [("opened", "medium")]


def test_a_line_that_we_suspended_ourselves_is_silent_and_is_judged_anew_afterwards():
    suspended = at("2025-07-28 23:00").service("c", "suspended", cause="arrears")
    restored = at("2025-08-06 09:00").service("c", "restored")
    assert story(USUAL, suspended, at("2025-09-10 12:00").passes()) == []
    assert story(USUAL, suspended, restored, use("2025-08-06", 20, 30)) == []
    outcome = run(USUAL, suspended, restored, use("2025-08-06", 20, 2))
    assert outcome.story() == [("opened", "high")]
    assert outcome.alerts[0]["event_time"] > "2025-08-10"


def test_nobody_waits_for_the_calls_of_a_customer_who_left():
    gone = at("2025-07-28 20:00").service("c", "port_out_completed")
    assert story(USUAL, gone, at("2025-09-01 12:00").passes()) == []


def test_what_it_goes_by_can_be_asked():
    rule = UsageDrop(UsageDropParams(), SHANGHAI)
    assert rule.look(State(), T0) == {"fires_at": 10, "measures": []}
    known = State(memory={KIND: [20_000, 20_000, 0, 6, 1500, 19_999, 3000, *[30_000] * 7]})
    assert not known.days.items
    usage = rule.look(known, T0)
    assert usage["measures"] == ["MB"]
    assert usage["MB_sum"] == 1.5
    assert usage["MB_usual_week"] == 210

"""No contact within the class's standard, by example. Key customers: 30 days, then three working days of grace."""

from __future__ import annotations

import pytest
from support.timeline import At, at, run
from support.units import SHANGHAI, T0, folded, profile

from stream.domain.business import Business
from stream.domain.classes import Classes, CustomerClass
from stream.rules.contact_gap import ContactGap, ContactGapParams

KIND = "contact_gap"
START = at("2025-03-03 09:00")  # a Monday
KEY = START.profile("c", class_="key", rm_id="r")


def talks(moment: At, result="reached"):
    return moment.event("contacts", "c", staff_id="r", how="call", result=result)


def until(text):
    return at(text).passes()


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def test_a_key_customer_whom_nobody_called_is_told_after_the_standard_and_its_grace():
    outcome = run(KEY, talks(START.plus(days=1)), until("2025-04-20 12:00"))
    assert outcome.story() == [("opened", "high")]
    [alert] = outcome.alerts
    # reached on March 4, standard until April 3; the fourth to the sixth are a holiday and a weekend in China:
    # the grace is April 7, 8, 9
    assert alert["event_time"] == "2025-04-10T00:00:00.000Z"
    assert alert["evidence"]["days"] == 37
    assert alert["evidence"]["standard_days"] == 30
    assert alert["evidence"]["reached"] == "2025-03-04"
    assert "37 days" in alert["reason"]["en"]
    assert "重点客户已 37 天" in alert["reason"]["zh"]


def test_before_the_end_of_the_grace_nothing_is_said():
    assert story(KEY, talks(START.plus(days=1)), until("2025-04-10 07:59")) == []


def test_a_key_customer_called_every_fortnight_or_once_a_month_is_silent():
    fortnights = [talks(START.plus(days=1 + 14 * n)) for n in range(9)]
    assert story(KEY, fortnights, until("2025-07-01 12:00")) == []
    months = [talks(at(f"2025-{month:02d}-04 10:00")) for month in range(3, 9)]
    assert story(KEY, months, until("2025-09-01 12:00")) == []


@pytest.mark.parametrize("result", ["not_reached", "read_no_reply", "declined"])
def test_attempts_are_no_contacts(result):
    tries = [talks(START.plus(days=n), result) for n in range(2, 36, 7)]
    outcome = run(KEY, talks(START.plus(days=1)), tries, until("2025-04-20 12:00"))
    assert outcome.story(KIND) == [("opened", "high")]
    if result != "declined":
        assert outcome.alerts[-1]["evidence"]["attempts"] == 5


def test_a_reply_is_a_contact():
    replies = [talks(START.plus(days=n), "replied") for n in range(1, 60, 14)]
    assert story(KEY, replies, until("2025-05-10 12:00")) == []


def test_it_resolves_when_they_are_reached_and_counts_from_there():
    call = talks(at("2025-04-15 15:00"))
    assert story(KEY, call, until("2025-05-10 12:00")) == [("opened", "high"), ("resolved", "high")]
    assert story(KEY, call, until("2025-05-25 12:00"))[2:] == [("opened", "high")]
    failed = talks(at("2025-04-15 15:00"), "not_reached")
    assert story(KEY, failed, until("2025-04-25 12:00")) == [("opened", "high")]


def test_the_news_of_a_call_that_comes_late_counts_from_the_call():
    before = until("2025-04-18 12:00")
    recent = talks(at("2025-04-05 10:00").arriving("2025-04-20 10:00"))
    outcome = run(KEY, before, recent, until("2025-04-25 12:00"))
    assert [alert["state"] for alert in sorted(outcome.alerts, key=lambda alert: alert["sequence"])] == [
        "opened",
        "resolved",
    ]


def test_a_call_that_is_sent_twice_or_out_of_order_is_one():
    calls = [talks(START.plus(days=28)), talks(START.plus(days=28)), talks(START.plus(days=14))]
    assert story(KEY, calls, until("2025-04-20 12:00")) == []


def test_never_reached_counts_from_the_first_profile_and_not_from_years_ago():
    assert story(START.profile("c", class_="key", since="2015-01-01"), until("2025-04-05 12:00")) == []
    outcome = run(START.profile("c", class_="key", since="2015-01-01"), until("2025-04-20 12:00"))
    assert outcome.story() == [("opened", "high")]
    assert "never reached" in outcome.alerts[0]["reason"]["en"]
    earlier = at("2024-12-01 09:00").balance("c", 100)
    assert story(earlier, KEY, until("2025-04-05 12:00")) == []


def test_a_since_that_lies_ahead_is_waited_for():
    assert story(START.profile("c", class_="key", since="2025-04-01"), until("2025-04-30 12:00")) == []
    assert story(START.profile("c", class_="key", since="2025-04-01"), until("2025-05-20 12:00")) == [
        ("opened", "high")
    ]


@pytest.mark.parametrize("class_", ["mass", "phase-out"])
def test_a_class_without_a_standard_is_silent(class_):
    assert story(START.profile("c", class_=class_), until("2026-03-03 12:00")) == []


def test_nobody_without_a_profile_has_an_rm_to_call_them():
    assert story(START.balance("c", 9_000_000), until("2025-12-01 12:00")) == []


def test_missed_twice_is_worse_for_a_lesser_class():
    standards = {"maintain": {"contact_days": 20}}
    parts = (START.profile("c", class_="maintain"), until("2025-04-20 12:00"))
    assert story(*parts, classes=standards) == [("opened", "medium"), ("updated", "high")]


def test_a_profile_that_makes_a_neglected_customer_key_tells_at_once_and_one_that_lowers_them_clears():
    parts = [START.profile("c", class_="mass"), at("2025-06-02 09:00").profile("c", class_="key")]
    assert story(*parts) == [("opened", "high")]
    assert story(*parts, at("2025-06-04 09:00").profile("c", class_="mass")) == [
        ("opened", "high"),
        ("resolved", "high"),
    ]


def test_a_class_that_is_derived_counts_too_also_when_it_rises_in_silence():
    rich = [START.profile("c"), START.balance("c", 2_000_000)]
    assert story(*rich, until("2025-04-30 12:00")) == [("opened", "high")]
    poor = [START.profile("c"), START.balance("c", 2_000), at("2025-03-20 09:00").balance("c", 2_000_000)]
    assert story(*poor, until("2025-05-01 12:00")) == [("opened", "high")]


def test_who_has_left_is_not_called():
    gone = START.plus(days=5).service("c", "account_closed")
    assert story(KEY, gone, until("2025-06-30 12:00")) == []


def test_the_grace_and_the_hour_are_parameters():
    parts = (KEY, talks(START.plus(days=1)))
    prompt = {"contact_gap": {"grace_working_days": 0, "hour": 0}}
    assert story(*parts, until("2025-04-03 23:59"), rules=prompt) == []
    # April 4 is a holiday: a standard that ends on the third is missed on the fourth
    assert story(*parts, until("2025-04-04 00:00"), rules=prompt) == [("opened", "high")]


def test_it_says_what_it_goes_by():
    classes = Classes({"key": CustomerClass("key", contact_days=30)})
    units = Business(zone=SHANGHAI.zone, classes=classes)
    rule = ContactGap(ContactGapParams(), units)
    figures = rule.look(folded(profile(T0, class_="key"), business=units), T0 + 10 * 86_400_000)
    assert figures["class"] == "key"
    assert (figures["standard_days"], figures["days"], figures["reached"]) == (30, 10, "")

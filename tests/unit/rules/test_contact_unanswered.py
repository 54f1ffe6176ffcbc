"""Contacts that are no longer answered, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run
from support.units import DAY, T0, folded

from stream.domain import contacts
from stream.domain.events import Contact

KIND = "contact_unanswered"
START = at("2025-01-06 09:00")


def contact(day, result, how="mail", **fields):
    return START.plus(days=day).event("contacts", "c", staff_id="rm-1", how=how, result=result, **fields)


def tries(*days, result="read_no_reply", how="mail"):
    return [contact(day, result, how) for day in days]


ANSWERED = [contact(0, "replied"), contact(10, "replied")]


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def test_three_mails_read_and_not_answered_open():
    outcome = run(ANSWERED, tries(20, 30), contact(40, "read_no_reply", event_id="third"))
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert (alert["state"], alert["severity"]) == ("opened", "medium")
    assert alert["evidence"]["observed"] == 3
    assert alert["evidence"]["means"] == ["mail × 3"]
    assert alert["evidence"]["answered_on"] == "2025-01-16"
    assert alert["causes"] == ["third"]
    assert "邮件 3 次" in alert["reason"]["zh"]


def test_two_are_silent():
    assert story(ANSWERED, tries(20, 30)) == []


def test_somebody_who_never_answered_is_silent():
    assert story(tries(*range(0, 100, 10))) == []


def test_somebody_reached_by_calls_only_is_silent_about_mails():
    calls = [contact(0, "reached", "call"), contact(10, "reached", "call")]
    assert story(calls, tries(20, 30, 40, 50)) == []
    assert story(calls, tries(20, 30, 40, result="not_reached", how="call")) == [("opened", "medium")]


def test_means_that_were_answered_add_up():
    both = [contact(0, "replied"), contact(1, "reached", "Call")]
    assert story(both, tries(20, 30), tries(25, result="not_reached", how="call")) == [("opened", "medium")]


def test_attempts_of_one_day_by_one_means_are_one():
    assert story(ANSWERED, tries(20, 20.1, 20.2, 20.3), tries(30)) == []


@pytest.mark.parametrize(("result", "how"), [("replied", "mail"), ("reached", "visit"), ("declined", "call")])
def test_any_answer_resolves_it(result, how):
    assert story(ANSWERED, tries(20, 30, 40), contact(50, result, how)) == [
        ("opened", "medium"),
        ("resolved", "medium"),
    ]


def test_an_answer_in_between_starts_the_count_again():
    assert story(ANSWERED, tries(20, 30), contact(35, "replied"), tries(40, 50)) == []
    assert story(ANSWERED, tries(20, 30), contact(35, "declined"), tries(40, 50)) == []


def test_a_late_answer_counts_at_its_own_time():
    state = folded(*(_contact(day, result) for day, result in [(0, "replied"), (20, "x"), (30, "x"), (40, "x")]))
    assert state.contact.means["mail"].waiting == [T0 + day * DAY for day in (20, 30, 40)]
    folded(_contact(25, "replied"), state=state)
    assert state.contact.means["mail"].waiting == [T0 + day * DAY for day in (30, 40)]
    folded(_contact(22, "x"), state=state)  # before that answer
    assert len(state.contact.means["mail"].waiting) == 2


def _contact(day, result, how="mail"):
    result = "read_no_reply" if result == "x" else result
    time = T0 + day * DAY
    return Contact(event_id=f"{time}{how}", customer_id="c", time=time, staff_id="s", how=how, result=result)


def test_what_is_kept_of_contacts_is_bounded():
    state = folded(*(_contact(day, "replied", how=f"means {day % 20}") for day in range(400)))
    assert len(state.contact.means) == contacts.MOST_MEANS
    state = folded(*(_contact(day, "x" if day else "replied") for day in range(100)))
    assert state.contact.means["mail"].waiting[-1] == T0 + 99 * DAY
    assert len(state.contact.means["mail"].waiting) == contacts.MOST_WAITING


def test_many_are_worse():
    assert story(ANSWERED, tries(*range(20, 80, 10)))[-1] == ("updated", "high")


def test_old_attempts_do_not_count():
    assert story(ANSWERED, tries(20, 30, 211)) == []
    assert story(ANSWERED, tries(20, 30, 199)) == [("opened", "medium")]


def test_a_resent_contact_counts_once():
    again = [contact(20 + n, "read_no_reply", event_id="same") for n in range(5)]
    assert story(ANSWERED, again) == []


def test_a_try_by_a_means_never_answered_is_no_news():
    parts = (ANSWERED, tries(20, 30, 40), tries(60, how="fax"))
    assert story(*parts) == [("opened", "medium")]


@pytest.mark.parametrize(
    ("parameter", "value"), [("count", 4), ("within_days", 15), ("min_answers", 3), ("severe_count", 3)]
)
def test_each_threshold_comes_from_the_configuration(parameter, value):
    assert story(ANSWERED, tries(20, 30, 40), rules={KIND: {parameter: value}}) != [("opened", "medium")]


@pytest.mark.parametrize(("last", "found"), [(200, [("opened", "medium")]), (200 + 1 / 1440, [])])
def test_an_attempt_counts_for_as_many_days_as_configured_to_the_minute(last, found):
    assert story(ANSWERED, tries(20, 30, last)) == found  # 180 days after the one on day 20

"""Complaints whose handling failed, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "complaint_mishandled"
NOON = at("2025-03-03 12:00")


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def opened(name="k", moment=NOON, severity="medium", **more):
    return moment.complaint("c", name, severity=severity, **more)


def then(days, status, name="k", **more):
    return NOON.plus(days=days).complaint("c", name, status, **more)


@pytest.mark.parametrize(
    ("news", "severity"),
    [
        (then(1, "rejected"), "medium"),
        (then(1, "closed", satisfied=False), "medium"),
        (then(1, "disputed"), "high"),
        (then(1, "reopened"), "high"),
    ],
)
def test_each_failure_of_the_handling_is_told(news, severity):
    outcome = run(opened(), news)
    assert outcome.story(KIND) == [("opened", severity)]
    assert next(a for a in outcome.alerts if a["kind"] == KIND)["causes"] == [news.value["event_id"]]


@pytest.mark.parametrize(
    ("given", "severity"), [("low", "medium"), ("high", "high"), ("critical", "critical"), (None, "medium")]
)
def test_a_grave_complaint_makes_a_grave_warning(given, severity):
    assert story(opened(severity=given), then(1, "rejected")) == [("opened", severity)]


def test_a_complaint_that_is_answered_updated_and_closed_to_content_is_silent():
    parts = [opened(), then(1, "answered"), then(2, "updated"), then(3, "closed", satisfied=True)]
    assert story(parts) == []


def test_a_plain_closing_is_silent_or_low_as_configured():
    parts = [opened(severity="critical"), then(1, "closed")]
    low = {"rules": {KIND: {"plain_closing": "low"}}}
    assert story(parts) == []
    assert story(parts, **low) == [("opened", "low")]
    assert story(parts, then(2, "disputed"), **low) == [("opened", "low"), ("updated", "critical")]


def test_closed_badly_and_then_disputed_is_one_warning_that_gets_worse():
    outcome = run(opened(), then(1, "closed", satisfied=False), then(2, "disputed"))
    assert outcome.story(KIND) == [("opened", "medium"), ("updated", "high")]
    assert [a["evidence"]["reasons"] for a in outcome.alerts if a["kind"] == KIND] == [["unsatisfied"], ["disputed"]]
    assert "was disputed by the customer" in [a for a in outcome.alerts if a["kind"] == KIND][-1]["reason"]["en"]


@pytest.mark.parametrize("news", [then(1, "rejected"), then(1, "closed", satisfied=False), then(1, "disputed")])
def test_closed_to_content_it_resolves_and_by_nothing_less(news):
    assert story(opened(), news, then(2, "answered"), then(3, "closed")) == story(opened(), news)
    assert story(opened(), news, then(4, "closed", satisfied=True))[-1][0] == "resolved"


def test_two_complaints_are_one_warning_that_ends_with_both():
    parts = [opened("a"), opened("b"), then(1, "rejected", "a"), then(1.1, "rejected", "b")]
    assert story(parts) == [("opened", "medium"), ("updated", "medium")]
    parts.append(then(2, "closed", "a", satisfied=True))
    assert story(parts)[-1] == ("updated", "medium")
    assert story(parts, then(3, "closed", "b", satisfied=True))[-1] == ("resolved", "medium")


@pytest.mark.parametrize("satisfied", [True, None])
@pytest.mark.parametrize(("days", "opens"), [(60, True), (61, False)])
def test_the_same_matter_again_soon_after_a_closing_is_a_repeat(satisfied, days, opens):
    first = [opened(subject="Card fee"), then(1, "closed", satisfied=satisfied)]
    again = opened("k2", NOON.plus(days=1 + days), subject=" card  FEE")
    assert story(first, again) == ([("opened", "high")] if opens else [])


def test_another_matter_no_matter_and_one_that_is_still_open_are_no_repeat():
    first = [opened(subject="Card fee"), then(1, "closed", satisfied=True)]
    assert story(first, opened("k2", NOON.plus(days=9), subject="Queue")) == []
    assert story(opened(), then(1, "closed", satisfied=True), opened("k2", NOON.plus(days=9))) == []
    assert story(opened(subject="Card fee"), opened("k2", NOON.plus(days=9), subject="Card fee")) == []


def test_a_repeat_resolves_when_it_is_settled_itself():
    first = [opened(subject="Card fee"), then(1, "closed", satisfied=True)]
    again = [opened("k2", NOON.plus(days=9), subject="Card fee"), then(10, "closed", "k2", satisfied=True)]
    assert story(first, again) == [("opened", "high"), ("resolved", "high")]


def test_a_closing_that_arrives_after_the_repeat_shows_it_all_the_same():
    late = NOON.plus(days=1).arriving("2025-03-14 12:00").complaint("c", "k", "closed", satisfied=False)
    outcome = run(opened(subject="fee"), opened("k2", NOON.plus(days=9), subject="fee"), late)
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert alert["severity"] == "high"
    assert alert["evidence"]["reasons"] == ["unsatisfied", "repeated"]


def test_late_news_from_before_a_good_end_is_silent():
    late = NOON.plus(days=1).arriving("2025-03-10 12:00").complaint("c", "k", "rejected")
    assert story(opened(), then(3, "closed", satisfied=True), late) == []
    late = NOON.plus(days=1).arriving("2025-03-10 12:00").complaint("c", "k", "closed", satisfied=True)
    assert story(opened(), then(3, "disputed"), late) == [("opened", "high")]


def test_the_same_news_again_says_nothing_new():
    assert story(opened(), then(1, "rejected"), then(3, "rejected")) == [("opened", "medium")]
    line = then(1, "disputed")
    assert story(opened(), line, line) == [("opened", "high")]


def test_it_opens_anew_after_a_good_end_without_cool_down():
    parts = [opened(), then(1, "rejected"), then(2, "closed", satisfied=True), then(2.1, "disputed")]
    assert story(parts) == [("opened", "medium"), ("resolved", "medium"), ("opened", "high")]


def test_a_departure_silences_it_and_a_wish_for_no_retention_contact_does_not():
    assert story(opened(), then(0.5, "answered"), then(1, "rejected"), NOON.service("c", "account_closed")) == []
    wish = NOON.plus(days=-1).profile("c", no_retention_contact=True)
    assert story(wish, opened(), then(1, "rejected")) == [("opened", "medium")]

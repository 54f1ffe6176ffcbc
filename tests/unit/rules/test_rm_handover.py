"""The RM is gone or away, or the branch is: their customers go on watch until somebody else has reached them."""

from __future__ import annotations

import pytest
from support.lives.handover import staff
from support.timeline import at, run
from support.units import SHANGHAI, T0, folded, profile

from stream.domain.events import Contact, Staff
from stream.rules.rm_handover import RmHandover, RmHandoverParams

START = at("2025-03-03 09:00")
KIND = "rm_handover"
MANY = {"topics": {"partitions": 4}}


def book(count=4, rm="rm-1", branch="b-1"):
    return [START.plus(minutes=n).profile(f"c{n}", rm_id=rm, branch_id=branch) for n in range(count)]


def leaves(day=5, status="left", rm="rm-1", **more):
    return staff(START.plus(days=day), staff_id=rm, status=status, **more)


def contact(day, by, customer="c0", result="reached"):
    return START.plus(days=day).event("contacts", customer, staff_id=by, how="call", result=result)


def end(day=20):
    return START.plus(days=day).passes()


def watched(outcome):
    return sorted(a["customer_id"] for a in outcome.alerts if a["kind"] == KIND and a["state"] == "opened")


@pytest.mark.parametrize("sections", [{}, MANY])
def test_every_customer_of_an_rm_who_left_goes_on_watch_and_nobody_elses(sections):
    others = START.profile("other", rm_id="rm-11", branch_id="b-1")
    money = START.plus(days=1).balance("c1", 1_200_000)
    last = contact(2, "rm-1", "c2")
    successors = leaves(successor_ids=["rm-8", "rm-9"], branch_id="b-1")
    outcome = run(book(), others, money, last, successors, end(), **sections)
    assert watched(outcome) == ["c0", "c1", "c2", "c3"]
    found = {a["customer_id"]: a for a in outcome.alerts if a["kind"] == KIND}
    assert [found[f"c{n}"]["severity"] for n in range(4)] == ["medium", "high", "medium", "medium"]
    assert found["c1"]["evidence"] == {
        "measure": "handover", "subject": "rm", "staff_id": "rm-1", "branch_id": "b-1", "status": "left",
        "successors": ["rm-8", "rm-9"], "deputy": "", "into_branch_id": "", "holdings": 1_200_000.0, "unit": "CNY",
    }  # fmt: skip
    assert found["c2"]["evidence"]["reached_days_before"] == 3
    assert "relationship manager rm-1 has left, stand-in: rm-8, rm-9" in found["c0"]["reason"]["en"]
    assert "never reached" in found["c0"]["reason"]["en"] and "客户经理 rm-1 已离职" in found["c0"]["reason"]["zh"]
    assert outcome.results == {"handled": 9}


@pytest.mark.parametrize(
    ("status", "severity"), [("left", "medium"), ("moved", "medium"), ("leave", "low"), ("active", None)]
)
def test_what_became_of_the_rm_decides_how_grave_it_is(status, severity):
    assert run(book(1), leaves(status=status), end(6)).story(KIND) == ([("opened", severity)] if severity else [])


@pytest.mark.parametrize(("status", "severity"), [("closed", "medium"), ("merged", "low"), ("moved", "low")])
def test_a_branch_that_goes_concerns_its_customers(status, severity):
    news = staff(START.plus(days=5), branch_id="b-1", status=status, into_branch_id="b-2")
    elsewhere = START.profile("x", rm_id="rm-1", branch_id="b-2")
    outcome = run(book(2), elsewhere, news, contact(7, "rm-1"), end(8), **MANY)
    assert watched(outcome) == ["c0", "c1"]
    assert outcome.story(KIND, "c0") == [("opened", severity), ("resolved", severity)], "anybody's contact will do"
    assert "branch b-1" in outcome.alerts[0]["reason"]["en"] and "into b-2" in outcome.alerts[0]["reason"]["en"]


def test_it_is_resolved_when_somebody_else_has_reached_them_and_not_before():
    tries = [contact(6, "rm-8", result="not_reached"), contact(7, "rm-1"), contact(8, "rm-8")]
    outcome = run(book(2), leaves(), tries, end())
    resolved = [a for a in outcome.alerts if a["state"] == "resolved"]
    assert [(a["customer_id"], a["event_time"]) for a in resolved] == [("c0", "2025-03-11T01:00:00.000Z")]
    assert "rm-8 has reached the customer" in resolved[0]["reason"]["en"]


def test_an_rm_who_is_back_resolves_it_and_another_who_is_does_not():
    back = [leaves(9, "active", rm="rm-2"), leaves(10, "active")]
    outcome = run(book(1), leaves(5, "leave"), back, end(), **MANY)
    assert outcome.story(KIND) == [("opened", "low"), ("resolved", "low")]
    assert "rm-1 is back" in outcome.alerts[-1]["reason"]["en"]


def test_on_leave_and_then_gone_is_worse():
    outcome = run(book(1), leaves(5, "leave"), leaves(9), end(10))
    assert outcome.story(KIND) == [("opened", "low"), ("updated", "medium")]


@pytest.mark.parametrize(("by", "silent"), [("rm-8", True), ("s", False)])
def test_news_that_comes_behind_the_successors_first_contact_is_silent(by, silent):
    reached = Contact(event_id="k", customer_id="c", time=T0 + 9, staff_id=by, how="call", result="reached")
    state = folded(profile(T0, rm_id="s"), reached)
    assert (rule().evaluate(state, Staff(event_id="x", time=T0 + 5, status="left", staff_id="s")) is None) is silent


def test_news_older_than_what_is_known_and_the_same_again_are_silent():
    known = [leaves(5, "leave"), leaves(6, "active")]
    again = leaves(5, "left")._replace(timestamp=START.plus(days=9).time)
    outcome = run(book(1), known, again, leaves(6, "active"), end(12))
    assert outcome.story(KIND) == [("opened", "low"), ("resolved", "low")]


def test_who_changed_to_another_rm_before_is_not_concerned_and_who_has_left_us_is_not():
    moved = START.plus(days=2).profile("c0", rm_id="rm-8")
    gone = START.plus(days=3).service("c1", "account_closed")
    assert watched(run(book(3), moved, gone, leaves(), end(8))) == ["c2"]


def test_a_name_that_only_looks_alike_is_nobodys_rm():
    assert watched(run(book(2, rm="rm-10"), START.profile("rm-1", rm_id="rm-2"), leaves(), end(8))) == []


def test_customers_changed_in_the_same_batch_are_found_as_they_are_now():
    """The store knows nothing of them yet, or another RM."""
    outcome = run(book(2, rm="rm-5"), [START.plus(days=4).profile("c0", rm_id="rm-1")], leaves(), end(6))
    assert watched(outcome) == ["c0"]


def test_garbage_on_staff_is_one_dead_letter_however_many_shards_read_it():
    bad = staff(START.plus(days=1), staff_id="rm-1", status="asleep")
    outcome = run(book(2), bad, leaves(), end(8), **MANY)
    assert len(outcome.dead_letters) == 1
    assert watched(outcome) == ["c0", "c1"]
    assert outcome.results == {"handled": 4, "dead-letter": 1}


def test_a_tombstone_on_staff_forgets_them():
    gone = leaves(6)._replace(value=None, timestamp=START.plus(days=6).time)
    outcome = run(book(1), leaves(5, "leave"), gone, leaves(7, "active"), end(9))
    assert outcome.story(KIND) == [("opened", "low")], "nothing is known from which they could be back"
    assert outcome.dead_letters == []


def rule(**params):
    return RmHandover(RmHandoverParams(**params), SHANGHAI)


@pytest.mark.parametrize(
    ("params", "severity"), [({}, "medium"), ({"heavy_weight": 1}, "high"), ({"large_holdings": 0}, "high")]
)
def test_weight_and_holdings_raise_it_a_step(params, severity):
    state = folded(profile(T0, rm_id="s"))
    news = Staff(event_id="x", time=T0, status="left", staff_id="s")
    assert rule(**params).evaluate(state, news).severity == severity


def test_it_says_who_looks_after_them():
    assert rule().look(folded(profile(T0, rm_id="s", branch_id="b")), T0)["rm"] == "s"


def test_a_leave_with_a_deputy_is_told_about_those_who_matter_only():
    rich = START.plus(days=1).balance("c1", 600_000)
    away = leaves(5, "leave", deputy_id="rm-2")
    assert watched(run(book(3), rich, away, end(6))) == ["c1"]
    assert watched(run(book(3), rich, leaves(5, "leave"), end(6))) == ["c0", "c1", "c2"]  # nobody is named
    assert watched(run(book(3), rich, leaves(5, deputy_id="rm-2"), end(6))) == ["c0", "c1", "c2"]  # gone for good
    everyone = {"rules": {KIND: {"leave_everyone": True}}}
    assert watched(run(book(3), rich, away, end(6), **everyone)) == ["c0", "c1", "c2"]

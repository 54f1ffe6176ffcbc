"""Who an unacknowledged warning goes to, and when: laws over zones, changes of the clocks and any schedule."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.desk.work.escalation import plan, receiver
from stream.desk.work.hours import Hours
from stream.domain.calendar import Calendar
from stream.settings.desk_work import Escalation, Step

HOUR = 3_600_000
ZONES = ("Asia/Shanghai", "Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
CALENDARS = (Calendar("CN"), Calendar("CZ"), Calendar(""))


def at(text: str, zone="Asia/Shanghai") -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def office(zone="Asia/Shanghai", calendar=CALENDARS[0]) -> Hours:
    return Hours(ZoneInfo(zone), calendar, dt.time(9), dt.time(18))


def test_deputy_when_it_is_due_branch_four_working_hours_later_manager_after_eight():
    steps = plan(Escalation(), office(), severity="high", due_at=at("2026-11-20 15:00"), now=at("2026-11-20 10:00"))
    assert [(step.number, step.to, step.due_at) for step in steps] == [
        (1, "deputy", at("2026-11-20 15:00")),
        (2, "branch", at("2026-11-23 10:00")),
        (3, "manager", at("2026-11-23 14:00")),
    ]


def test_one_that_was_long_due_when_it_came_still_has_its_grace():
    steps = plan(Escalation(), office(), severity="high", due_at=at("2026-11-02 15:00"), now=at("2026-11-20 10:00"))
    assert steps[0].due_at == at("2026-11-20 11:00")
    assert steps[1].due_at == at("2026-11-20 15:00")


def test_without_a_due_time_it_is_due_after_the_configured_hours():
    config = Escalation(without_due_h=9, grace_h=0)
    steps = plan(config, office(), severity="low", due_at=None, now=at("2026-11-20 10:00"))
    assert steps[0].due_at == at("2026-11-23 10:00")


def test_what_counts_round_the_clock_does_not_wait_for_the_morning():
    config = Escalation(round_the_clock={"critical"})
    due = {
        severity: plan(config, office(), severity=severity, due_at=at("2026-11-20 20:00"), now=at("2026-11-20 12:00"))
        for severity in ("critical", "high")
    }
    assert due["critical"][1].due_at == at("2026-11-21 00:00")
    assert due["high"][1].due_at == at("2026-11-23 13:00")


times = st.integers(at("2015-01-01 00:00"), at("2036-01-01 00:00"))
offices = st.builds(office, st.sampled_from(ZONES), st.sampled_from(CALENDARS))
waits = st.lists(st.floats(0, 60), min_size=1, max_size=3).map(sorted)
schedules = st.tuples(waits, st.permutations(["deputy", "branch", "manager"])).map(
    lambda drawn: tuple(Step(to=to, after_h=after) for after, to in zip(drawn[0], drawn[1], strict=False))
)
configs = st.builds(
    Escalation,
    steps=schedules,
    without_due_h=st.floats(0, 60),
    grace_h=st.floats(0, 20),
    round_the_clock=st.sets(st.sampled_from(["critical", "high"])),
)
severities = st.sampled_from(["critical", "high", "medium"])


@given(configs, offices, severities, st.none() | times, times)
def test_each_step_once_in_order_never_before_it_is_due(config, hours, severity, due, now):
    steps = plan(config, hours, severity=severity, due_at=due, now=now)
    assert [step.to for step in steps] == [step.to for step in config.steps]
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert [step.due_at for step in steps] == sorted(step.due_at for step in steps)
    assert steps[0].due_at >= max(now, due or 0)


@given(configs, offices, st.none() | times, times)
def test_by_business_hours_nobody_is_told_while_the_office_is_closed(config, hours, due, now):
    for step in plan(config, hours, severity="medium", due_at=due, now=now):
        assert hours.is_open(step.due_at) or hours.is_open(step.due_at - 1)


@given(configs, offices, times, times, times)
def test_a_later_due_time_escalates_no_sooner(config, hours, one, other, now):
    early = plan(config, hours, severity="medium", due_at=min(one, other), now=now)
    late = plan(config, hours, severity="medium", due_at=max(one, other), now=now)
    assert all(first.due_at <= second.due_at for first, second in zip(early, late, strict=True))


@given(configs, offices, times, times)
def test_the_working_hours_between_steps_are_the_configured_ones(config, hours, due, now):
    steps = plan(config, hours, severity="medium", due_at=due, now=now)
    first = config.steps[0].after_h
    for step, asked in zip(steps[1:], config.steps[1:], strict=True):
        worked = hours.between(steps[0].due_at, step.due_at)
        assert worked == pytest.approx(round((asked.after_h - first) * HOUR), abs=1)


def person(status="active", deputy=None, manager=None, branch="b"):
    return SimpleNamespace(status=status, deputy_id=deputy, manager_id=manager, branch_id=branch)


STAFF = {
    "a": person(deputy="d", manager="m"),
    "d": person(),
    "gone": person(status="left"),
    "alone": person(),
    "left-deputy": person(deputy="gone"),
}
BRANCHES = {"b": SimpleNamespace(manager_id="bm"), "empty": SimpleNamespace(manager_id=None)}


@pytest.mark.parametrize(
    ("to", "owner", "branch", "expected"),
    [
        ("deputy", "rm:a", "b", "rm:d"),
        ("deputy", "rm:alone", "b", None),
        ("deputy", "rm:left-deputy", "b", None),
        ("deputy", "branch:b", "b", None),
        ("branch", "rm:a", "b", "branch:b"),
        ("branch", "branch:b", "b", None),  # has it already
        ("branch", "rm:a", None, None),
        ("manager", "rm:a", "b", "manager:m"),
        ("manager", "rm:alone", "b", "manager:bm"),
        ("manager", "branch:b", "b", "manager:bm"),
        ("manager", "branch:empty", "empty", None),
        ("manager", "unassigned", None, None),
    ],
)
def test_a_step_goes_to_who_is_there(to, owner, branch, expected):
    assert receiver(to, owner, branch, STAFF, BRANCHES) == expected


@pytest.mark.parametrize(
    "steps",
    [
        [{"to": "deputy", "after_h": 1}, {"to": "deputy", "after_h": 2}],
        [{"to": "deputy", "after_h": 4}, {"to": "branch", "after_h": 2}],
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(steps):
    with pytest.raises(ValueError, match=r"at most once|must not fall"):
        Escalation(steps=steps)

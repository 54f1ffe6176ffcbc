"""What the intake makes of alerts: whose they are, when they escalate, and each once."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select
from support.desk_intake import came, context_of, edge, item
from support.desk_rows import DAY, HOUR, NOW, alert, customer, staff

from stream.desk.acting import act
from stream.desk.intake.writing import Writer
from stream.desk.store.tables import Alert, Assignment, Episode, Escalation, Outbox, Push, Task, Timer
from stream.desk.work.commands import Acknowledge, Actor, AddTask, HandOver, Snooze
from stream.domain.alerts import DeskAlert, rfc3339

RM = Actor(staff_id="rm-1", role="rm", branch_id="b-1")


def clock(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


async def take(database, writer, *values, now=NOW, topic="alerts"):
    async with database.transaction() as tx:
        return await writer.write(tx, [item(value, topic=topic, offset=n) for n, value in enumerate(values)], now)


async def all_of(database, entity, *order):
    async with database.reading() as session:
        return list(await session.scalars(select(entity).order_by(*order)))


async def episode(database, envelope) -> Episode:
    return next(row for row in await all_of(database, Episode) if row.episode_id == envelope.episode_id)


@pytest.fixture
def writer(vault) -> Writer:
    return Writer(context_of(vault))


async def test_an_alert_is_taken_once_and_its_escalation_planned(database, writer):
    now = clock("2026-11-20 10:00")
    one = alert(due=clock("2026-11-20 15:00"), time=now)
    for _ in range(2):
        await take(database, writer, one, one, now=now)
    assert [row.alert_id for row in await all_of(database, Alert)] == [one.alert_id]
    steps = await all_of(database, Escalation, Escalation.step)
    assert [(step.to, step.due_at) for step in steps] == [
        ("deputy", clock("2026-11-20 15:00")),
        ("branch", clock("2026-11-23 10:00")),
        ("manager", clock("2026-11-23 14:00")),
    ]
    assert (await episode(database, one)).next_escalation_at == clock("2026-11-20 15:00")


async def test_a_graver_update_is_to_be_seen_anew(database, writer):
    one = alert(severity="medium", due=NOW + DAY)
    await take(database, writer, one)
    async with database.transaction() as tx:
        await act(tx, RM, Acknowledge(action_id="a", episode_id=one.episode_id), NOW + 1, writer.context)
    assert {step.state for step in await all_of(database, Escalation)} == {"cancelled"}
    same = alert(severity="medium", sequence=2, state="updated", time=NOW + HOUR, due=NOW + DAY)
    await take(database, writer, same, now=NOW + HOUR)
    assert (await episode(database, one)).acknowledged_at == NOW + 1
    graver = alert(severity="critical", sequence=3, state="updated", time=NOW + 2 * HOUR, due=NOW + DAY)
    await take(database, writer, graver, now=NOW + 2 * HOUR)
    found = await episode(database, one)
    assert (found.acknowledged_at, found.severity) == (None, "critical")
    assert {step.state for step in await all_of(database, Escalation)} == {"planned"}


async def test_what_resolves_by_itself_escalates_no_more_and_forgets_its_snooze(database, writer):
    one = alert(due=NOW + DAY)
    await take(database, writer, one)
    async with database.transaction() as tx:
        snooze = Snooze(action_id="s", episode_id=one.episode_id, until=NOW + DAY, why="abroad")
        await act(tx, RM, snooze, NOW + 1, writer.context)
    await take(database, writer, alert(sequence=2, state="resolved", time=NOW + HOUR), now=NOW + HOUR)
    found = await episode(database, one)
    assert (found.state, found.next_escalation_at) == ("resolved", None)
    assert {step.state for step in await all_of(database, Escalation)} == {"cancelled"}


async def test_our_own_alerts_come_back_and_change_nothing(database, writer):
    one = alert()
    await take(database, writer, one)
    async with database.transaction() as tx:
        await act(tx, RM, Acknowledge(action_id="a", episode_id=one.episode_id), NOW + 1, writer.context)
    (message,) = [row for row in await all_of(database, Outbox) if row.topic == "alerts"]
    before = await episode(database, one)
    back = edge().read(came("alerts", "c1", message.value, offset=7))
    async with database.transaction() as tx:
        done = await writer.write(tx, [back], NOW + 2)
    assert done.known == 1
    after = await episode(database, one)
    assert (after.version, after.acknowledged_at, after.sequence) == (before.version, NOW + 1, 1)
    headers = dict(message.headers)
    assert (headers["ce_type"], headers["ce_source"]) == ("churnwatch.alert.acknowledged.v1", "urn:churnwatch:desk")


async def test_a_store_that_was_lost_learns_from_our_own_alerts_what_had_been_answered(database, writer):
    one = alert()
    answer = {"action_id": "a", "actor": "rm-1"}
    told = msgspec.convert(
        msgspec.to_builtins(one)
        | {"alert_id": "x", "state": "acknowledged", "event_time": rfc3339(NOW + 5), "answer": answer},
        DeskAlert,
    )
    closed = msgspec.structs.replace(
        told, alert_id="y", state="closed", answer=msgspec.structs.replace(told.answer, outcome="saved")
    )
    await take(database, writer, one, told, closed)
    found = await episode(database, one)
    assert (found.acknowledged_by, found.outcome, found.state) == ("rm-1", "saved", "closed")
    assert {row.source for row in await all_of(database, Alert)} == {"engine", "desk"}
    assert {step.state for step in await all_of(database, Escalation)} <= {"cancelled"}


async def test_the_deputy_has_it_while_the_rm_is_on_leave(database, writer):
    await take(database, writer, staff("rm-1", status="leave", deputy_id="rm-2"), topic="staff")
    one = alert()
    await take(database, writer, one)  # sent before the engine heard of the leave
    assert (await episode(database, one)).owner == "rm:rm-2"


async def test_open_and_snoozed_work_goes_to_the_deputy_and_comes_back(database, writer):
    quiet, loud, done = alert("c1"), alert("c2"), alert("c3")
    await take(database, writer, quiet, loud, done)
    async with database.transaction() as tx:
        snooze = Snooze(action_id="s", episode_id=quiet.episode_id, until=NOW + DAY, why="abroad")
        await act(tx, RM, snooze, NOW + 1, writer.context)
    await take(database, writer, alert("c3", sequence=2, state="resolved", time=NOW + 2))
    people = [staff("rm-2", branch_id="b-1"), staff("rm-1", time=NOW + 3, status="leave", deputy_id="rm-2")]
    await take(database, writer, *people, topic="staff")
    owners = {row.customer_id: row.owner for row in await all_of(database, Episode)}
    assert owners == {"c1": "rm:rm-2", "c2": "rm:rm-2", "c3": "rm:rm-1"}
    assert {push.receiver for push in await all_of(database, Push)} >= {"rm-1", "rm-2"}
    await take(database, writer, staff("rm-1", time=NOW + 4), topic="staff")
    assert {row.owner for row in await all_of(database, Episode)} == {"rm:rm-1"}


async def test_a_leavers_customers_are_divided_families_together_and_stay_with_their_successors(database, writer):
    homes = [customer(f"c{number}", rm_id="rm-1", household_id="home" if number < 3 else None) for number in range(6)]
    await take(database, writer, *homes, topic="customers")
    await take(database, writer, *(alert(f"c{number}") for number in range(6)))
    left = staff("rm-1", time=NOW + 1, status="left", successor_ids=["rm-2", "rm-3"])
    await take(database, writer, left, topic="staff")
    owners = {row.customer_id: row.owner for row in await all_of(database, Episode)}
    assert len({owners[f"c{number}"] for number in range(3)}) == 1
    assert sorted(owners.values()) == ["rm:rm-2"] * 3 + ["rm:rm-3"] * 3
    assert len(await all_of(database, Assignment)) == 6
    branch = {"routes": ["branch:b-1"]}  # the engine leaves a divided customer to the branch
    await take(database, writer, alert("c0", kind="usage_drop", **branch), alert("c9", kind="usage_drop", **branch))
    later = {row.customer_id: row.owner for row in await all_of(database, Episode) if row.kind == "usage_drop"}
    assert later["c0"] == owners["c0"]
    assert later["c9"] in ("rm:rm-2", "rm:rm-3")
    await take(database, writer, customer("c0", time=NOW + 9, rm_id="rm-7"), topic="customers")
    assert "c0" not in {row.customer_id for row in await all_of(database, Assignment)}


async def test_a_merged_branchs_queue_goes_where_its_work_is_done(database, writer):
    one = alert(routes=["branch:b-1"], rm_id=None)
    await take(database, writer, one)
    merged = staff(None, status="merged", branch_id="b-1", into_branch_id="b-2", event_id="m")
    await take(database, writer, merged, topic="staff")
    found = await episode(database, one)
    assert (found.owner, found.branch_id) == ("branch:b-2", "b-2")


async def test_a_snoozed_warning_that_gets_worse_is_back_on_the_list(database, writer):
    one = alert(severity="medium", due=NOW + DAY)
    await take(database, writer, one)
    async with database.transaction() as tx:
        snooze = Snooze(action_id="s", episode_id=one.episode_id, until=NOW + 5 * DAY, why="abroad")
        await act(tx, RM, snooze, NOW + 1, writer.context)
    await take(database, writer, alert(severity="high", sequence=2, state="updated", time=NOW + HOUR, due=NOW + DAY))
    found = await episode(database, one)
    assert found.snoozed_until is None
    assert found.next_escalation_at is not None
    assert await all_of(database, Timer) == []


async def test_who_was_given_a_customer_gets_them_back_after_a_leave(database, writer):
    people = [staff(one, branch_id="b-1", time=1) for one in ("rm-2", "rm-3")]
    await take(database, writer, *people, topic="staff")
    one = alert()
    await take(database, writer, one)  # no profile is known
    async with database.transaction() as tx:
        await act(tx, RM, HandOver(action_id="h", customer_id="c1", to="rm-2", why="w"), NOW, writer.context)
    await take(database, writer, staff("rm-2", status="leave", deputy_id="rm-3"), topic="staff")
    assert (await episode(database, one)).owner == "rm:rm-3"
    later = alert(kind="usage_drop")
    await take(database, writer, later)
    assert (await episode(database, later)).owner == "rm:rm-3"
    await take(database, writer, staff("rm-2", time=NOW + 1), topic="staff")
    assert {row.owner for row in await all_of(database, Episode)} == {"rm:rm-2"}


@pytest.mark.parametrize(
    ("news", "owner"),
    [
        ({"status": "leave"}, "branch:b-1"),
        ({"status": "leave", "deputy_id": "away"}, "branch:b-1"),  # a deputy who is on leave too, without one
        ({"status": "left"}, "branch:b-1"),
        ({"status": "left", "successor_ids": ["rm-3"]}, "rm:rm-3"),
        ({"status": "left", "successor_ids": ["rm-3", "away"]}, "rm:rm-3"),
        ({"status": "moved", "branch_id": "b-9"}, "branch:b-1"),  # who moved takes nobody along
    ],
)
async def test_work_and_tasks_go_to_who_is_there(database, writer, news, owner):
    people = [staff("away", status="leave", branch_id="b-1"), staff("rm-3"), staff("rm-1", time=1, branch_id="b-1")]
    await take(database, writer, *people, topic="staff")
    one = alert()
    await take(database, writer, one)
    async with database.transaction() as tx:
        task = AddTask(action_id="t", customer_id="c1", kind="other", due_at=NOW + DAY)
        await act(tx, RM, task, NOW, writer.context)
        await act(tx, RM, AddTask(action_id="u", customer_id="c5", kind="other", due_at=NOW + DAY), NOW, writer.context)
    await take(database, writer, staff("rm-1", time=NOW + 1, **({"branch_id": "b-1"} | news)), topic="staff")
    assert (await episode(database, one)).owner == owner
    tasks = {row.customer_id: row.owner for row in await all_of(database, Task)}
    assert tasks["c1"] == owner
    if news["status"] != "moved":  # where nothing is known of a customer the branch of the RM has the task
        assert tasks["c5"] == owner


async def test_tasks_that_others_had_during_a_leave_come_back_and_their_own_stay(database, writer):
    people = [staff(one, branch_id="b-1", time=1) for one in ("rm-1", "rm-2")]
    await take(database, writer, *people, topic="staff")
    other = Actor(staff_id="rm-2", role="rm", branch_id="b-1")
    async with database.transaction() as tx:
        for number, who in enumerate((RM, other)):
            task = AddTask(action_id=f"t{number}", customer_id="c1", kind="other", due_at=NOW + DAY)
            await act(tx, who, task, NOW, writer.context)
    owners = [("t0/other/0", "rm:rm-1"), ("t1/other/0", "rm:rm-2")]
    await take(database, writer, staff("rm-1", time=NOW + 1, status="leave", deputy_id="rm-2"), topic="staff")
    assert {row.owner for row in await all_of(database, Task)} == {"rm:rm-2"}
    await take(database, writer, staff("rm-1", time=NOW + 2), topic="staff")
    assert [(row.task_id, row.owner) for row in await all_of(database, Task, Task.task_id)] == owners

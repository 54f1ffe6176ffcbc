"""What happens when nobody does anything, with the clock moved by hand."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlalchemy import select
from support.desk_intake import context_of, item
from support.desk_rows import alert, customer, staff

from stream.desk.acting import act
from stream.desk.acts import referrals
from stream.desk.intake.writing import Writer
from stream.desk.push.habits import Rules
from stream.desk.push.metrics import PushMetrics
from stream.desk.store.repositories.people import set_staff
from stream.desk.store.tables import Audit, Episode, EpisodeReceiver, Escalation, Outbox, Push, Task
from stream.desk.timing import escalating
from stream.desk.timing.escalating import escalate_due
from stream.desk.timing.timers import fire_due
from stream.desk.work.commands import Acknowledge, Actor, HandOver, Outcome, Snooze

HOUR, DAY = 3_600_000, 86_400_000
RM = Actor(staff_id="rm-1", role="rm", branch_id="b-1")


def clock(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


FRIDAY = clock("2026-11-20 10:00")
DUE = clock("2026-11-20 15:00")
BRANCH = clock("2026-11-23 10:00")
MANAGER = clock("2026-11-23 14:00")


class Bench:
    """A store with one open warning, due on Friday at three."""

    def __init__(self, database, vault):
        self.database, self.context = database, context_of(vault)
        self.writer = Writer(self.context)
        notify = self.context.settings.notify
        self.rules = Rules(self.context.settings.push, self.context.business, PushMetrics(), notify, {})

    async def start(self, *more):
        people = [
            staff("rm-1", branch_id="b-1", deputy_id="rm-2", manager_id="m-1", time=1),
            staff("rm-2", branch_id="b-1", time=1),
            staff("m-1", branch_id="b-1", time=1),
            staff(None, branch_id="b-1", event_id="b", time=1),
        ]
        await self.take(*people, topic="staff")
        async with self.database.transaction() as tx:
            await set_staff(tx, "m-1", role="manager")
        self.one = alert(due=DUE, time=FRIDAY)
        await self.take(self.one, *more)
        return self

    async def take(self, *values, topic="alerts", now=FRIDAY):
        async with self.database.transaction() as tx:
            await self.writer.write(tx, [item(value, topic=topic) for value in values], now)

    async def act(self, command, now, actor=RM):
        async with self.database.transaction() as tx:
            return await act(tx, actor, command, now, self.context)

    async def escalate(self, now):
        async with self.database.transaction() as tx:
            return dict((await escalate_due(tx, now, self.context, self.rules))[0])

    async def fire(self, now):
        async with self.database.transaction() as tx:
            return [kind for kind, _ in (await fire_due(tx, now, self.context))[0]]

    async def all_of(self, entity, *order):
        async with self.database.reading() as session:
            return list(await session.scalars(select(entity).order_by(*order)))

    async def episode(self):
        return next(row for row in await self.all_of(Episode) if row.episode_id == self.one.episode_id)

    async def told(self):
        return [orjson.loads(row.value) for row in await self.all_of(Outbox, Outbox.id) if row.topic == "alerts"]


@pytest.fixture
async def bench(database, vault):
    return await Bench(database, vault).start()


async def test_deputy_branch_manager_each_once_and_each_at_its_time(bench):
    assert await bench.escalate(DUE - 1) == {}
    for time, to in ((DUE, "deputy"), (BRANCH, "branch"), (MANAGER, "manager")):
        assert await bench.escalate(time) == {to: 1}
        assert await bench.escalate(time) == {}
    assert await bench.escalate(MANAGER + 400 * DAY) == {}
    given = {row.receiver: row.why for row in await bench.all_of(EpisodeReceiver)}
    assert given == {"rm:rm-2": "escalation", "branch:b-1": "escalation", "manager:m-1": "escalation"}
    told = await bench.told()
    assert [(body["state"], body["answer"]["to"], body["answer"]["step"]) for body in told] == [
        ("escalated", "deputy", 1),
        ("escalated", "branch", 2),
        ("escalated", "manager", 3),
    ]
    assert [body["routes"] for body in told] == [
        ["rm:rm-1", "rm:rm-2"],
        ["rm:rm-1", "branch:b-1"],
        ["rm:rm-1", "manager:m-1"],
    ]
    assert len({body["alert_id"] for body in told}) == 3
    found = await bench.episode()
    assert (found.escalation, found.next_escalation_at) == (3, None)
    assert [row.act for row in await bench.all_of(Audit)] == ["escalate"] * 3
    assert {row.receiver for row in await bench.all_of(Push)} >= {"rm-2", "m-1"}


async def test_after_days_of_standstill_the_steps_follow_in_their_order(bench):
    assert await bench.escalate(MANAGER + DAY) == {"deputy": 1, "branch": 1, "manager": 1}
    assert [body["answer"]["to"] for body in await bench.told()] == ["deputy", "branch", "manager"]


async def test_acknowledged_is_quiet(bench):
    assert await bench.escalate(DUE) == {"deputy": 1}
    await bench.act(Acknowledge(action_id="a", episode_id=bench.one.episode_id), DUE + 1)
    assert await bench.escalate(MANAGER + DAY) == {}
    assert [step.state for step in await bench.all_of(Escalation, Escalation.step)] == [
        "done",
        "cancelled",
        "cancelled",
    ]


async def test_what_ended_between_planning_and_firing_is_called_off(bench):
    async with bench.database.transaction() as tx:
        found = await tx.get(Episode, bench.one.episode_id)
        found.ended_at, found.state = DUE - 1, "expired"
    assert await bench.escalate(DUE) == {"cancelled": 1}
    assert await bench.told() == []
    assert await bench.escalate(MANAGER) == {}


async def test_a_snooze_ends_by_itself_and_escalation_begins_then(bench):
    until = clock("2026-11-24 11:00")
    await bench.act(Snooze(action_id="s", episode_id=bench.one.episode_id, until=until, why="abroad"), FRIDAY + HOUR)
    assert await bench.escalate(until) == {}
    assert await bench.fire(until - 1) == []
    assert await bench.fire(until) == ["snooze"]
    assert await bench.fire(until) == []
    found = await bench.episode()
    assert (found.snoozed_until, found.acknowledged_at) == (None, None)
    assert found.next_escalation_at == clock("2026-11-24 12:00")  # it was due long ago, but has its grace
    assert [push.data["what"] for push in await bench.all_of(Push) if push.notify] == ["awake"]
    assert await bench.escalate(clock("2026-11-24 12:00")) == {"deputy": 1}


async def test_who_put_it_off_again_is_not_woken_by_the_first_time(bench):
    first, second = FRIDAY + 2 * HOUR, FRIDAY + 5 * HOUR
    of = {"episode_id": bench.one.episode_id, "why": "abroad"}
    await bench.act(Snooze(action_id="s1", until=first, **of), FRIDAY + 1)
    await bench.act(Snooze(action_id="s2", until=second, **of), FRIDAY + 2)
    assert await bench.fire(first) == []
    assert await bench.fire(second) == ["snooze"]


async def test_tasks_after_a_loss_fall_due_in_working_hours_and_are_told_once(bench):
    lost = Outcome(
        action_id="o", episode_id=bench.one.episode_id, outcome="lost", loss_reason="price", reason_source="rm"
    )
    await bench.act(lost, FRIDAY)
    due = [task.due_at for task in await bench.all_of(Task, Task.due_at)]
    assert due == [clock("2026-12-21 09:00"), clock("2027-02-18 09:00")]
    assert await bench.fire(due[0]) == ["task"]
    assert await bench.fire(due[0]) == []
    assert [push.data["what"] for push in await bench.all_of(Push) if push.event == "task"] == ["due"]


async def test_a_customer_handed_over_for_a_time_goes_back(bench):
    await bench.take(customer("c1", rm_id="rm-1", time=FRIDAY), topic="customers")
    until = FRIDAY + 3 * DAY
    await bench.act(HandOver(action_id="h", customer_id="c1", to="rm-2", why="course", until=until), FRIDAY)
    await bench.take(alert("c1", kind="usage_drop", time=FRIDAY))
    assert {row.owner for row in await bench.all_of(Episode)} == {"rm:rm-2"}
    assert await bench.fire(until) == ["return"]
    assert {row.owner for row in await bench.all_of(Episode)} == {"rm:rm-1"}


async def test_who_takes_over_has_the_same_steps_before_them(bench):
    await bench.escalate(DUE)
    await bench.act(HandOver(action_id="h", customer_id="c1", to="rm-2", why="course"), DUE + 1)
    found = await bench.episode()
    assert (found.owner, found.escalation) == ("rm:rm-2", 0)
    later = await bench.escalate(found.next_escalation_at)
    assert later == {"skipped": 1}  # the new one has no deputy
    assert (await bench.episode()).next_escalation_at is not None


async def test_a_step_that_fails_is_undone_alone_and_tried_later(bench, monkeypatch):
    other = alert("c2", due=DUE + 1, time=FRIDAY)
    await bench.take(other)
    given = referrals.give

    async def failing(deed, episode, *more):
        await given(deed, episode, *more)
        if episode.customer_id == "c1":
            raise KeyError("a fault of the program")

    monkeypatch.setattr(escalating, "give", failing)
    assert await bench.escalate(DUE + 1) == {"failed": 1, "deputy": 1}
    assert [body["customer_id"] for body in await bench.told()] == ["c2"]
    assert {row.episode_id for row in await bench.all_of(EpisodeReceiver)} == {other.episode_id}
    monkeypatch.setattr(escalating, "give", given)
    assert await bench.escalate(DUE + HOUR) == {"deputy": 1}
    assert {body["customer_id"] for body in await bench.told()} == {"c1", "c2"}

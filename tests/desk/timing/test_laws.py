"""Laws of escalation over random days at the desk: who answers, puts off, hands over, and what time makes of it."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from support.desk_intake import context_of, item
from support.desk_rows import alert, staff
from support.desk_stores import sqlite_copy
from support.effort import EFFORT

from stream.desk.acting import act
from stream.desk.intake.writing import Writer
from stream.desk.push.habits import Rules
from stream.desk.push.metrics import PushMetrics
from stream.desk.store.database import Database
from stream.desk.store.tables import Episode, Outbox
from stream.desk.timing.escalating import escalate_due
from stream.desk.timing.timers import fire_due
from stream.desk.work import commands as do
from stream.desk.work.commands import Actor, Refused

HOUR = 3_600_000
MONDAY = 1_794_880_800_000  # 2026-11-17 10:00 in Shanghai
RM = Actor(staff_id="rm-1", role="rm", branch_id="b-1")

hours = st.integers(1, 40)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), hours),
        st.tuples(st.just("wait"), hours),
        st.tuples(st.just("snooze"), hours),
        st.tuples(st.sampled_from(["acknowledge", "unsnooze", "graver", "resolved", "hand_over", "saved"]), st.just(0)),
    ),
    max_size=14,
)


class Day:
    """A store, a clock and one warning; `told` are the escalations with what stood when they were told."""

    def __init__(self, database: Database, vault):
        self.database, self.context, self.now, self.count, self.sequence = database, context_of(vault), MONDAY, 0, 1
        self.writer, self.severity, self.shift = Writer(self.context), "medium", 0
        notify = self.context.settings.notify
        self.rules = Rules(self.context.settings.push, self.context.business, PushMetrics(), notify, {})
        self.told: list[tuple[int, int, int]] = []  # shift, step, time

    async def take(self, *values, topic="alerts"):
        async with self.database.transaction() as tx:
            await self.writer.write(tx, [item(value, topic=topic) for value in values], self.now)

    def alert(self, state: str, severity: str):
        due = MONDAY + 6 * HOUR
        return alert("c1", sequence=self.sequence, state=state, severity=severity, time=self.now, due=due)

    async def begin(self):
        people = [staff(f"rm-{n}", branch_id="b-1", deputy_id=f"rm-{n % 3 + 1}", time=1) for n in (1, 2, 3)]
        branch = staff(None, branch_id="b-1", event_id="b", time=1, manager_id="m-1")
        await self.take(*people, branch, topic="staff")
        await self.take(self.alert("opened", "medium"))

    async def episode(self) -> Episode:
        async with self.database.reading() as session:
            return (await session.scalars(select(Episode))).one()

    async def do(self, what: str, amount: int):
        if what == "wait":
            for _ in range(amount):
                await self.tick()
            return
        before = await self.episode()
        self.sequence += what in ("graver", "resolved")
        if what == "graver":
            if before.ended_at is None:
                grade = {"medium": "high", "high": "critical", "critical": "critical"}
                self.severity = grade[self.severity]
                await self.take(self.alert("updated", self.severity))
        elif what == "resolved":
            await self.take(self.alert("resolved", self.severity))
        else:
            await self.answer(what, amount, before)

    async def answer(self, what: str, amount: int, before: Episode):
        self.count += 1
        of = {"action_id": f"a{self.count}"}
        on = {**of, "episode_id": before.episode_id}
        to = f"rm-{int(before.owner[-1]) % 3 + 1}"
        commands = {
            "acknowledge": do.Acknowledge(**on),
            "unsnooze": do.Unsnooze(**on),
            "snooze": do.Snooze(**on, until=self.now + max(1, amount) * HOUR, why="abroad"),
            "saved": do.Outcome(**on, outcome="saved"),
            "hand_over": do.HandOver(**of, customer_id="c1", to=to, why="w"),
        }
        try:
            async with self.database.transaction() as tx:
                await act(tx, RM, commands[what], self.now, self.context)
        except Refused:
            return
        self.shift += what == "hand_over" and before.ended_at is None

    async def tick(self):
        """An hour goes by; what is due is carried out, and what stood then is checked."""
        self.now += HOUR
        async with self.database.transaction() as tx:
            await fire_due(tx, self.now, self.context)
        stood, already = await self.episode(), len(await self.escalated())
        async with self.database.transaction() as tx:
            await escalate_due(tx, self.now, self.context, self.rules)
        new = (await self.escalated())[already:]
        if new:
            assert stood.ended_at is None, "what is over is quiet"
            assert stood.acknowledged_at is None, "what is acknowledged is quiet"
            assert (stood.snoozed_until or 0) <= self.now, "what is put off is quiet"
            assert self.now >= MONDAY + 6 * HOUR, "not before it is due"
        self.told += [(self.shift, body["answer"]["step"], self.now) for body in new]

    async def escalated(self):
        async with self.database.reading() as session:
            rows = await session.scalars(select(Outbox).where(Outbox.topic == "alerts").order_by(Outbox.id))
            bodies = [orjson.loads(row.value) for row in rows]
        return [body for body in bodies if body["state"] == "escalated"]

    def check(self):
        assert len({(shift, step) for shift, step, _ in self.told}) == len(self.told), "each once to each who has it"
        assert [(shift, step) for shift, step, _ in self.told] == sorted((shift, step) for shift, step, _ in self.told)
        opens, closes = self.context.settings.work.hours
        for _, _, time in self.told:
            hour = (time // HOUR + 8) % 24
            assert opens.hour <= hour <= closes.hour, (
                "the clock moves by hours, so at the latest when the office closes"
            )


@given(steps)
@settings(max_examples=15 * EFFORT)
def test_each_step_once_in_order_and_never_while_somebody_sees_to_it(sqlite_template, vault, plan):
    async def run():
        with tempfile.TemporaryDirectory() as folder:
            database = Database.open(sqlite_copy(sqlite_template, Path(folder)))
            try:
                day = Day(database, vault)
                await day.begin()
                for what, amount in plan:
                    await day.do(what, amount)
                await day.do("wait", 60)
                day.check()
                found = await day.episode()
                awake = found.acknowledged_at is None and found.snoozed_until is None and found.ended_at is None
                if awake and found.next_escalation_at is None:
                    assert found.escalation == 3, "an open warning that nobody sees to goes all the way"
            finally:
                await database.close()

    asyncio.run(run())

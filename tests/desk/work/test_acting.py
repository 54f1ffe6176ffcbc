"""Answers carried out on both stores: what is written, what the engine is told, and what is refused."""

from __future__ import annotations

from collections import Counter

import msgspec
import orjson
import pytest
from sqlalchemy import select
from support.desk_intake import context_of, item
from support.desk_rows import DAY, HOUR, NOW, alert, customer, staff

from stream.config import load
from stream.desk.acting import act
from stream.desk.intake.writing import Writer
from stream.desk.store.tables import (
    Action,
    Approval,
    Assignment,
    Audit,
    Contact,
    Episode,
    EpisodeReceiver,
    Note,
    Outbox,
    Push,
    Referral,
    Task,
)
from stream.desk.work import commands as do
from stream.desk.work.commands import Actor, Refused
from stream.domain.events import Contact as ContactEvent
from stream.engine.assemble import codec

RM = Actor(staff_id="rm-1", role="rm", branch_id="b-1")
DEPUTY = Actor(staff_id="rm-2", role="rm", branch_id="b-1")
MANAGER = Actor(staff_id="m-1", role="manager", branch_id="b-1")
STRANGER = Actor(staff_id="m-9", role="manager", branch_id="b-9")
AUDITOR = Actor(staff_id="au", role="auditor")
ONE = alert("c1")
EPISODE = ONE.episode_id
LATER = NOW + HOUR


class Bench:
    """A store with one open warning."""

    def __init__(self, database, vault):
        self.database, self.context, self.vault = database, context_of(vault), vault
        self.writer = Writer(self.context)

    async def take(self, *values, topic="alerts", now=NOW):
        async with self.database.transaction() as tx:
            await self.writer.write(tx, [item(value, topic=topic) for value in values], now)

    async def act(self, command, actor=RM, now=LATER):
        async with self.database.transaction() as tx:
            return await act(tx, actor, command, now, self.context)

    async def refused(self, command, actor=RM, now=LATER):
        before = await self.counts()
        with pytest.raises(Refused) as found:
            await self.act(command, actor, now)
        assert await self.counts() == before, "what is refused leaves nothing behind"
        return found.value.reason

    async def counts(self):
        entities = (Action, Approval, Audit, Note, Outbox, Push, Referral, Task)
        return {entity.__tablename__: len(await self.all_of(entity)) for entity in entities}

    async def all_of(self, entity, *order):
        async with self.database.reading() as session:
            return list(await session.scalars(select(entity).order_by(*order)))

    async def episode(self, episode_id=EPISODE):
        return next(row for row in await self.all_of(Episode) if row.episode_id == episode_id)

    async def sent(self, topic):
        return [orjson.loads(row.value) for row in await self.all_of(Outbox, Outbox.id) if row.topic == topic]


@pytest.fixture
async def bench(database, vault):
    made = Bench(database, vault)
    people = [staff(one, branch_id="b-1") for one in ("rm-1", "rm-2", "m-1")]
    await made.take(*people, staff(None, branch_id="b-1", event_id="b"), topic="staff")
    await made.take(customer("c1", rm_id="rm-1", branch_id="b-1"), topic="customers")
    await made.take(ONE)
    return made


async def test_an_acknowledgement_is_written_told_shown_and_kept_in_the_audit(bench):
    done = await bench.act(do.Acknowledge(action_id="a1", episode_id=EPISODE), DEPUTY)
    found = await bench.episode()
    assert (found.acknowledged_at, found.acknowledged_by, found.version) == (LATER, "rm-2", done.version)
    (action,) = await bench.all_of(Action)
    assert (action.action, action.actor, action.on_behalf_of, action.kind) == ("ack", "rm-2", "rm-1", "balance_drop")
    (entry,) = await bench.all_of(Audit)
    assert (entry.act, entry.actor, entry.on_behalf_of, entry.episode_id) == ("ack", "rm-2", "rm-1", EPISODE)
    assert [body["state"] for body in await bench.sent("alerts")] == ["acknowledged"]
    assert done.receivers == {"rm-1", "rm-2"}
    assert {push.receiver for push in await bench.all_of(Push)} >= {"rm-1", "rm-2"}


async def test_the_same_action_is_done_once(bench):
    command = do.Acknowledge(action_id="a1", episode_id=EPISODE)
    await bench.act(command)
    before = await bench.counts()
    again = await bench.act(command, now=LATER + 1)
    assert again.repeated
    assert await bench.counts() == before


async def test_an_act_that_is_not_committed_leaves_nothing(bench):
    before = await bench.counts()
    with pytest.raises(RuntimeError, match="killed"):
        async with bench.database.transaction() as tx:
            await act(tx, RM, do.Acknowledge(action_id="a1", episode_id=EPISODE), LATER, bench.context)
            raise RuntimeError("killed")
    assert await bench.counts() == before
    assert (await bench.episode()).acknowledged_at is None


EVERY = [
    do.Acknowledge(action_id="x", episode_id=EPISODE),
    do.Snooze(action_id="x", episode_id=EPISODE, until=NOW + DAY, why="abroad"),
    do.Outcome(action_id="x", episode_id=EPISODE, outcome="saved"),
    do.Outcome(action_id="x", episode_id=EPISODE, outcome="not_worth_keeping"),
    do.Note(action_id="x", customer_id="c1", text="t", episode_id=EPISODE),
    do.HandOver(action_id="x", customer_id="c1", to="rm-2", why="w"),
    do.Refer(action_id="x", episode_id=EPISODE, department="fraud"),
    do.LogContact(action_id="x", customer_id="c1", how="call", result="reached", episode_id=EPISODE),
    do.AddTask(action_id="x", customer_id="c1", kind="other", due_at=NOW + DAY),
]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
async def test_an_auditor_changes_nothing(bench, command):
    assert await bench.refused(command, AUDITOR) == "read_only"


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
async def test_each_command_leaves_one_action_and_messages_that_the_engine_can_read(bench, command):
    await bench.act(command)
    assert [row.action_id for row in await bench.all_of(Action)] == ["x"]
    assert [row.actor for row in await bench.all_of(Audit)] == ["rm-1"]
    reader = codec(load(env={}))
    for message in await bench.all_of(Outbox, Outbox.id):
        assert message.key == b"c1"
        if message.topic != "alerts":
            reader.decode(message.topic, message.key, message.value, LATER)


def test_every_command_is_tried_here_or_below():
    tried = {type(command) for command in EVERY}
    rest = {do.Unsnooze, do.Approve, do.Reject, do.FinishTask}
    assert tried | rest == set(do.Command.__args__)


REFUSALS = [
    (do.Acknowledge(action_id="x", episode_id="nobody"), "unknown"),
    (do.Acknowledge(action_id="x", episode_id=EPISODE, version=7), "changed"),
    (do.Snooze(action_id="x", episode_id=EPISODE, until=LATER, why="abroad"), "until"),
    (do.Snooze(action_id="x", episode_id=EPISODE, until=LATER + 31 * DAY, why="abroad"), "until"),
    (do.Unsnooze(action_id="x", episode_id=EPISODE), "not_snoozed"),
    (do.Outcome(action_id="x", episode_id=EPISODE, outcome="lost"), "loss_reason"),
    (do.Outcome(action_id="x", episode_id=EPISODE, outcome="lost", loss_reason="weather"), "loss_reason"),
    (do.Outcome(action_id="x", episode_id=EPISODE, outcome="lost", loss_reason="price"), "reason_source"),
    (do.Outcome(action_id="x", episode_id=EPISODE, outcome="saved", loss_reason="price"), "loss_reason"),
    (do.HandOver(action_id="x", customer_id="c1", to="nobody", why="w"), "to"),
    (do.HandOver(action_id="x", customer_id="c1", to="branch:nowhere", why="w"), "to"),
    (do.HandOver(action_id="x", customer_id="c1", to="rm-2", why="w", until=NOW), "due_at"),
    (do.Refer(action_id="x", episode_id=EPISODE, department="astrology"), "department"),
    (do.LogContact(action_id="x", customer_id="c1", how="pigeon", result="reached"), "how"),
    (do.LogContact(action_id="x", customer_id="c1", how="call", result="reached", at=LATER + 1), "at"),
    (do.AddTask(action_id="x", customer_id="c1", kind="other", due_at=NOW), "due_at"),
    (do.AddTask(action_id="x", customer_id="c1", kind="nap", due_at=NOW + DAY), "kind"),
    (do.FinishTask(action_id="x", task_id="none"), "unknown"),
    (do.Approve(action_id="x", approval_id="none"), "unknown"),
]


@pytest.mark.parametrize(("command", "reason"), REFUSALS, ids=[f"{c.__class__.__name__}-{r}" for c, r in REFUSALS])
async def test_what_cannot_be_done_is_refused(bench, command, reason):
    assert await bench.refused(command) == reason


async def test_nothing_is_done_to_what_has_ended_but_to_say_how(bench):
    await bench.take(alert("c1", sequence=2, state="resolved", time=NOW + 1))
    assert await bench.refused(do.Acknowledge(action_id="x", episode_id=EPISODE)) == "ended"
    await bench.act(do.Outcome(action_id="o", episode_id=EPISODE, outcome="saved"))
    found = await bench.episode()
    assert (found.state, found.outcome) == ("resolved", "saved")
    assert await bench.refused(do.Outcome(action_id="p", episode_id=EPISODE, outcome="saved")) == "answered"


async def test_a_snooze_and_its_end_are_told_as_the_engine_takes_them(bench):
    await bench.act(do.Snooze(action_id="s", episode_id=EPISODE, until=NOW + DAY, why="customer_asked"))
    assert (await bench.episode()).snooze_reason == "customer_asked"
    await bench.act(do.Unsnooze(action_id="u", episode_id=EPISODE), now=LATER + 5)
    found = await bench.episode()
    assert (found.snoozed_until, found.next_escalation_at is not None) == (None, True)
    assert [(f["action"], f["until"]) for f in await bench.sent("feedback")] == [
        ("snooze", NOW + DAY),
        ("snooze", LATER + 5),
    ]


async def test_a_loss_makes_two_calls_and_a_correction_calls_them_off(bench):
    lost = do.Outcome(
        action_id="o",
        episode_id=EPISODE,
        outcome="lost",
        loss_reason="price",
        reason_source="customer",
        note="因为价格",
    )
    done = await bench.act(lost)
    assert len(done.task_ids) == 2
    found = await bench.episode()
    assert (found.state, found.outcome, found.loss_reason, found.reason_source) == (
        "closed",
        "lost",
        "price",
        "customer",
    )
    assert (found.ended_at, found.outcome_by) == (LATER, "rm-1")
    (note,) = await bench.all_of(Note)
    assert bench.vault.open(note.text_sealed) == "因为价格"
    await bench.act(do.Outcome(action_id="p", episode_id=EPISODE, outcome="saved"), now=LATER + DAY)
    assert Counter((task.kind, task.state) for task in await bench.all_of(Task)) == {
        ("win_back_call", "cancelled"): 2,
        ("follow_up", "open"): 1,
    }
    told = [(f["outcome"], f.get("loss_reason")) for f in await bench.sent("feedback")]
    assert told == [("lost", "price"), ("saved", None)]
    assert b"\xe5\x9b\xa0\xe4\xb8\xba" not in b"".join(row.value for row in await bench.all_of(Outbox))


async def test_not_worth_keeping_waits_for_the_manager_of_the_branch(bench):
    asked = await bench.act(do.Outcome(action_id="n", episode_id=EPISODE, outcome="not_worth_keeping", note="n"))
    assert asked.approval_id == "n"
    assert await bench.sent("feedback") == []
    assert (await bench.episode()).ended_at is None
    assert [push.receiver for push in await bench.all_of(Push) if push.event == "approval" and push.receiver == "m-1"]
    again = do.Outcome(action_id="n2", episode_id=EPISODE, outcome="not_worth_keeping")
    assert await bench.refused(again) == "asked"
    approve = do.Approve(action_id="yes", approval_id="n")
    assert await bench.refused(approve, RM) == "manager_only"
    assert await bench.refused(approve, STRANGER) == "manager_only"
    await bench.act(approve, MANAGER, LATER + 5)
    found = await bench.episode()
    assert (found.outcome, found.outcome_by, found.state) == ("not_worth_keeping", "rm-1", "closed")
    (feedback,) = await bench.sent("feedback")
    assert (feedback["outcome"], feedback["actor"], feedback["action_id"]) == ("not_worth_keeping", "m-1", "yes")
    assert await bench.refused(do.Reject(action_id="no", approval_id="n", why="late"), MANAGER) == "decided"


async def test_what_a_manager_refuses_reaches_nobody_else(bench):
    await bench.act(do.Outcome(action_id="n", episode_id=EPISODE, outcome="not_worth_keeping"))
    await bench.act(do.Reject(action_id="no", approval_id="n", why="key customer"), MANAGER)
    assert await bench.sent("feedback") == []
    assert (await bench.episode()).outcome is None
    (approval,) = await bench.all_of(Approval)
    assert (approval.decision, approval.decided_by, approval.why) == ("rejected", "m-1", "key customer")
    await bench.act(do.Outcome(action_id="n2", episode_id=EPISODE, outcome="not_worth_keeping"))
    await bench.act(do.Outcome(action_id="o", episode_id=EPISODE, outcome="saved"))
    decisions = [row.decision for row in await bench.all_of(Approval, Approval.approval_id)]
    assert decisions == ["rejected", "withdrawn"]


async def test_a_manager_need_not_ask(bench):
    await bench.act(do.Outcome(action_id="n", episode_id=EPISODE, outcome="not_worth_keeping"), MANAGER)
    assert [f["outcome"] for f in await bench.sent("feedback")] == ["not_worth_keeping"]


async def test_a_contact_closes_the_gap_and_comes_back_once(bench):
    tried = do.LogContact(action_id="k1", customer_id="c1", how="call", result="not_reached", at=NOW + 1)
    reached = do.LogContact(action_id="k2", customer_id="c1", how="visit", result="reached", at=NOW + 2)
    for command in (tried, reached):
        await bench.act(command)
    assert (await bench.episode()).first_contact_at == NOW + 2
    sent = await bench.sent("contacts")
    assert [(one["event_id"], one["staff_id"], one["how"], one["result"]) for one in sent] == [
        ("k1", "rm-1", "call", "not_reached"),
        ("k2", "rm-1", "visit", "reached"),
    ]
    await bench.take(*(msgspec.convert(one, ContactEvent) for one in sent), topic="contacts")
    assert [(row.contact_id, row.source) for row in await bench.all_of(Contact, Contact.at)] == [
        ("k1", "desk"),
        ("k2", "desk"),
    ]


async def test_a_customer_handed_over_goes_with_all_that_is_open_and_stays(bench):
    await bench.take(alert("c1", kind="usage_drop"))
    await bench.act(do.AddTask(action_id="t", customer_id="c1", kind="other", due_at=NOW + DAY))
    await bench.act(do.HandOver(action_id="h", customer_id="c1", to="rm-2", why="knows them"))
    assert {row.owner for row in await bench.all_of(Episode)} == {"rm:rm-2"}
    assert [task.owner for task in await bench.all_of(Task)] == ["rm:rm-2"]
    assert [row.staff_id for row in await bench.all_of(Assignment)] == ["rm-2"]
    told = await bench.sent("feedback")
    assert {f["action"] for f in told} == {"handover"}
    assert len({f["action_id"] for f in told}) == len(told) == 2
    await bench.take(alert("c1", sequence=2, state="updated", time=NOW + 3), alert("c1", kind="contact_gap"))
    assert {row.owner for row in await bench.all_of(Episode)} == {"rm:rm-2"}


async def test_another_department_sees_what_is_referred_to_it(bench):
    await bench.act(do.Refer(action_id="r", episode_id=EPISODE, department="fraud", reason="电话转移"))
    (row,) = await bench.all_of(Referral)
    assert (row.department, row.state, bench.vault.open(row.reason_sealed)) == ("fraud", "sent", "电话转移")
    assert [(given.receiver, given.why) for given in await bench.all_of(EpisodeReceiver)] == [("fraud", "referral")]


async def test_a_task_is_finished_once(bench):
    done = await bench.act(do.AddTask(action_id="t", customer_id="c1", kind="other", due_at=NOW + DAY))
    (task_id,) = done.task_ids
    await bench.act(do.FinishTask(action_id="f", task_id=task_id, result="called"))
    (task,) = await bench.all_of(Task)
    assert (task.state, task.done_by, task.result) == ("done", "rm-1", "called")
    assert await bench.refused(do.FinishTask(action_id="g", task_id=task_id)) == "answered"


def test_commands_travel_as_json_and_say_what_they_are():
    for command in EVERY:
        assert msgspec.json.decode(msgspec.json.encode(command), type=do.Command) == command
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"do": "acknowledge", "action_id": "a", "episode_id": "e", "x": 1}', type=do.Command)

"""The desk as a process on a real broker: what is committed lands once, whatever is killed, and answers arrive."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import msgspec
import orjson
import pytest
from support.desk_process import DeskProcess, emit, engine, opened, put, rows
from support.desk_rows import alert
from support.processes import WorkerProcess, eventually

from stream.config import load
from stream.desk.acting import Context, act
from stream.desk.store.repositories.outbox import Message, append_messages
from stream.desk.store.repositories.positions import positions
from stream.desk.store.tables import Alert, Audit, Episode, Outbox, Position, Profile, Push, Staff
from stream.desk.store.vault import Vault
from stream.desk.work.commands import Acknowledge, Actor, Note, Outcome
from stream.domain.alerts import rfc3339
from stream.engine.assemble import business
from stream.engine.kafka.sender import KafkaSender
from stream.ops.reading import Reader

pytestmark = pytest.mark.kafka

RM = Actor(staff_id="rm-1", role="rm", branch_id="b-1")


def context(folder) -> Context:
    settings = load(env={})
    return Context(settings.desk, business(settings), Vault([(folder / "key").read_text(encoding="ascii").strip()]))


async def ids(database) -> list[str]:
    return sorted(row.alert_id for row in await rows(database, Alert))


async def send(settings, topic, key, **event) -> None:
    sender = KafkaSender(settings)
    await sender.start()
    try:
        await sender.send(topic, key.encode(), orjson.dumps({"event_id": f"{topic}-{time.time_ns()}", **event}))
    finally:
        await sender.stop()


async def stored(settings, topic) -> list[Any]:
    """Return every committed record of a topic."""
    async with Reader(settings, topic) as reader:
        await reader.from_beginning()
        return [record async for batch in reader.to_end() for record in batch]


async def bodies(settings, topic, count, within_s=30.0) -> list[dict]:
    """Return the bodies of a topic's records once there are so many, by their offsets."""
    found = await eventually(lambda: stored(settings, topic), lambda found: len(found) >= count, within_s)
    return [orjson.loads(record.value) for record in found]


async def test_what_is_committed_lands_what_is_aborted_never_does_and_a_bad_record_stops_nothing(settings, tmp_path):
    first, aborted, last = alert("c1"), alert("c2"), alert("c3")
    async with DeskProcess(settings, tmp_path) as desk, opened(tmp_path) as database, engine(settings) as producer:
        await emit(producer, settings, [first])
        await emit(producer, settings, [aborted], commit=False)
        await producer.begin_transaction()
        for bad in (b"\xff", b'{"state": "opened"}', orjson.dumps({"state": "test"})):
            await put(producer, settings, "c4", bad)
        await put(producer, settings, "another", msgspec.json.encode(alert("c5")))
        await producer.commit_transaction()
        await emit(producer, settings, [last])
        for customer in ("c1", "c2", "c3"):  # behind it nothing of the partition is left to come
            await emit(producer, settings, [alert(customer, kind="usage_drop")])
        everybody = [alert(c, kind=k) for c in ("c1", "c2", "c3") for k in ("balance_drop", "usage_drop")]
        wanted = sorted(one.alert_id for one in everybody if one.alert_id != aborted.alert_id)
        assert await eventually(lambda: ids(database), lambda found: len(found) >= len(wanted)) == wanted
        found = await eventually(lambda: stored(settings, "dead-letters"), lambda found: len(found) >= 3)
        letters = Counter(dict(record.headers)["dl_reason"].decode() for record in found)
        assert letters == {"not-json": 1, "invalid": 1, "wrong-key": 1}
        assert await desk.stop() == 0


async def test_killed_again_and_again_it_neither_loses_nor_doubles(settings, tmp_path):
    total, each = 400, 20
    alerts = [alert(f"c{number}", points=float(number)) for number in range(total)]
    async with opened(tmp_path) as database, engine(settings) as producer:
        desk = await DeskProcess(settings, tmp_path, "life-0").ready()
        await send(
            settings, "staff", "rm-1", time=rfc3339(time.time_ns() // 1_000_000), staff_id="rm-1", status="active"
        )
        await eventually(lambda: rows(database, Staff), bool)
        for number, start in enumerate(range(0, total, each)):
            await emit(producer, settings, alerts[start : start + each])
            if number % 6 == 5:
                await desk.kill()
                desk = await DeskProcess(settings, tmp_path, f"life-{number}").ready()
        wanted = sorted(one.alert_id for one in alerts)
        try:
            found = await eventually(lambda: ids(database), lambda found: len(found) >= total, 60)
            assert found == wanted
            assert Counter(row.sequence for row in await rows(database, Episode)) == {1: total}
            told = Counter(push.alert_id for push in await rows(database, Push) if push.event == "alert")
            assert set(told.values()) <= {1}
            assert await _behind(settings, database) == 0
        finally:
            await desk.kill()


async def test_killed_while_answers_go_out_each_arrives_in_order_and_only_a_repeat_comes_twice(settings, tmp_path):
    total = 60
    async with opened(tmp_path) as database, engine(settings) as producer:
        desk = await DeskProcess(settings, tmp_path, "life-0").ready()
        try:
            await emit(producer, settings, [alert("c1")])
            await eventually(lambda: ids(database), bool)
            for number in range(total):
                note = Note(action_id=f"n{number:02}", customer_id="c1", text="t", episode_id=alert("c1").episode_id)
                async with database.transaction() as tx:
                    await act(tx, RM, note, time.time_ns() // 1_000_000, context(tmp_path))
                if number % 20 == 10:
                    await desk.kill()
                    desk = await DeskProcess(settings, tmp_path, f"life-{number}").ready()
            wanted = [f"n{number:02}" for number in range(total)]
            await eventually(lambda: rows(database, Outbox), lambda found: all(row.published_at for row in found), 60)
            found = [body["action_id"] for body in await bodies(settings, "feedback", total)]
            assert list(dict.fromkeys(found)) == wanted
        finally:
            await desk.kill()


def _reader(settings) -> str:
    """Return under which name a desk keeps its positions: one for each set of topics."""
    return f"desk/{settings.topics.prefix}"


async def _behind(settings, database) -> int:
    """Return how many alerts lie behind the positions in the store."""
    async with database.reading() as session:
        stand = await positions(session, _reader(settings))
    found = await stored(settings, "alerts")
    return sum(record.offset >= stand["alerts", record.partition] for record in found)


async def test_an_acknowledgement_reaches_the_engine_which_goes_quiet(settings, tmp_path):
    now = time.time_ns() // 1_000_000
    hour = 3_600_000

    async def complain(customer: str, complaint: str, at: int) -> None:
        await send(
            settings, "complaints", customer,
            customer_id=customer, time=rfc3339(at), complaint_id=complaint, status="opened", severity="high",
        )  # fmt: skip

    async def opened_of(customer: str) -> Episode | None:
        found = [row for row in await rows(database, Episode) if row.customer_id == customer]
        return next((row for row in found if row.kind == "serious_complaint"), None)

    async def updates() -> Counter:
        return Counter(row.customer_id for row in await rows(database, Alert) if row.state == "updated")

    async with (
        WorkerProcess(settings, tmp_path / "worker.log"),
        DeskProcess(settings, tmp_path) as desk,
        opened(tmp_path) as database,
    ):
        await send(settings, "customers", "c1", customer_id="c1", time=rfc3339(now - hour), rm_id="rm-1", name="李雷")
        for customer in ("c1", "c2"):
            await complain(customer, "first", now - hour)
        episode = await eventually(lambda: opened_of("c1"), bool)
        await eventually(lambda: opened_of("c2"), bool)
        profile = next(row for row in await rows(database, Profile) if row.customer_id == "c1")
        assert context(tmp_path).vault.open(profile.name_sealed) == "李雷"

        command = Acknowledge(action_id="press-1", episode_id=episode.episode_id)
        async with database.transaction() as tx:
            await act(tx, RM, command, time.time_ns() // 1_000_000, context(tmp_path))
        (feedback,) = await bodies(settings, "feedback", 1)
        assert {name: feedback[name] for name in ("action_id", "action", "actor", "episode_id")} == {
            "action_id": "press-1",
            "action": "ack",
            "actor": "rm-1",
            "episode_id": episode.episode_id,
        }
        told = [body for body in await bodies(settings, "alerts", 3) if body["state"] == "acknowledged"]
        assert [body["episode_id"] for body in told] == [episode.episode_id]
        for customer in ("c1", "c2"):  # later than the answer, by its own time too
            await complain(customer, "second", time.time_ns() // 1_000_000)
        await eventually(updates, lambda found: found["c2"] == 1)

        async with database.transaction() as tx:
            lost = Outcome(
                action_id="press-2", episode_id=episode.episode_id, outcome="lost", loss_reason="service",
                reason_source="customer",
            )  # fmt: skip
            await act(tx, RM, lost, time.time_ns() // 1_000_000, context(tmp_path))
        outcome = (await bodies(settings, "feedback", 2))[1]
        assert (outcome["outcome"], outcome["loss_reason"], outcome["reason_source"]) == ("lost", "service", "customer")
        await eventually(lambda: rows(database, Outbox), lambda found: all(row.published_at for row in found))
        assert (await updates())["c1"] == 0
        states = Counter(row.state for row in await rows(database, Alert) if row.customer_id == "c1")
        assert states == {"opened": 1, "acknowledged": 1, "closed": 1}
        assert await desk.stop() == 0


AT_ONCE = """
[desk.escalation]
grace_h = 0
round_the_clock = ["high"]
steps = [{ to = "deputy", after_h = 0 }, { to = "branch", after_h = 0.001 }, { to = "manager", after_h = 0.002 }]
"""


async def test_what_nobody_acknowledges_escalates_on_the_topic_each_step_once_whatever_is_killed(settings, tmp_path):
    now = time.time_ns() // 1_000_000

    async def steps() -> list[str]:
        found = [orjson.loads(record.value) for record in await stored(settings, "alerts")]
        return [body["answer"]["to"] for body in found if body["state"] == "escalated"]

    async with opened(tmp_path) as database, engine(settings) as producer:
        desk = await DeskProcess(settings, tmp_path, "life-0", more=AT_ONCE).ready()
        try:
            about = {"time": rfc3339(now), "status": "active"}
            for person in ({"staff_id": "rm-1", "deputy_id": "rm-2", "manager_id": "m-1"}, {"staff_id": "rm-2"}):
                await send(settings, "staff", person["staff_id"], **about, **person)
            await eventually(lambda: rows(database, Staff), lambda found: len(found) == 2)
            await emit(producer, settings, [alert("c1", time=now, due=now)])
            await eventually(steps, bool)
            await desk.kill()
            desk = await DeskProcess(settings, tmp_path, "life-1", more=AT_ONCE).ready()
            await eventually(steps, lambda found: len(set(found)) == 3)
            assert list(dict.fromkeys(await steps())) == ["deputy", "branch", "manager"]
            assert Counter(row.state for row in await rows(database, Alert)) == {"opened": 1, "escalated": 3}
            (episode,) = await rows(database, Episode)
            assert (episode.escalation, episode.next_escalation_at) == (3, None)
        finally:
            await desk.kill()


async def test_a_second_desk_in_the_same_folder_is_refused(settings, tmp_path):
    async with DeskProcess(settings, tmp_path):
        second = DeskProcess(settings, tmp_path, "second")
        try:
            assert await asyncio.to_thread(second.process.wait, 60) != 0
            assert "another desk runs from this folder" in second.said
        finally:
            await second.kill()


async def test_a_message_that_no_broker_takes_does_not_hold_up_the_others(settings, tmp_path):
    async with DeskProcess(settings, tmp_path) as desk, opened(tmp_path) as database:
        async with database.transaction() as tx:
            sizes = {"a": 10, "b": 2_000_000, "c": 10, "d": 500_000, "e": 500_000}
            made = [
                Message(message_id=f"feedback/{name}", topic="feedback", key=b"c1", value=b"x" * size)
                for name, size in sizes.items()
            ]
            await append_messages(tx, made, time.time_ns() // 1_000_000)
        found = await eventually(lambda: rows(database, Outbox), lambda found: all(row.published_at for row in found))
        faults = {row.message_id: row.fault for row in found if row.fault}
        assert faults == {"feedback/b": "too large"}
        assert [len(record.value) for record in await stored(settings, "feedback")] == [10, 10, 500_000, 500_000]
        assert "given up" in desk.said


async def test_what_operators_did_stands_in_the_audit_once(settings, tmp_path):
    async with (
        DeskProcess(settings, tmp_path),
        WorkerProcess(settings, tmp_path / "worker.log"),
        opened(tmp_path) as database,
    ):
        time_ = rfc3339(time.time_ns() // 1_000_000)
        await send(settings, "control", "heartbeat", time=time_, command="heartbeat", actor="ops-1", arguments={})

        async def kept() -> list[tuple[str, str]]:
            return [(row.actor, row.act) for row in await rows(database, Audit) if row.object_kind == "control"]

        assert await eventually(kept, bool) == [("ops-1", "heartbeat")]
        assert await rows(database, Alert) == []
        assert {row.consumer for row in await rows(database, Position)} <= {_reader(settings)}

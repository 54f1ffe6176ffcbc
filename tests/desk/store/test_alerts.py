"""Alerts into history and episodes: once, in whatever order and however often they come."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings
from sqlalchemy import func, select, update
from support.desk_rows import DAY, HOUR, NOW, alert, arrived, opened
from support.desk_stores import sqlite_copy

from stream.desk.store.database import Database
from stream.desk.store.repositories.alerts import alerts_of, episodes_by_id, episodes_of, take_alerts
from stream.desk.store.tables import Alert, Episode, EpisodeReceiver


async def take(database, *batch):
    async with database.transaction() as session:
        return [item.alert_id for item in await take_alerts(session, batch)]


async def only(database):
    async with database.reading() as session:
        return (await session.scalars(select(Episode))).one()


async def test_an_alert_opens_an_episode_with_all_that_it_says(database):
    envelope = alert(due=NOW + 2 * HOUR, points=77.5, score=0.4, grade="near-churn", storm_id="s/1")
    await take(database, arrived(envelope, received=NOW + 99, position=(3, 14)))
    row = await only(database)
    assert (row.episode_id, row.customer_id, row.kind, row.severity) == (
        envelope.episode_id, "c1", "balance_drop", "high")  # fmt: skip
    assert (row.state, row.ended_at, row.opened_at, row.updated_at) == ("open", None, NOW, NOW)
    assert (row.owner, row.branch_id, row.routes) == ("rm:rm-1", "b-1", ["rm:rm-1"])
    assert (row.priority, row.points, row.value, row.class_, row.score) == (2, 77.5, 1000.0, "mass", 0.4)
    assert (row.due_at, row.storm_id) == (NOW + 2 * HOUR, "s/1")
    assert msgspec.json.decode(row.body, type=type(envelope)) == envelope
    async with database.reading() as session:
        (kept,) = await alerts_of(session, "c1")
    assert (kept.alert_id, kept.received_at, kept.topic_partition, kept.topic_offset) == (
        envelope.alert_id, NOW + 99, 3, 14)  # fmt: skip
    assert (kept.event_time, kept.detected_at) == (NOW, NOW + 20)
    assert kept.body == msgspec.json.encode(envelope)


async def test_what_comes_twice_is_taken_once(database):
    first, second = opened(), opened(sequence=2, state="updated")
    assert await take(database, first, first) == [first.alert_id]
    assert await take(database, first, second, second) == [second.alert_id]
    assert await take(database, first, second) == []
    assert await take(database) == []
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Alert)) == 2


async def test_the_newest_alert_tells_how_it_stands_and_the_first_when_it_began(database):
    await take(database, opened(points=1.0))
    await take(database, opened(sequence=3, state="updated", time=NOW + DAY, points=9.0, severity="critical"))
    await take(database, opened(sequence=2, state="updated", time=NOW + HOUR, points=5.0))
    row = await only(database)
    assert (row.sequence, row.points, row.severity) == (3, 9.0, "critical")
    assert (row.opened_at, row.updated_at) == (NOW, NOW + DAY)
    assert msgspec.json.decode(row.opening)["sequence"] == 1


@pytest.mark.parametrize("ending", ["resolved", "expired", "closed"])
async def test_an_episode_ends_and_stays_ended(database, ending):
    await take(database, opened())
    await take(database, opened(sequence=2, state=ending, time=NOW + HOUR))
    await take(database, opened(sequence=3, state="updated", time=NOW + DAY))
    row = await only(database)
    assert (row.state, row.ended_at) == (ending, NOW + HOUR)


async def test_an_episode_that_the_desk_ended_is_not_opened_by_an_alert_under_way(database):
    await take(database, opened())
    async with database.transaction() as session:
        await session.execute(update(Episode).values(state="closed", ended_at=NOW + 5, outcome="saved"))
    await take(database, opened(sequence=2, state="updated", time=NOW + HOUR))
    row = await only(database)
    assert (row.state, row.ended_at, row.outcome, row.sequence) == ("closed", NOW + 5, "saved", 2)


async def test_an_alert_leaves_alone_what_the_desk_decided(database):
    await take(database, opened())
    async with database.transaction() as session:
        given_to = {"owner": "rm:rm-9", "owner_fixed": True, "acknowledged_at": NOW, "acknowledged_by": "rm-9"}
        await session.execute(update(Episode).values(**given_to, snoozed_until=NOW + DAY, escalation=2))
    await take(database, opened(sequence=2, state="updated", routes=["rm:rm-2"]))
    row = await only(database)
    assert (row.owner, row.routes) == ("rm:rm-9", ["rm:rm-2"])
    assert (row.acknowledged_at, row.snoozed_until, row.escalation) == (NOW, NOW + DAY, 2)


async def test_the_desk_may_know_better_who_has_it(database):
    await take(database, arrived(alert(routes=[]), owner=None), arrived(alert("c2"), owner="rm:rm-7", branch_id="b-7"))
    async with database.reading() as session:
        first, second = [await episodes_of(session, customer) for customer in ("c1", "c2")]
    assert first[0].owner == "unassigned"
    assert (second[0].owner, second[0].branch_id, second[0].rm_id) == ("rm:rm-7", "b-7", "rm-1")


async def test_departments_get_a_look_as_well(database):
    await take(database, opened(routes=["rm:rm-1", "fraud", "risk"]))
    await take(database, opened(sequence=2, state="updated", routes=["rm:rm-1", "fraud"]))
    async with database.reading() as session:
        rows = (await session.scalars(select(EpisodeReceiver).order_by(EpisodeReceiver.receiver))).all()
    assert [(row.receiver, row.why) for row in rows] == [("fraud", "route"), ("risk", "route")]


async def test_hostile_text_does_not_stop_a_batch(database):
    hostile = "a\0'; DROP TABLE alerts; --\u202e"
    await take(database, opened(hostile, routes=[f"rm:{hostile}"]))
    async with database.reading() as session:
        (row,) = await episodes_of(session, hostile)
    assert row.routes == [f"rm:{hostile}".replace("\0", "\ufffd")]


async def test_many_at_once(database):
    batch = [opened(f"c{n}", sequence=s, state="updated" if s > 1 else "opened") for n in range(400) for s in (1, 2, 3)]
    assert len(await take(database, *batch)) == 1200
    ids = [item.episode_id for item in batch]
    async with database.reading() as session:
        found = await episodes_by_id(session, list(dict.fromkeys(ids)))
    assert len(found) == 400
    assert {row.sequence for row in found.values()} == {3}


LIFE = [
    arrived(alert(sequence=n + 1, state=state, time=NOW + n * HOUR, points=float(n)))
    for n, state in enumerate(["opened", "updated", "updated", "resolved"])
]


AFTERWARDS = ("state", "sequence", "points", "opened_at", "ended_at", "body", "opening")


async def afterwards(template, batches):
    """Return how the episode stands after these batches, in a store of its own."""
    with TemporaryDirectory() as folder:
        database = Database.open(sqlite_copy(template, Path(folder)))
        for batch in batches:
            await take(database, *batch)
        row = await only(database)
        await database.close()
    return {name: getattr(row, name) for name in AFTERWARDS}


@given(order=st.permutations(LIFE), repeats=st.lists(st.sampled_from(LIFE), max_size=4), cut=st.integers(1, 3))
@settings(max_examples=25)
def test_neither_order_nor_batches_matter(sqlite_template, order, repeats, cut):
    mixed = [*order, *repeats]
    told = asyncio.run(afterwards(sqlite_template, [mixed[:cut], mixed[cut:]]))
    assert told == asyncio.run(afterwards(sqlite_template, [LIFE]))

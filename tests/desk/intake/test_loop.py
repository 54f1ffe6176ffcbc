"""The loop of the intake over a log in memory: positions with the rows, poison alone, one reader at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
import pytest
from sqlalchemy import select, text
from support.desk_intake import came, context_of, edge
from support.desk_rows import NOW, alert
from support.processes import eventually

from stream.config import load
from stream.desk.intake.history import began
from stream.desk.intake.loop import Intake, Parts
from stream.desk.intake.reading import CONSUMER, Came, Source, Start, start_from
from stream.desk.intake.writing import Writer
from stream.desk.leading import Lead
from stream.desk.standing import Standings
from stream.desk.store.repositories.positions import Partition, move_positions, positions, take_lease
from stream.desk.store.tables import Alert, Episode, Escalation
from stream.desk_metrics import DeskMetrics
from stream.domain.alerts import Alert as Envelope


class Lines(Source):
    """A log in memory, one partition of `alerts`, read as the broker's is: from the stored positions on."""

    def __init__(self, records: Sequence[Came], first: int = 0, prefix: str = ""):
        settings = load(env={})
        topics = settings.topics.model_copy(update={"prefix": prefix})
        super().__init__(settings.model_copy(update={"topics": topics}), ["alerts"])
        self.records, self.first, self.position, self.fetches = records, first, 0, 0

    async def start(self, stored: Mapping[Partition, int]) -> Start:
        end = len(self.records)
        start = start_from(stored, {("alerts", 0): self.first}, {("alerts", 0): end})
        self.position = start.positions["alerts", 0]
        return start

    async def stop(self) -> None:
        """Nothing is connected."""

    async def fetch(self) -> list[Came]:
        self.fetches += 1
        found = list(self.records[self.position : self.position + 3])
        self.position += len(found)
        await asyncio.sleep(0.01)
        return found

    async def lag(self) -> dict[str, int]:
        return {"alerts": len(self.records) - self.position}


def log_of(*values: Envelope | bytes) -> list[Came]:
    return [
        came("alerts", value.customer_id, msgspec.json.encode(value), offset=n)
        if isinstance(value, Envelope)
        else came("alerts", "c", value, offset=n)
        for n, value in enumerate(values)
    ]


class Bench:
    def __init__(self, database, vault, after=()):
        self.database, self.metrics, self.standings = database, DeskMetrics(), Standings()
        self.letters, self.woken = [], []
        self.writer = Writer(context_of(vault), tuple(after))

    def intake(self, source, holder="here"):
        async def send(letter):
            self.letters.append({name: value.decode() for name, value in letter.headers})

        return Intake(
            lambda: source,
            Parts(
                database=self.database,
                writer=self.writer,
                edge=edge(),
                lead=Lead("intake", holder, lambda: NOW, self.metrics),
                metrics=self.metrics,
                standings=self.standings,
                clock=lambda: NOW,
                dead_letters=send,
                committed=self.woken.append,
            ),
        )

    @contextlib.asynccontextmanager
    async def running(self, source, holder="here") -> AsyncIterator[Intake]:
        intake = self.intake(source, holder)
        task = asyncio.create_task(intake.run())
        try:
            yield intake
            assert not task.done(), task.exception()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def read_all(self, source):
        async with self.running(source) as intake:
            await asyncio.wait_for(intake.caught_up.wait(), 20)

    async def customers(self):
        async with self.database.reading() as session:
            return sorted(await session.scalars(select(Episode.customer_id)))

    async def stands(self):
        async with self.database.reading() as session:
            return await positions(session, CONSUMER)


@pytest.fixture
def bench(database, vault):
    return Bench(database, vault)


async def test_it_goes_on_where_the_rows_stand(bench):
    records = log_of(*(alert(f"c{number}") for number in range(7)))
    await bench.read_all(Lines(records[:4]))
    assert await bench.stands() == {("alerts", 0): 4}
    later = Lines(records)
    await bench.read_all(later)
    assert await bench.customers() == [f"c{number}" for number in range(7)]
    assert await bench.stands() == {("alerts", 0): 7}


async def test_what_cannot_be_read_is_put_aside_and_the_rest_goes_on(bench):
    probe = b'{"state": "heartbeat"}'
    strange = msgspec.json.encode(alert("c7", event_time="yesterday"))
    await bench.read_all(Lines(log_of(alert("c1"), b"{", probe, alert("c2"), strange, b"[]", alert("c3"))))
    assert await bench.customers() == ["c1", "c2", "c3"]
    assert [(one["dl_offset"], one["dl_reason"]) for one in bench.letters] == [
        ("1", "not-json"),
        ("4", "invalid"),
        ("5", "invalid"),
    ]
    assert await bench.stands() == {("alerts", 0): 7}


async def test_a_record_that_cannot_be_written_is_put_aside_alone(database, vault):
    async def failing(tx, fresh, now):
        if any(one.alert["customer_id"] == "poison" for one in fresh):
            raise KeyError("a fault of the program")
        return set()

    bench = Bench(database, vault, [failing])
    await bench.read_all(Lines(log_of(alert("c1"), alert("poison"), alert("c2"), alert("c3"))))
    assert await bench.customers() == ["c1", "c2", "c3"]
    assert [(one["dl_offset"], one["dl_reason"]) for one in bench.letters] == [("1", "poison")]
    assert await bench.stands() == {("alerts", 0): 4}


async def test_a_row_that_the_database_refuses_is_put_aside_alone(bench):
    """PostgreSQL cannot index so long an id; SQLite can."""
    long = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(8_000))
    await bench.read_all(Lines(log_of(alert("c1"), alert(long), alert("c2"))))
    refused = bench.database.dialect == "postgresql"
    assert await bench.customers() == (["c1", "c2"] if refused else ["c1", "c2", long])
    assert [one["dl_reason"] for one in bench.letters] == (["poison"] if refused else [])


async def test_who_does_not_lead_reads_nothing_until_the_lease_is_over(bench):
    async with bench.database.transaction() as tx:
        assert await take_lease(tx, "desk:intake", "another", NOW, 15_000)
    source = Lines(log_of(alert("c1")))
    async with bench.running(source) as intake:
        await asyncio.wait_for(intake.caught_up.wait(), 20)
        assert source.fetches == 0
        async with bench.database.transaction() as tx:
            await tx.execute(text("DELETE FROM leases"))
        await eventually(bench.customers, bool)


async def test_who_is_deposed_between_two_batches_writes_no_more(bench):
    records = log_of(alert("c1"))
    source = Lines(records)
    async with bench.running(source):
        await eventually(bench.customers, bool)
        async with bench.database.transaction() as tx:
            await tx.execute(text("UPDATE leases SET holder = 'another'"))
        records.append(came("alerts", "c2", msgspec.json.encode(alert("c2")), offset=1))
        await eventually(_async(lambda: bench.metrics.leads.labels("intake")._value.get()), lambda leads: leads == 0)
    assert await bench.customers() == ["c1"]
    assert await bench.stands() == {("alerts", 0): 1}


def _async(read):
    async def found():
        return read()

    return found


async def test_a_topic_made_anew_is_read_from_its_beginning_and_known_alerts_stay_as_they_are(bench):
    async with bench.database.transaction() as tx:
        await move_positions(tx, CONSUMER, {("alerts", 0): 500}, NOW)
    await bench.read_all(Lines(log_of(alert("c1"), alert("c2"))))
    assert await bench.customers() == ["c1", "c2"]
    assert await bench.stands() == {("alerts", 0): 2}


async def test_topics_under_another_prefix_are_read_from_their_beginning_and_known_alerts_stay_as_they_are(bench):
    await bench.read_all(Lines(log_of(alert("c1"), alert("c2"), alert("c3"))))
    wide = log_of(alert("c1"), alert("c3"), alert("c4"))  # fewer, by offsets that mean others
    await bench.read_all(Lines(wide, prefix="wide-"))
    assert await bench.customers() == ["c1", "c2", "c3", "c4"]
    assert await bench.stands() == {("alerts", 0): 3}, "the way back"


async def test_records_that_were_gone_are_counted_and_the_rest_is_read(bench):
    async with bench.database.transaction() as tx:
        await move_positions(tx, CONSUMER, {("alerts", 0): 1}, NOW)
    await bench.read_all(Lines(log_of(*(alert(f"c{number}") for number in range(5))), first=3))
    assert await bench.customers() == ["c3", "c4"]
    assert bench.metrics.lost.labels("alerts")._value.get() == 2


async def test_what_came_before_the_first_start_is_shown_and_nobody_is_told_of_it(database, vault):
    told = []

    async def telling(tx, fresh, now):
        told.extend(one.alert["customer_id"] for one in fresh)
        return set()

    bench = Bench(database, vault, [telling])
    old, new = alert("c1"), alert("c2")
    records = [
        came("alerts", one.customer_id, msgspec.json.encode(one), offset=offset, time=NOW + offset - 1)
        for offset, one in enumerate((old, new))
    ]
    await bench.read_all(Lines(records[:1]))
    await bench.read_all(Lines(records))
    assert await bench.customers() == ["c1", "c2"]
    assert told == ["c2"]
    async with database.reading() as session:
        planned = set(await session.scalars(select(Escalation.episode_id)))
    assert planned == {new.episode_id}


async def test_a_desk_that_has_read_before_has_no_history(bench):
    async with bench.database.transaction() as tx:
        await move_positions(tx, CONSUMER, {("alerts", 0): 0}, NOW)
        assert await began(tx, CONSUMER, NOW) == 0
        assert await began(tx, CONSUMER, NOW + 5) == 0
    async with bench.database.transaction() as tx:
        assert await began(tx, "another", NOW) == NOW
        assert await began(tx, "another", NOW + 5) == NOW


def test_reading_begins_where_the_log_still_has_what_the_store_wants():
    first, end = {("a", 0): 3, ("a", 1): 0, ("b", 0): 0}, {("a", 0): 9, ("a", 1): 9, ("b", 0): 2}
    start = start_from({("a", 0): 1, ("a", 1): 4, ("b", 0): 7}, first, end)
    assert start.positions == {("a", 0): 3, ("a", 1): 4, ("b", 0): 0}
    assert start.lost == {"a": 2}
    assert start.anew == {"b"}
    assert start_from({}, first, end).positions == first


async def test_each_alert_is_in_the_history_with_where_it_stood(bench):
    await bench.read_all(Lines(log_of(alert("c1"), alert("c2"))))
    async with bench.database.reading() as session:
        rows = list(await session.scalars(select(Alert).order_by(Alert.topic_offset)))
    assert [(row.topic_partition, row.topic_offset) for row in rows] == [(0, 0), (0, 1)]

"""Events, profiles and contacts as the intake keeps them."""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from support.desk_intake import context_of, edge, item
from support.desk_rows import NOW, alert, customer

from stream.desk.intake.edge import Item
from stream.desk.intake.reading import Came
from stream.desk.intake.writing import Writer
from stream.desk.store.tables import CustomerEvent, Episode, Profile
from stream.domain.events import Complaint, Contact, Forget, Forwarding, ServiceEvent
from stream.engine.log.memory import MemoryRecord


async def take(database, writer, topic, *values):
    async with database.transaction() as tx:
        await writer.write(tx, [item(value, topic=topic) for value in values], NOW)


async def all_of(database, entity):
    async with database.reading() as session:
        return list(await session.scalars(select(entity)))


def complaint(number: int, customer_id: str = "c1") -> Complaint:
    return Complaint(
        event_id=f"{customer_id}-{number}",
        customer_id=customer_id,
        time=NOW + number,
        complaint_id="k",
        status="opened",
        text="<script>钱</script>",
    )


async def test_the_newest_events_of_each_customer_are_kept_each_once_and_sealed(database, vault):
    context = context_of(vault)
    work = context.settings.work.model_copy(update={"timeline_events": 3})
    writer = Writer(context_of(vault, work=work))
    for _ in range(2):
        await take(database, writer, "complaints", *(complaint(number) for number in range(5)), complaint(0, "c2"))
    rows = await all_of(database, CustomerEvent)
    assert sorted(row.event_id for row in rows) == ["c1-2", "c1-3", "c1-4", "c2-0"]
    row = rows[0]
    assert (row.type, row.subject_id, row.topic) == ("opened", "k", "complaints")
    assert b"script" not in row.body_sealed
    assert msgspec.json.decode(vault.open_bytes(row.body_sealed))["text"] == "<script>钱</script>"


async def test_of_a_forwarding_only_the_last_two_digits_are_kept(database, vault):
    forwarding = Forwarding("unconditional", target_network="other", target_number="+8613912345678")
    event = ServiceEvent(event_id="e", customer_id="c1", time=NOW, type="call_forwarding", forwarding=forwarding)
    await take(database, Writer(context_of(vault)), "service-events", event)
    (row,) = await all_of(database, CustomerEvent)
    kept = msgspec.json.decode(vault.open_bytes(row.body_sealed))["forwarding"]
    assert kept["target_ends"] == "78"
    assert "target_number" not in kept


async def test_a_contact_from_the_topic_ends_the_wait_for_the_first(database, vault):
    writer = Writer(context_of(vault))
    await take(database, writer, "alerts", alert("c1"))
    say = {"customer_id": "c1", "staff_id": "rm-1", "how": "call"}
    tried = Contact(event_id="k1", time=NOW + 5, result="not_reached", **say)
    before = Contact(event_id="k2", time=NOW - 5, result="reached", **say)
    later, sooner = (Contact(event_id=f"k{t}", time=NOW + t, result="reached", **say) for t in (90, 60))
    await take(database, writer, "contacts", tried, before, later, sooner)
    (episode,) = await all_of(database, Episode)
    assert episode.first_contact_at == NOW + 60
    assert len(await all_of(database, CustomerEvent)) == 4


async def test_a_tombstone_forgets_a_customer_and_a_later_profile_makes_them_known_again(database, vault):
    writer = Writer(context_of(vault))
    await take(database, writer, "alerts", alert("c1"), alert("c2"))
    await take(database, writer, "complaints", complaint(1))
    events = [
        customer("c1", name="李雷"),
        Forget(event_id="f", customer_id="c1", time=NOW + 1),
        customer("c2", time=NOW + 2),
    ]
    await take(database, writer, "customers", *events)
    assert [row.customer_id for row in await all_of(database, Profile)] == ["c2"]
    assert [row.customer_id for row in await all_of(database, Episode)] == ["c2"]
    assert await all_of(database, CustomerEvent) == []
    await take(database, writer, "customers", customer("c1", time=NOW + 3))
    assert sorted(row.customer_id for row in await all_of(database, Profile)) == ["c1", "c2"]


def test_a_tombstone_is_read_as_one():
    read = edge().read(Came("customers", 0, MemoryRecord(0, NOW, b"c1", None)))
    assert isinstance(read, Item)
    assert isinstance(read.value, Forget)


async def test_what_was_written_before_a_tombstone_does_not_bring_a_customer_back(database, vault):
    writer = Writer(context_of(vault))
    await take(database, writer, "customers", Forget(event_id="f", customer_id="c1", time=NOW))
    await take(database, writer, "alerts", alert("c1"), alert("c2"))  # records of the tombstone's own millisecond
    await take(database, writer, "complaints", complaint(1))
    assert [row.customer_id for row in await all_of(database, Episode)] == ["c2"]
    assert await all_of(database, CustomerEvent) == []
    later = alert("c1", kind="usage_drop")
    record = MemoryRecord(9, NOW + 1, b"c1", msgspec.json.encode(later))
    async with database.transaction() as tx:
        await writer.write(tx, [edge().read(Came("alerts", 0, record))], NOW)
    assert sorted(row.customer_id for row in await all_of(database, Episode)) == ["c1", "c2"]

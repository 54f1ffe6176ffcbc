"""Old rows go in chunks, a customer is forgotten whole, and keys rotate."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select
from support.desk_rows import DAY, NOW, customer, opened

from stream.desk.store.base import Base
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.forget import GOES, STAYS, forget_customer
from stream.desk.store.repositories.outbox import Message, append_messages
from stream.desk.store.repositories.profiles import find_customers, new_profile, put_profiles
from stream.desk.store.repositories.retention import KINDS
from stream.desk.store.tables import (
    Alert,
    Audit,
    Contact,
    Episode,
    EpisodeReceiver,
    Escalation,
    Note,
    Outbox,
    Profile,
    Push,
    PushDay,
    Session,
    SignIn,
    Task,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)
from stream.desk.store.upkeep import prune, reseal
from stream.desk.store.vault import Vault, VaultError, new_key
from stream.settings.desk import Retention

KEPT_FOR_EVER = {
    "profiles", "profile_products", "profile_circles", "assignments",  # until the customer is forgotten
    "staff", "branches", "preferences", "webhook_endpoints", "webhook_secrets",  # until somebody takes them away
    "positions", "leases", "push_counters", "monthly_figures", "timers",  # few, or gone when they are due
}  # fmt: skip


async def add(database, *rows):
    async with database.transaction() as session:
        session.add_all(rows)


async def count(database, entity):
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(entity))


def look(at, **more):
    return Audit(at=at, actor="a", role="rm", act="view", object_kind="customer", allowed=True, **more)


def endpoint(url):
    return WebhookEndpoint(endpoint_id="w", url_sealed=url, host="h", created_by="a", created_at=1, updated_at=1)


def hanging():
    """Return the tables whose rows go with another's."""
    return {table.name for table in Base.metadata.sorted_tables if table.foreign_keys}


def test_every_table_grows_old_hangs_on_one_that_does_or_is_meant_to_stay():
    aged = {aged.entity.__tablename__ for kinds in KINDS.values() for aged in kinds}
    assert set(KINDS) == set(Retention.model_fields) - {"chunk"}
    assert aged | hanging() | KEPT_FOR_EVER == set(Base.metadata.tables)
    assert not aged & KEPT_FOR_EVER


def test_every_table_that_names_a_customer_knows_what_becomes_of_it():
    naming = {mapper.class_ for mapper in Base.registry.mappers if "customer_id" in mapper.local_table.c}
    assert naming == set(GOES) | set(STAYS)
    assert not set(GOES) & set(STAYS)


async def test_what_ended_long_ago_goes_with_what_hangs_on_it_and_what_is_open_stays(database):
    long_ago = NOW - 900 * DAY
    async with database.transaction() as session:
        await take_alerts(
            session,
            [
                opened("open", received=long_ago, time=long_ago, routes=["rm:rm-1", "fraud"]),
                opened("old", received=long_ago, time=long_ago, routes=["rm:rm-1", "fraud"]),
                opened("old", received=long_ago, time=long_ago, sequence=2, state="resolved"),
                opened("new", time=NOW - DAY),
                opened("new", sequence=2, state="resolved"),
            ],
        )
        episode = opened("old").episode_id
        session.add(Escalation(episode_id=episode, step=1, to="deputy", due_at=NOW, planned_at=NOW))
    gone = await prune(database, Retention(), NOW)
    assert (gone["episodes"], gone["alerts"]) == (1, 2)
    assert await count(database, Escalation) == 0
    assert await count(database, EpisodeReceiver) == 1
    async with database.reading() as session:
        assert set(await session.scalars(select(Episode.customer_id))) == {"open", "new"}
        assert set(await session.scalars(select(Alert.customer_id))) == {"open", "new"}


async def test_each_kind_has_days_of_its_own_and_what_is_not_done_stays(database):
    def task(name, **more):
        return Task(
            task_id=name,
            origin=name,
            kind="k",
            customer_id="c",
            owner="rm:a",
            due_at=1,
            created_at=1,
            created_by="a",
            **more,
        )

    def message(name, **more):
        return Outbox(message_id=name, topic="t", key=b"", value=b"", headers=[], created_at=1, **more)

    def delivery(name, **more):
        return WebhookDelivery(delivery_id=name, endpoint_id="w", subject=name, payload=b"", created_at=1, **more)

    old = NOW - 15 * DAY
    contact = {"customer_id": "c", "staff_id": "a", "how": "call", "result": "reached", "source": "desk"}
    await add(
        database, WebhookEndpoint(endpoint_id="w", url_sealed=b"", host="h", created_by="a", created_at=1, updated_at=1)
    )
    await add(
        database,
        task("open"), task("done", done_at=1), task("fresh", done_at=NOW),
        message("waiting"), message("sent", published_at=old), message("fresh", published_at=NOW),
        Push(receiver="a", number=1, event="alert", notify=False, created_at=old, data={}),
        Push(receiver="a", number=2, event="alert", notify=False, created_at=NOW, data={}),
        PushDay(receiver="a", day=dt.date(2026, 1, 1)), PushDay(receiver="a", day=dt.date(2026, 11, 17)),
        delivery("pending"), delivery("over", ended_at=1),
        Session(session_id="s", staff_id="a", role="rm", created_at=1, seen_at=1, expires_at=1),
        SignIn(state="s", secrets_sealed=b"", return_to="/", created_at=1, expires_at=NOW),
        look(1),
        Contact(contact_id="k", at=NOW - 799 * DAY, **contact),
    )  # fmt: skip
    gone = await prune(database, Retention(), NOW)
    assert {kind: n for kind, n in gone.items() if n} == {
        "tasks": 1, "outbox": 1, "pushes": 2, "deliveries": 1, "sessions": 1, "audit": 1}  # fmt: skip
    async with database.reading() as session:
        assert set(await session.scalars(select(Outbox.message_id))) == {"waiting", "fresh"}
        assert set(await session.scalars(select(Task.task_id))) == {"open", "fresh"}
        assert list(await session.scalars(select(Push.number))) == [2]
    assert (await prune(database, Retention(contacts=798), NOW))["contacts"] == 1


async def test_deleting_goes_on_until_nothing_old_is_left(database):
    await add(database, *(look(n) for n in range(25)))
    assert (await prune(database, Retention(chunk=10), NOW))["audit"] == 25
    assert await count(database, Audit) == 0


async def test_a_customer_is_forgotten_but_for_what_is_owed_to_others(database, vault):
    async with database.transaction() as session:
        await put_profiles(
            session, [new_profile(customer(name, name="N", circle_ids=["k"]), vault, NOW) for name in "ab"]
        )
        await take_alerts(session, [opened("a", routes=["rm:1", "fraud"]), opened("b")])
        for name in ("sent", "waiting"):
            message = Message(message_id=name, topic="feedback", key=b"a", value=b"", customer_id="a")
            await append_messages(session, [message], NOW)
        sent = (await session.scalars(select(Outbox).where(Outbox.message_id == "sent"))).one()
        sent.published_at = NOW
        session.add(Note(note_id="n", customer_id="a", author="x", at=NOW, text_sealed=b""))
        session.add(
            Audit(at=NOW, actor="x", role="rm", act="view", object_kind="customer", customer_id="a", allowed=True)
        )
    async with database.transaction() as session:
        await forget_customer(session, "a")
    async with database.reading() as session:
        for entity in GOES:
            assert "a" not in set(await session.scalars(select(entity.customer_id))), entity
        assert list(await session.scalars(select(Outbox.message_id))) == ["waiting"]
    assert await count(database, EpisodeReceiver) == 0
    assert await count(database, Audit) == 1
    assert await count(database, Episode) == await count(database, Profile) == 1


async def test_everything_sealed_is_sealed_anew_and_still_found(database):
    old_key, key = new_key(), new_key()
    old, both, new = Vault([old_key]), Vault([key, old_key]), Vault([key])
    async with database.transaction() as session:
        people = [customer(f"c{n}", name=f"Name {n}", phone=f"1380000{n:04}") for n in range(7)] + [customer("bare")]
        await put_profiles(session, [new_profile(one, old, NOW) for one in people])
        session.add(Note(note_id="n", customer_id="c1", author="x", at=NOW, text_sealed=old.seal("said")))
        session.add(
            WebhookEndpoint(
                endpoint_id="w", url_sealed=old.seal("u"), host="h", created_by="a", created_at=1, updated_at=1
            )
        )
        await session.flush()
        session.add(WebhookSecret(secret_id="s", endpoint_id="w", secret_sealed=old.seal(b"\0\1"), created_at=1))
    async with database.reading() as session:
        assert await find_customers(session, "name 3", both) == ["c3"], "found before it is sealed anew"
    with pytest.raises(VaultError):
        await reseal(database, new)
    assert await reseal(database, both, chunk=3) == 11
    async with database.reading() as session:
        assert await find_customers(session, "name 3", new) == ["c3"]
        assert await find_customers(session, "138 0000 0003", new) == ["c3"]
        row = await session.get(Profile, "c3")
        assert (new.open(row.name_sealed), new.open(row.phone_sealed)) == ("Name 3", "13800000003")
        assert new.open((await session.get(Note, "n")).text_sealed) == "said"
        assert new.open_bytes((await session.get(WebhookSecret, "s")).secret_sealed) == b"\0\1"
        assert (await session.get(Profile, "bare")).name_sealed is None

"""Deliveries carried out against real servers: the schedule, 410, restarts, and a dead one that delays nobody."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from standardwebhooks import Webhook
from support.desk_notify import QUICK, House, wall
from support.desk_rows import opened
from support.receiver import receiving
from support.until import until

from stream.desk.notify.endpoints import UnknownError, enable, listed, replay, replay_failed, rotate
from stream.desk.notify.fanout import fan_out
from stream.desk.notify.schedule import next_at
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.forget import forget_customer
from stream.desk.store.tables import WebhookDelivery
from stream.settings.desk_notify import Webhooks


async def test_an_alert_arrives_signed(database, vault):
    house = House(database, vault)
    async with receiving() as receiver, house.sending():
        _, secret = await house.endpoint(receiver.url)
        await house.take(opened("c1"))
        await house.became("delivered")
        ((headers, body, _),) = receiver.got
        assert Webhook(secret).verify(body, headers)["data"]["customer_id"] == "c1"
        assert await house.attempts() == [(1, 200, None)]


async def test_a_commit_wakes_the_destinations_that_it_queued_for_and_no_other(database, vault):
    house = House(database, vault, webhooks={"look_every_s": 60})  # who waits for the next look comes too late
    async with receiving() as one, receiving() as other, house.sending(survey_s=60):
        await house.endpoint(one.url, kinds=("balance_drop",))
        await house.endpoint(other.url, kinds=("salary_stopped",))
        woken: list[frozenset[str]] = []
        with database.hearing(woken.append):
            await house.take(opened("c1", kind="balance_drop"))  # both are new to the sender: it looks who is there
            await until(lambda: len(one.got) == 1, 10)
            await house.take(opened("c2", kind="salary_stopped"))
            await until(lambda: len(other.got) == 1, 10)
            with pytest.raises(RuntimeError):
                async with database.transaction() as tx:
                    await fan_out(
                        tx, await take_alerts(tx, [opened("c3", kind="balance_drop")]), house.settings, wall()
                    )
                    raise RuntimeError
        assert [len(names) for names in woken] == [1, 1]
        assert woken[0] != woken[1]


async def test_it_is_tried_again_with_the_same_id_until_it_is_taken(database, vault):
    house = House(database, vault)
    async with receiving(answers=[500, 302, 200]) as receiver, house.sending():
        await house.endpoint(receiver.url)
        await house.take(opened("c1"))
        await house.became("delivered")
        assert len(set(receiver.ids)) == 1
    assert await house.attempts() == [(1, 500, "status 500"), (2, 302, "redirect refused"), (3, 200, None)]


async def test_after_the_last_attempt_it_has_failed_and_can_be_replayed(database, vault):
    house = House(database, vault)
    async with receiving(answers=[500, 500, 500, 200]) as receiver, house.sending():
        endpoint, _ = await house.endpoint(receiver.url)
        await house.take(opened("c1"))
        await house.became("failed")
        assert len(receiver.got) == 3
        async with database.transaction() as tx:
            assert await replay_failed(tx, endpoint, 0, wall()) == 1
        await house.became("delivered", "failed")
        async with database.transaction() as tx:
            assert await replay_failed(tx, endpoint, 0, wall()) == 0
            await replay(tx, (await house.rows())[0].delivery_id, wall())
            with pytest.raises(UnknownError):
                await replay(tx, "msg_none", wall())
        await house.became("delivered", "delivered", "failed")
        assert len(set(receiver.ids)) == 1


async def test_410_disables_and_cancels_and_enabling_goes_on_with_what_comes(database, vault):
    house = House(database, vault)
    async with receiving(answers=[410, 200]) as receiver:
        endpoint, _ = await house.endpoint(receiver.url)
        await house.take(*(opened(f"c{n}") for n in range(9)))
        async with database.transaction() as tx:  # of nine one is due now, the others later: before anything is sent
            rows = await house.rows()
            later = WebhookDelivery.delivery_id.in_([row.delivery_id for row in rows[1:]])
            await tx.execute(update(WebhookDelivery).where(later).values(next_at=wall() + 60_000))
        async with house.sending():
            await house.became("failed", *["cancelled"] * 8)
            row = await house.get(endpoint)
            assert (row.enabled, row.disabled_why) == (False, "gone")
            assert await house.take(opened("d")) == 0
            async with database.transaction() as tx:
                await enable(tx, endpoint, wall())
            assert await house.take(opened("e")) == 1
            await house.became("failed", *["cancelled"] * 8, "delivered")
            assert len(receiver.got) == 2


async def test_a_dead_receiver_never_slows_the_others(embedded, vault):
    hanging = {**QUICK["webhooks"], "timeout_s": 60}  # to the end: the receiver also counts whom a sender gave up
    house = House(embedded, vault, webhooks=hanging)
    async with receiving(gate=asyncio.Event()) as dead, receiving() as alive, house.sending():
        for _ in range(10):
            await house.endpoint(dead.url)
        await house.endpoint(alive.url)
        await house.take(*(opened(f"c{n}") for n in range(40)))
        begun = time.monotonic()
        await until(lambda: len(alive.got) == 40, 20)
        assert time.monotonic() - begun < 5
        assert len(set(alive.ids)) == 40
        assert alive.most_at_once <= house.settings.webhooks.per_endpoint
        assert dead.most_at_once <= 10 * house.settings.webhooks.per_endpoint


async def test_a_rotated_secret_signs_beside_the_new_one_until_it_ends(database, vault):
    house = House(database, vault)
    async with receiving() as receiver, house.sending():
        endpoint, old = await house.endpoint(receiver.url)
        async with database.transaction() as tx:
            new = await rotate(tx, vault, endpoint, wall(), 3_600_000)
        await house.take(opened("c1"))
        await house.became("delivered")
        headers, body, _ = receiver.got[0]
        assert len(headers["webhook-signature"].split(" ")) == 2
        for secret in (old, new):
            Webhook(secret).verify(body, headers)
        async with database.transaction() as tx:
            newest = await rotate(tx, vault, endpoint, wall() - 3_600_000, 0)
            with pytest.raises(UnknownError):
                await rotate(tx, vault, "ep_none", wall(), 0)
        await house.take(opened("c2"))
        await house.became("delivered", "delivered")
        headers, body, _ = receiver.got[1]
        assert len(headers["webhook-signature"].split(" ")) == 2  # the first secret keeps the hour it was promised
        Webhook(newest).verify(body, headers)


async def test_what_was_claimed_by_a_process_that_died_is_sent_by_the_next(database, vault):
    house = House(database, vault)
    async with receiving(gate=asyncio.Event()) as receiver:
        await house.endpoint(receiver.url)
        await house.take(opened("c1"))
        async with house.sending():
            await until(lambda: receiver.at_once == 1, 10)
        assert await house.states() == ["pending"]
        async with database.transaction() as tx:  # the claim runs out
            await tx.execute(update(WebhookDelivery).values(next_at=wall()))
        receiver.gate.set()
        async with house.sending():
            await house.became("delivered")
        assert len(set(receiver.ids)) == 1


async def test_two_senders_send_each_once(database, vault):
    house = House(database, vault)
    async with receiving() as receiver, house.sending(), house.sending():
        await house.endpoint(receiver.url)
        await house.take(*(opened(f"c{n}") for n in range(30)))
        await house.became(*["delivered"] * 30, within_s=20)
        assert sorted(receiver.ids) == sorted(set(receiver.ids))


async def test_a_customer_forgotten_meanwhile_leaves_nothing(database, vault):
    house = House(database, vault)
    async with receiving(gate=asyncio.Event()) as receiver, house.sending():
        await house.endpoint(receiver.url)
        await house.take(opened("c1"))
        await until(lambda: receiver.at_once == 1, 10)
        async with database.transaction() as tx:
            await forget_customer(tx, "c1")
        receiver.gate.set()
        await until(lambda: house.metrics.registry.get_sample_value(
            "churnwatch_desk_notify_attempts_total", {"channel": "webhook", "result": "taken"}), 10)  # fmt: skip
        await house.became()
        assert await house.attempts() == []


async def test_what_is_listed_tells_neither_url_nor_secret(database, vault):
    house = House(database, vault)
    _, secret = await house.endpoint("http://127.0.0.1:9/hidden?token=hidden", description="the CRM")
    await house.take(opened("c1"))
    async with database.reading() as session:
        ((endpoint, waiting, failed),) = await listed(session)
    assert (endpoint.host, endpoint.description, waiting, failed) == ("127.0.0.1", "the CRM", 1, 0)
    async with database.reading() as session:
        raw = (await session.connection()).exec_driver_sql
        for table in ("webhook_endpoints", "webhook_secrets"):
            stored = str((await raw(f"SELECT * FROM {table}")).all())
            assert "hidden" not in stored
            assert secret not in stored


@given(st.integers(0, 12), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 86_400)))
def test_waits_follow_the_standards_schedule_with_jitter(attempts, chance, asked):
    settings = Webhooks()
    assert settings.retries_s == (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    at = next_at(attempts, settings.retries_s, 1_000, jitter=settings.jitter, chance=chance, asked_s=asked)
    if attempts >= 10:
        assert at is None
    else:
        wait = (at - 1_000) / 1000
        planned = settings.retries_s[attempts]
        assert wait >= max(planned, asked or 0) - 0.001
        assert wait <= max(planned * 1.1, asked or 0) + 0.001

"""An endpoint that takes nothing for long: who is told, and when it is disabled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from support.desk_notify import House, wall
from support.desk_rows import opened
from support.receiver import receiving

from stream.desk.notify.book import Attempt, Item
from stream.desk.notify.channel import Answer, Parcel
from stream.desk.notify.endpoints import Endpoint, add, enable, replay_failed
from stream.desk.notify.failing import judge
from stream.desk.store.tables import Notice, WebhookEndpoint
from stream.domain.business import DAY_MS, HOUR_MS
from stream.settings.desk_notify import Notify

ANSWERS = {
    "taken": Answer(taken=True, status=200),
    "failed": Answer(status=500, fault="status 500"),
    "hopeless": Answer(hopeless=True, fault="too large"),
}


def attempt(at: int, what: str) -> Attempt:
    return Attempt(Item("msg_1", Parcel(id="msg_1", body=b""), 0), ANSWERS[what], at, 3)


some = st.lists(st.tuples(st.integers(10 * DAY_MS, 11 * DAY_MS), st.sampled_from(sorted(ANSWERS))), min_size=1)


@given(st.one_of(st.none(), st.integers(0, 10 * DAY_MS)), some, st.booleans())
def test_only_what_failed_without_one_success_for_its_hours_is_told_of_and_disabled(since, made, gave_up):
    settings, now = Notify(), 11 * DAY_MS
    judged = judge(since, [attempt(*one) for one in made], gave_up, settings, now)
    whats = {what for _, what in made}
    if "taken" in whats:
        assert judged.since is None and not judged.warn and not judged.disable
    elif whats == {"hopeless"}:
        assert judged.since == since and not judged.warn and not judged.disable
    else:
        assert judged.since == (since if since is not None else min(at for at, what in made if what == "failed"))
        failing = now - judged.since
        assert judged.warn == (failing >= settings.webhooks.warn_after_h * HOUR_MS)
        assert judged.disable == (gave_up and failing >= settings.webhooks.disable_after_h * HOUR_MS)


def test_the_standards_schedule_ends_after_the_hours_at_which_an_endpoint_is_disabled():
    webhooks = Notify().webhooks
    assert sum(webhooks.retries_s) / 3600 > webhooks.disable_after_h


def house(database, vault, postbox, **webhooks) -> House:
    """Return a house with mail and three quick attempts a delivery."""
    quick = {"retries_s": (0, 0.05, 0.05), "look_every_s": 0.05, "timeout_s": 10, **webhooks}
    mail = {**postbox.settings.model_dump(), "routes": {"operations": ("ops@bank.example",)}}
    return House(database, vault, webhooks=quick, mail=mail, language="en")


async def endpoint(made: House, url: str) -> str:
    async with made.database.transaction() as tx:
        wanted = Endpoint(url=url, allow_private=True, contact="crm@bank.example")
        return (await add(tx, made.vault, wanted, "admin", wall()))[0]


async def test_through_its_whole_schedule_it_is_disabled_and_its_owner_and_the_operators_are_told(
    database, vault, postbox
):
    made = house(database, vault, postbox, disable_after_h=0, warn_after_h=1)
    async with receiving(answers=[500]) as receiver, made.sending():
        id_ = await endpoint(made, receiver.url)
        await made.take(opened("c1"))
        await made.became("failed")
        await made.became("sent", "sent", entity=Notice)
        row = await made.get(id_)
        assert (row.enabled, row.disabled_why, len(receiver.got)) == (False, "failing", 3)
        assert await made.take(opened("c2")) == 0, "nothing is queued for it"
    assert sorted(to[0] for to, _ in postbox.got) == ["crm@bank.example", "ops@bank.example"]
    assert all(
        "Webhook disabled: 127.0.0.1" in mail["Subject"] and id_ in mail.get_content() for _, mail in postbox.got
    )
    assert made.metrics.registry.get_sample_value("churnwatch_desk_webhooks_given_up_total") == 1


async def test_what_waits_at_it_is_cancelled_and_replayed_once_it_is_enabled(database, vault, postbox):
    made = house(database, vault, postbox, disable_after_h=0)
    async with receiving(answers=[500, 500, 500, 200]) as receiver, made.sending():
        id_ = await endpoint(made, receiver.url)
        await made.take(opened("c1"))
        await made.became("failed")
        async with database.transaction() as tx:
            await enable(tx, id_, wall())
            assert await replay_failed(tx, id_, 0, wall()) == 1
        await made.became("failed", "delivered")
        row = await made.get(id_)
        assert (row.enabled, row.failing_since) == (True, None)


@pytest.mark.parametrize(("hours", "answers"), [(72, [500]), (0, [500, 200, 500])])
async def test_one_that_fails_for_a_while_or_lives_stays_enabled(database, vault, postbox, hours, answers):
    made = house(database, vault, postbox, disable_after_h=hours)
    async with receiving(answers=list(answers)) as receiver, made.sending():
        id_ = await endpoint(made, receiver.url)
        await made.take(opened("c1"))
        await made.became("failed" if hours else "delivered")
        assert (await made.get(id_)).enabled
        assert ((await made.get(id_)).failing_since is None) == (hours == 0)


async def test_its_owner_is_told_once_that_it_fails_and_anew_when_it_fails_again(database, vault, postbox):
    made = house(database, vault, postbox, warn_after_h=1)
    async with receiving(answers=[500] * 6 + [200] + [500]) as receiver, made.sending():
        id_ = await endpoint(made, receiver.url)
        await made.take(opened("c1"))
        await made.became("failed")
        assert await made.notices() == [], "it has not failed for an hour"
        await _failed_for(made, id_, 2)
        await made.take(opened("c2"))
        await made.became("failed", "failed")
        await made.became("sent", "sent", entity=Notice)
        await made.take(opened("c3"))
        await made.became("failed", "failed", "delivered")
        assert (await made.get(id_)).failing_since is None
        await made.take(opened("c4"))
        await made.became("failed", "failed", "failed", "delivered")
        await _failed_for(made, id_, 3)
        await made.take(opened("c5"))
        await made.became(*["failed"] * 4, "delivered")
        await made.became(*["sent"] * 4, entity=Notice)
    assert {mail["Subject"] for _, mail in postbox.got} == {"Webhook failing: 127.0.0.1"}


async def _failed_for(made: House, endpoint_id: str, hours: float) -> None:
    since = wall() - round(hours * HOUR_MS)
    async with made.database.transaction() as tx:
        await tx.execute(
            update(WebhookEndpoint).where(WebhookEndpoint.endpoint_id == endpoint_id).values(failing_since=since)
        )


async def test_a_410_is_told_too(embedded, vault, postbox):
    made = house(embedded, vault, postbox)
    async with receiving(answers=[410]) as receiver, made.sending():
        await endpoint(made, receiver.url)
        await made.take(opened("c1"))
        await made.became("sent", "sent", entity=Notice)
    assert len(postbox.got) == 2
    assert made.metrics.registry.get_sample_value("churnwatch_desk_webhooks_gone_total") == 1

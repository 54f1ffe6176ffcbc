"""Webhook endpoints and staff, kept by managers and administrators on the page and by programs."""

from __future__ import annotations

import re

import msgspec
import pytest
from sqlalchemy import select
from support.desk_rows import HOUR, NOW, staff

from stream.desk.store.repositories.people import put_staff
from stream.desk.store.tables import Audit, Episode, Outbox, Staff, WebhookDelivery, WebhookEndpoint, WebhookSecret
from stream.domain.alerts import episode_id
from stream.engine.assemble import codec

DROP = episode_id("c1", "balance_drop", 0, ("",))
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")
HOOK = {"url": "https://hook.bank.example/a?token=t0k3n", "description": "SMS"}


async def rows(town, entity):
    async with town.database.reading() as session:
        return list(await session.scalars(select(entity)))


async def test_an_endpoint_is_added_and_its_secret_shown_once(as_, town, vault):
    manager = await as_("m-1")
    answer = await manager.post("/webhooks", {**HOOK, "severities": ["critical", "high"], "action_id": "add-1"})
    (secret,) = SECRET.findall(await answer.text())
    (made,) = [row for row in await rows(town, WebhookEndpoint) if row.description == "SMS"]
    assert (made.host, made.severities, made.branch_ids) == ("hook.bank.example", ["critical", "high"], ["b-1"])
    assert [vault.open(row.secret_sealed) for row in await rows(town, WebhookSecret)] == [secret]
    again = await manager.post("/webhooks", {**HOOK, "action_id": "add-1"})
    assert again.headers["Location"] == "/webhooks"
    page = await manager.text("/webhooks")
    assert "hook.bank.example" in page
    assert "t0k3n" not in page
    assert not SECRET.search(page)
    assert len(await rows(town, WebhookEndpoint)) == 2
    assert [row.object_id for row in await rows(town, Audit) if row.act == "webhook"] == [made.endpoint_id]


@pytest.mark.parametrize(
    ("who", "wrong", "status"),
    [
        ("m-1", {"url": "http://hook.bank.example"}, 409),
        ("m-1", {"url": "https://127.0.0.1/x"}, 409),
        ("m-1", {"url": "ftp://x.example"}, 409),
        ("m-1", {"branch_ids": "b-2"}, 403),
        ("m-1", {"allow_private": "true"}, 403),
        ("m-1", {"kinds": "no_such_rule"}, 400),
        ("m-1", {"states": "half open"}, 400),
        ("m-1", {"url": ""}, 400),
        ("adm-1", {"url": "http://10.0.0.1/x"}, 409),
    ],
)
async def test_an_endpoint_that_must_not_be_is_refused(as_, town, who, wrong, status):
    answer = await (await as_(who)).post("/webhooks", HOOK | wrong)
    assert answer.status == status
    assert len(await rows(town, WebhookEndpoint)) == 1


async def test_an_administrator_may_allow_the_houses_own_network(as_, town):
    answer = await (await as_("adm-1")).post("/webhooks", {"url": "http://10.0.0.1/x", "allow_private": "true"})
    assert SECRET.search(await answer.text())
    (made,) = [row for row in await rows(town, WebhookEndpoint) if row.host == "10.0.0.1"]
    assert (made.allow_private, made.branch_ids) == (True, [])
    assert "10.0.0.1" not in await (await as_("m-1")).text("/webhooks")  # it tells of every branch


async def failed(town, count=2):
    async with town.database.transaction() as tx:
        for n in range(count):
            row = WebhookDelivery(
                delivery_id=f"msg_{n}", endpoint_id="ep1", subject=f"alert-{n}", payload=b"{}", state="failed",
                attempts=10, created_at=NOW - HOUR, ended_at=NOW, last_status=500, last_fault="status 500",
            )  # fmt: skip
            tx.add(row)


async def test_rotating_disabling_and_sending_again(as_, town):
    await failed(town)
    manager = await as_("m-1")
    page = await manager.text("/webhooks/ep1")
    assert page.count("status 500") == 2
    rotated = await manager.post("/webhooks/ep1/acts", {"do": "rotate"})
    assert SECRET.search(await rotated.text())
    for do in ("disable", "enable", "replay_failed"):
        answer = await manager.post("/webhooks/ep1/acts", {"do": do, "action_id": ""})
        assert answer.headers["Location"] == f"/webhooks/ep1?done={do}", do
    again = [row for row in await rows(town, WebhookDelivery) if row.replay_of]
    assert {row.replay_of for row in again} == {"msg_0", "msg_1"}
    await manager.post("/webhooks/ep1/acts", {"do": "replay", "delivery_id": "msg_0", "action_id": ""})
    assert len([row for row in await rows(town, WebhookDelivery) if row.replay_of == "msg_0"]) == 2
    assert (await manager.post("/webhooks/ep1/acts", {"do": "replay", "delivery_id": "msg_9"})).status == 404


async def test_programs_keep_endpoints_too(as_, town):
    await failed(town, 1)
    manager = await as_("m-1")
    made = await (await manager.send("/api/v1/webhooks", HOOK | {"action_id": "crm-1"})).json()
    assert SECRET.fullmatch(made["secret"])
    assert (await (await manager.send("/api/v1/webhooks", HOOK | {"action_id": "crm-1"})).json())["secret"] is None
    listed = (await (await manager.get("/api/v1/webhooks")).json())["endpoints"]
    assert {one["endpoint_id"] for one in listed} == {"ep1", made["endpoint_id"]}
    done = await (await manager.send("/api/v1/webhooks/ep1/acts", {"do": "replay_failed", "days": 1})).json()
    assert done["replayed"] == 1
    sent = (await (await manager.get("/api/v1/webhooks/ep1/deliveries")).json())["deliveries"]
    assert {one["state"] for one in sent} == {"failed", "pending"}
    assert (await manager.send("/api/v1/webhooks/ep1/acts", {"do": "replay_failed", "days": 0})).status == 400


async def told(town):
    return [msgspec.json.decode(row.value) for row in await rows(town, Outbox) if row.topic == "staff"]


async def test_a_leave_hands_over_at_once_and_tells_the_topic(as_, town):
    manager = await as_("m-1")
    answer = await manager.post("/staff/rm-1/acts", {"do": "leave", "deputy_id": "rm-2", "action_id": "l-1"})
    assert answer.headers["Location"] == "/staff/rm-1?done=leave"
    async with town.database.reading() as session:
        assert (await session.get_one(Episode, DROP)).owner == "rm:rm-2"
    (record,) = await told(town)
    assert (record["staff_id"], record["status"], record["deputy_id"]) == ("rm-1", "leave", "rm-2")
    assert record["branch_id"] == "b-1"
    again = await manager.post("/staff/rm-1/acts", {"do": "leave", "deputy_id": "rm-2", "action_id": "l-1"})
    assert again.status == 303
    assert len(await told(town)) == 1
    assert "王小明" in await (await as_("rm-2")).text("/")
    await manager.post("/staff/rm-1/acts", {"do": "back", "action_id": "b-1"})
    async with town.database.reading() as session:
        assert (await session.get_one(Episode, DROP)).owner == "rm:rm-1"


async def test_what_the_topic_is_told_is_what_the_engine_reads(as_, town):
    await (await as_("m-1")).post("/staff/rm-1/acts", {"do": "left", "successor_ids": ["rm-2"], "action_id": "x"})
    (row,) = [row for row in await rows(town, Outbox) if row.topic == "staff"]
    event = codec(town.settings).decode("staff", row.key, row.value, NOW)
    assert (event.status, event.successor_ids, event.event_id) == ("left", ["rm-2"], "desk/x")


async def test_a_departure_spreads_the_work_over_the_successors(as_, town):
    administrator = await as_("adm-1")
    form = {"do": "left", "successor_ids": ["rm-2", "rm-3"], "action_id": "gone"}
    assert (await administrator.post("/staff/rm-1/acts", form)).status == 303
    owners = {row.owner for row in await rows(town, Episode) if row.customer_id in ("c1", "c2", "c9")}
    assert owners == {"rm:rm-2", "rm:rm-3"}
    assert (
        len({row.owner for row in await rows(town, Episode) if row.customer_id in ("c1", "c2")}) == 1
    )  # one household
    assert (await (await as_("rm-2")).get("/")).status == 200


@pytest.mark.parametrize(
    ("who", "staff_id", "form", "status"),
    [
        ("m-1", "rm-1", {"do": "leave", "deputy_id": "nobody"}, 409),
        ("m-1", "rm-1", {"do": "leave", "deputy_id": "rm-1"}, 409),
        ("m-1", "rm-1", {"do": "moved", "branch_id": "b-9"}, 409),
        ("m-1", "rm-1", {"do": "account", "role": "admin"}, 403),
        ("m-1", "rm-3", {"do": "leave"}, 404),  # of another branch
        ("m-1", "aud-1", {"do": "left"}, 404),
        ("m-1", "m-1", {"do": "left"}, 404),
        ("adm-1", "adm-1", {"do": "account", "role": "rm"}, 403),  # nobody locks themselves out
        ("adm-1", "rm-1", {"do": "account", "role": "king"}, 400),
        ("adm-1", "nobody", {"do": "leave"}, 404),
    ],
)
async def test_what_must_not_be_is_refused_and_nothing_told(as_, town, who, staff_id, form, status):
    answer = await (await as_(who)).post(f"/staff/{staff_id}/acts", form)
    assert answer.status == status
    assert await told(town) == []


async def test_an_administrator_sets_role_and_account_and_makes_people_known(as_, town, vault):
    administrator = await as_("adm-1")
    await administrator.post("/staff/rm-2/acts", {"do": "account", "role": "manager", "subject": "s-2"})
    made = await administrator.post(
        "/staff", {"staff_id": "aud-2", "role": "auditor", "name": "赵审计", "subject": "s-9"}
    )
    assert made.headers["Location"] == "/staff/aud-2?done=account"
    people = {row.staff_id: row for row in await rows(town, Staff)}
    assert (people["rm-2"].role, people["rm-2"].subject) == ("manager", "s-2")
    assert vault.open(people["rm-2"].name_sealed) == "周敏"  # what was not given stays
    assert (people["aud-2"].role, vault.open(people["aud-2"].name_sealed)) == ("auditor", "赵审计")
    assert "赵审计" in await administrator.text("/staff")
    assert await told(town) == []
    assert (await (await as_("rm-2")).get("/approvals")).status == 200


async def test_a_manager_sees_their_own_people_and_an_administrator_everybody(as_):
    manager, administrator = await as_("m-1"), await as_("adm-1")
    assert [one["staff_id"] for one in (await (await manager.get("/api/v1/staff")).json())["staff"]] == ["rm-1", "rm-2"]
    everybody = (await (await administrator.get("/api/v1/staff")).json())["staff"]
    assert {"m-1", "m-2", "rm-3", "aud-1"} <= {one["staff_id"] for one in everybody}
    assert {one["subject"] for one in (await (await manager.get("/api/v1/staff")).json())["staff"]} == {None}
    found = (await (await administrator.get("/api/v1/staff?search=b-2")).json())["staff"]
    assert {one["staff_id"] for one in found} == {"rm-3", "m-2"}


async def test_an_administrator_is_led_to_what_they_may(who):
    browser = await who()
    answer = await browser.client.post("/sign-in/as", data={"staff_id": "adm-1", "to": "/"}, allow_redirects=False)
    assert answer.headers["Location"] == "/staff"
    page = await browser.text("/staff")
    assert 'href="/webhooks"' in page
    assert 'href="/tasks"' not in page


async def test_an_older_record_of_the_house_changes_nothing_and_a_newer_one_does(as_, town):
    await (await as_("m-1")).post("/staff/rm-1/acts", {"do": "leave", "deputy_id": "rm-2", "action_id": "l-1"})
    for time, status in ((NOW - HOUR, "leave"), (NOW + HOUR, "active")):
        async with town.database.transaction() as tx:
            await put_staff(tx, staff("rm-1", time=time, status="active", branch_id="b-1"))
        async with town.database.reading() as session:
            assert (await session.get_one(Staff, "rm-1")).status == status

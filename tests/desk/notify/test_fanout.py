"""What new alerts send out, as rows: by subscription, by route, by what people asked for; each once."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from support.desk_notify import House
from support.desk_push import Office
from support.desk_rows import HOUR, NOW, alert, opened

from stream.desk.notify.deliveries import disable
from stream.desk.notify.payload import payload
from stream.desk.store.tables import Notice
from stream.settings.desk_notify import Notify

MAIL = {"host": "mail.example", "routes": {"fraud": ("fraud@bank.example",), "branch:b-2": ("b2@bank.example",)}}
BOTS = {"fraud": {"style": "wecom", "url": "https://bot.example/", "routes": ("fraud",)},
        "all": {"style": "dingtalk", "url": "https://bot.example/"}}  # fmt: skip


async def test_each_endpoint_gets_what_it_subscribed_to_once(database, vault):
    house = House(database, vault)
    all_, _ = await house.endpoint("http://127.0.0.1/a")
    some, _ = await house.endpoint("http://127.0.0.1/b", severities=("critical",), kinds=("balance_drop",))
    ends, _ = await house.endpoint("http://127.0.0.1/c", states=("resolved",), branch_ids=("b-1",))
    await house.endpoint("http://127.0.0.1/d", branch_ids=("b-9",))
    gone, _ = await house.endpoint("http://127.0.0.1/e")
    async with database.transaction() as tx:
        await disable(tx, gone, "by hand", NOW)
    items = opened("c1"), opened("c2", severity="critical"), opened("c1", sequence=2, state="resolved")
    assert await house.take(*items) == 5
    assert await house.take(*items) == 0
    got = sorted(
        (row.endpoint_id, row.customer_id, msgspec.json.decode(row.payload)["type"]) for row in await house.rows()
    )
    opening, resolving = "churnwatch.alert.opened.v1", "churnwatch.alert.resolved.v1"
    assert got == sorted(
        [
            (all_, "c1", opening),
            (all_, "c2", opening),
            (all_, "c1", resolving),
            (some, "c2", opening),
            (ends, "c1", resolving),
        ]
    )


async def test_departments_are_told_by_route_and_of_a_storm_once(database, vault):
    house = House(database, vault, mail=MAIL, bots=BOTS)
    await house.take(
        opened("c1", routes=["rm:rm-1", "fraud"]),
        opened("c1", sequence=2, state="updated", routes=["rm:rm-1", "fraud"]),
        opened("c2"),
        *(opened(f"s{n}", routes=["rm:rm-1", "fraud"], storm_id="x/2026-11-18") for n in range(5)),
    )
    assert sorted(await house.notices()) == [
        ("bot:fraud", "bot:fraud", "alert", "pending"),
        ("bot:fraud", "bot:fraud", "storm", "pending"),
        ("mail", "route:fraud", "alert", "pending"),
        ("mail", "route:fraud", "storm", "pending"),
    ]


async def test_people_have_by_mail_and_robot_what_they_are_notified_of_and_no_more(database, vault):
    office = Office(database, daily_budget=1)
    object.__setattr__(office.rules, "notify", Notify(mail=MAIL, bots=BOTS))
    await office.hire()
    await office.prefer(
        "rm-1", channels=["mail", "dingtalk"], mail_sealed=vault.seal("a@b.c"), bot_sealed=vault.seal("u1")
    )
    await office.take(opened("c1"))
    await office.take(opened("c2"), opened("c1", sequence=2, state="updated"))
    await office.take(opened("c3"), now=NOW + 2 * HOUR)
    house = House(database, vault)
    told = [("bot:all", "rm-1", "alert", "pending"), ("mail", "rm-1", "alert", "pending")]
    assert sorted(await house.notices()) == told
    await office.release(NOW + 14 * HOUR)
    digest = [("bot:all", "rm-1", "digest", "pending"), ("mail", "rm-1", "digest", "pending")]
    assert sorted(await house.notices()) == sorted(told + digest)
    for row in await house.rows(Notice):
        assert set(row.data) <= {"kind", "severity", "severities", "state", "priority", "title", "episodes"}


@given(st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 900))
def test_a_payload_is_under_20_kb_whatever_the_alert_holds(series, causes, evidence):
    told = alert(
        series=[[f"2026-{n}", float(n)] for n in range(series)],
        causes=[f"event-{n}" for n in range(causes)],
        evidence={f"figure-{n}": n for n in range(evidence)},
    )
    body = payload(msgspec.json.encode(told))
    assert len(body) < 20_000
    read = msgspec.json.decode(body)
    assert read["type"] == "churnwatch.alert.opened.v1"
    assert read["data"]["alert_id"] == told.alert_id
    assert ("series" in read["data"]) != ("series" in read["data"].get("left_out", ()))


def test_a_small_one_is_whole():
    body = msgspec.json.encode(alert())
    assert msgspec.json.decode(payload(body))["data"] == msgspec.json.decode(body)

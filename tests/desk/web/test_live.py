"""Live events, and what is said while the database or the workers are away."""

from __future__ import annotations

import asyncio
import json

from sqlalchemy import select
from support.desk_rows import NOW, staff
from support.desk_stores import settings_of
from support.desk_web import Answers, Browser, Clock, served, settings, site

from stream.desk.store.database import Database
from stream.desk.store.repositories.people import put_staff
from stream.desk.store.repositories.pushes import NewPush, append_pushes
from stream.desk.store.tables import Session
from stream.desk.web.sessions import revoke
from stream.domain.alerts import episode_id

EPISODE = episode_id("c1", "balance_drop", 0, ("",))


async def push(town, count=1, receiver="rm-1"):
    async with town.database.transaction() as tx:
        new = NewPush(receiver=receiver, event="change", customer_id="c1", data={"kind": "balance_drop"})
        await append_pushes(tx, [new] * count, NOW)
    town.hub.committed([receiver])


async def taken(answer, count):
    """Return (id, name, data) of so many events."""
    found, current = [], {}
    async with asyncio.timeout(10):
        while len(found) < count:
            line = (await answer.content.readline()).decode().rstrip("\n")
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                current[name] = value
            elif "data" in current:
                found.append((int(current["id"]), current["event"], json.loads(current["data"])))
                current = {}
    return found


async def test_an_open_page_is_told_and_goes_on_where_it_was(as_, town):
    browser = await as_("rm-1")
    answer = await browser.get("/events?after=0")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    await push(town)
    ((number, name, data),) = await taken(answer, 1)
    assert (number, name, data["customer_id"]) == (1, "change", "c1")
    answer.close()
    await push(town, 2)
    again = await browser.get("/events", headers={"Last-Event-ID": "1"})
    assert [number for number, _, _ in await taken(again, 2)] == [2, 3]
    again.close()


async def test_the_page_says_behind_which_event_it_was_made(who, small):
    await push(small, 3)
    assert 'data-after="3"' in await (await who("rm-1")).text("/")


async def test_an_answer_in_one_tab_reaches_the_other(as_):
    one, other = await as_("rm-1"), await as_("rm-1")
    answer = await other.get("/events?after=0")
    assert (await one.post(f"/episodes/{EPISODE}/acts", {"do": "acknowledge"})).status == 303
    ((_, name, data),) = await taken(answer, 1)
    assert (name, data["customer_id"], data["notify"]) == ("change", "c1", False)
    answer.close()


async def test_one_person_has_so_many_streams_and_no_more(embedded, vault, workers, small):
    server = served(site(embedded, vault, Clock(), workers, settings(web={"streams": 2})))
    await server.start_server()
    browser = await Browser(server).sign_in("rm-1")
    open_ = [await browser.get("/events") for _ in range(2)]
    assert (await browser.get("/events")).status == 429
    for answer in open_:
        answer.close()
    await browser.client.session.close()
    await server.close()


async def test_while_the_database_is_away_the_page_says_so(tmp_path, vault):
    (tmp_path / "desk.db").mkdir()  # a folder stands where the file should be
    away = Database.open(settings_of(f"sqlite+aiosqlite:///{tmp_path / 'desk.db'}"))
    server = served(site(away, vault, Clock(), Answers()))
    await server.start_server()
    browser = Browser(server)
    page = await browser.get("/sign-in", headers={"Accept-Language": "en"})
    assert page.status == 503
    assert "The database is away" in await page.text()
    assert page.headers["Retry-After"]
    assert "数据库暂时无法访问" in await browser.text("/status")
    health = await browser.get("/healthz")
    assert health.status == 503
    assert (await health.json())["troubles"] == {"database": "away"}
    await browser.client.session.close()
    await server.close()
    await away.close()


async def test_health_is_well_while_all_is_well(as_):
    browser = await as_("rm-1")
    assert await (await browser.get("/healthz")).json() == {"status": "ok", "troubles": {}}
    assert (await browser.text("/status")).strip() == ""


async def test_why_there_was_no_alert(who, workers):
    browser = await who("rm-1")
    workers.known["c1"] = {
        "customer_id": "c1",
        "time": "2026-11-18T10:00:00Z",
        "standing": {"snoozed": "<b>", "left": "since 2026-11-01T01:00:00.000Z"},
        "rules": [
            {"kind": "usage_drop", "verdict": "quiet", "figures": {"seen": 3.5}},
            {"kind": "balance_drop", "verdict": "held back", "stage": "cool_down", "since": "x", "figures": {}},
        ],
    }
    page = await browser.text("/customers/c1/why", headers={"HX-Request": "true"})
    assert "<html" not in page
    assert page.index("余额骤降") < page.index("使用量")
    assert "同类预警刚结束" in page
    assert "<b>" not in page
    assert "客户已离开 自 11-01 09:00 起" in page
    assert "截至 18:00" in page
    said = await (await browser.get("/api/v1/customers/c1/why")).json()
    assert [rule["verdict"] for rule in said["rules"]] == ["held back", "quiet"]
    assert "引擎不认识该客户" in await browser.text("/customers/c2/why")
    workers.silent = True
    assert (await browser.get("/customers/c1/why")).status == 503


async def test_the_status_asks_nobody_in(who, small, clock):
    browser = await who("rm-1")
    clock.now += 20 * 60_000
    answer = await browser.get("/status?lang=en")
    assert "Set-Cookie" not in answer.headers


async def test_an_open_stream_keeps_the_session_and_signs_its_cookie_anew(who, clock):
    browser = await who("rm-1")
    for _ in range(3):
        clock.now += 20 * 60_000
        answer = await browser.get("/events")
        assert answer.status == 200
        assert "desk_session=" in answer.headers["Set-Cookie"]
        answer.close()
    assert (await browser.get("/")).status == 200


async def ends(answer):
    """Wait until a stream ends of itself."""
    async with asyncio.timeout(10):
        while await answer.content.readline():
            pass


async def test_a_stream_ends_with_the_sign_out(as_, town):
    browser = await as_("rm-1")
    answer = await browser.get("/events?after=0")
    assert (await browser.post("/sign-out")).status == 303
    async with asyncio.timeout(1):  # at once, and not when somebody looks
        await ends(answer)
    assert town.hub.open == 0


async def test_a_stream_ends_where_another_process_revoked_the_session(as_, town):
    one, other = await as_("rm-1"), await as_("rm-1")
    ended, stays = await one.get("/events?after=0"), await other.get("/events?after=0")
    async with town.database.transaction() as tx:
        first = (await tx.scalars(select(Session.session_id).order_by(Session.created_at, Session.session_id))).all()
        await revoke(tx, first[0], NOW)
    done, waiting = await asyncio.wait(
        [asyncio.create_task(ends(answer)) for answer in (ended, stays)], return_when=asyncio.FIRST_COMPLETED, timeout=9
    )
    assert (len(done), len(waiting)) == (1, 1)
    for task in waiting:
        task.cancel()


async def test_a_stream_ends_of_somebody_who_left(as_, town):
    answer = await (await as_("rm-1")).get("/events?after=0")
    async with town.database.transaction() as tx:
        await put_staff(tx, staff("rm-1", time=NOW + 1, status="left", branch_id="b-1"))
    await ends(answer)

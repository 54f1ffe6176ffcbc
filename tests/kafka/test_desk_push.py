"""From the topic to the page and to the outside, with real processes: whatever is killed, no gap and no double."""

from __future__ import annotations

import asyncio
import contextlib
import re

import aiohttp
import pytest
from standardwebhooks import Webhook
from support.desk_notify import wall
from support.desk_process import DeskProcess, emit, engine, opened, rows, store_of
from support.desk_rows import alert, staff
from support.processes import eventually
from support.receiver import receiving
from support.until import until

from stream.desk.notify.endpoints import Endpoint, add
from stream.desk.store.repositories.people import put_staff
from stream.desk.store.tables import Push, WebhookDelivery
from stream.desk.store.vault import Vault
from stream.desk.web.sessions import PLAIN, Seals, open_session
from stream.settings.desk_web import Web

pytestmark = pytest.mark.kafka

ALWAYS = """
[desk.push]
daily_budget = 1000
quiet_from = "00:00"
quiet_to = "00:00"
quiet_on_days_off = false
[desk.notify.webhooks]
retries_s = [0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]
timeout_s = 1
"""
SELDOM = """
[desk.notify.webhooks]
look_every_s = 60
"""


async def signed_in(folder, database, staff_id="rm-1"):
    vault = Vault([(folder / "key").read_text(encoding="ascii").strip()])
    async with database.transaction() as tx:
        await put_staff(tx, staff(staff_id, branch_id="b-1"))
        token = open_session(tx, staff_id, "rm", wall(), Web())
    return {"Cookie": f"{PLAIN}={Seals(vault, wall).cookie(token)}"}


class Page:
    """A page that is open again and again: it goes on behind the last number it saw."""

    def __init__(self, cookie):
        self.cookie, self.numbers = cookie, []
        self.task = None

    def open(self, url):
        self.task = asyncio.create_task(self._read(url))

    async def _read(self, url):
        headers = self.cookie | {"Last-Event-ID": str(self.numbers[-1] if self.numbers else 0)}
        with contextlib.suppress(aiohttp.ClientError):
            timeout = aiohttp.ClientTimeout(total=None)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"{url}/events", headers=headers) as got,
            ):
                assert got.status == 200
                async for line in got.content:
                    if found := re.match(rb"id: (\d+)", line):
                        self.numbers.append(int(found[1]))

    async def close(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_a_page_resumes_over_kills_of_the_desk_without_gap_or_double(settings, tmp_path):
    alerts = [alert(f"c{n}") for n in range(60)]
    desk = await DeskProcess(settings, tmp_path, "life-0", ALWAYS).ready()
    try:
        async with opened(tmp_path) as database, engine(settings) as producer:
            page = Page(await signed_in(tmp_path, database))
            page.open(desk.page)
            for life in range(1, 4):
                part = alerts[(life - 1) * 20 : life * 20]
                await emit(producer, settings, part[:10])
                await until(lambda life=life: len(page.numbers) >= (life - 1) * 20 + 5, 30)
                await desk.kill()
                await page.close()
                await emit(producer, settings, part[10:])
                desk = await DeskProcess(settings, tmp_path, f"life-{life}", ALWAYS).ready()
                page.open(desk.page)
                await until(lambda life=life: len(page.numbers) >= life * 20, 30)
            await page.close()
            stored = [row.number for row in await rows(database, Push) if row.receiver == "rm-1"]
            assert page.numbers == sorted(stored) == list(range(1, 61))
    finally:
        await desk.kill()


async def test_an_alert_reaches_a_webhook_signed_however_the_desk_is_killed(settings, tmp_path):
    async with receiving(answers=[500, 500, 200]) as receiver, engine(settings) as producer:
        desk = await DeskProcess(settings, tmp_path, "life-0", ALWAYS).ready()
        try:
            vault = Vault([(tmp_path / "key").read_text(encoding="ascii").strip()])
            async with opened(tmp_path, store_of(tmp_path)) as database:
                async with database.transaction() as tx:
                    wanted = Endpoint(url=receiver.url, allow_private=True, severities=("high",))
                    _, secret = await add(tx, vault, wanted, "admin", wall())
                await emit(producer, settings, [alert("c1"), alert("c2", severity="low", priority=4)])
                await until(lambda: receiver.got, 30)
                await desk.kill()
                await emit(producer, settings, [alert("c3")])
                desk = await DeskProcess(settings, tmp_path, "life-1", ALWAYS).ready()
                found = await eventually(
                    lambda: rows(database, WebhookDelivery),
                    lambda all_: [d.state for d in all_] == ["delivered"] * 2,
                    90,
                )
            assert {delivery.customer_id for delivery in found} == {"c1", "c3"}
            assert set(receiver.ids) == {delivery.delivery_id for delivery in found}
            for headers, body, _ in receiver.got:
                assert Webhook(secret).verify(body, headers)["type"] == "churnwatch.alert.opened.v1"
        finally:
            await desk.kill()


async def test_a_webhook_does_not_wait_for_the_next_look_but_is_woken_by_the_commit(settings, tmp_path):
    async with (
        receiving() as receiver,
        engine(settings) as producer,
        DeskProcess(settings, tmp_path, more=SELDOM) as desk,
        opened(tmp_path) as database,
    ):
        vault = Vault([(tmp_path / "key").read_text(encoding="ascii").strip()])
        async with database.transaction() as tx:
            await add(tx, vault, Endpoint(url=receiver.url, allow_private=True), "admin", wall())
        for number in range(3):  # the first may come when the endpoint is found, the others only by being woken
            await emit(producer, settings, [alert(f"c{number}")])
            await until(lambda number=number: len(receiver.got) == number + 1, 20)
        assert await desk.stop() == 0

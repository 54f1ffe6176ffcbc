"""The whole way on a real broker: an event, the engine, the desk, an open page, a finger, and the engine goes quiet."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import Counter

import orjson
import pytest
from playwright.async_api import expect
from support.chromium import PHONE, WIDE
from support.desk_process import DeskProcess, opened, rows
from support.processes import WorkerProcess, eventually

from stream.desk.store.tables import Alert, Staff
from stream.domain.alerts import rfc3339
from stream.engine.sender import KafkaSender
from stream.ops.reading import Reader

pytestmark = pytest.mark.kafka

HOUR = 3_600_000
CARD_MS = 30_000
NEVER_QUIET = """
[desk.push]
quiet_from = 12:00:00
quiet_to = 12:00:00
quiet_on_days_off = false
"""
"""The clock is the wall's: the test may run at night or on a Sunday."""


def now() -> int:
    return time.time_ns() // 1_000_000


def with_port(settings):
    """Give the desk a port that it keeps over its lives."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return settings.model_copy(update={"desk": settings.desk.model_copy(update={"port": port})})


async def send(settings, topic, key, **event):
    sender = KafkaSender(settings)
    await sender.start()
    try:
        await sender.send(topic, key.encode(), orjson.dumps({"event_id": f"{topic}-{time.time_ns()}", **event}))
    finally:
        await sender.stop()


async def complain(settings, customer, complaint, at):
    await send(
        settings, "complaints", customer, customer_id=customer, time=rfc3339(at), complaint_id=complaint,
        status="opened", severity="high", text="<script>document.title = 'x'</script>",
    )  # fmt: skip


async def said(settings, topic):
    async with Reader(settings, topic) as reader:
        await reader.from_beginning()
        return [orjson.loads(record.value) async for batch in reader.to_end() for record in batch]


async def page_of(chromium, address, size):
    context = await chromium.new_context(
        viewport=size, locale="zh-CN", has_touch=size is PHONE, is_mobile=size is PHONE
    )
    page = await context.new_page()
    await page.goto(f"{address}/sign-in")
    await page.click("button[value='rm-1']")
    await page.wait_for_selector("body[data-connected]")
    await page.evaluate("window.stillTheSame = true")
    return page


async def people(settings):
    await send(settings, "staff", "rm-1", time=rfc3339(now() - HOUR), staff_id="rm-1", status="active", branch_id="b-1")
    for customer, name in (("c1", "李雷"), ("c2", "韩梅梅"), ("c3", "林涛")):
        profile = {"rm_id": "rm-1", "branch_id": "b-1", "name": name, "phone": "+8613800138000"}
        await send(settings, "customers", customer, customer_id=customer, time=rfc3339(now() - HOUR), **profile)


async def updates(database):
    return Counter(row.customer_id for row in await rows(database, Alert) if row.state == "updated")


async def test_from_an_event_to_a_finger_and_back(settings, tmp_path, chromium, picture):
    given = with_port(settings)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(WorkerProcess(settings, tmp_path / "worker.log"))
        desk = await stack.enter_async_context(DeskProcess(given, tmp_path, more=NEVER_QUIET))
        database = await stack.enter_async_context(opened(tmp_path))
        await people(settings)
        await eventually(lambda: rows(database, Staff), bool)
        wide, phone = [await page_of(chromium, desk.page, size) for size in (WIDE, PHONE)]

        await complain(settings, "c1", "first", now())
        await complain(settings, "c2", "first", now())
        for page in (wide, phone):
            await page.wait_for_selector(".card[data-customer=c1]", timeout=CARD_MS)
        await expect(wide.locator(".card[data-customer=c1]")).to_contain_text("李雷")
        await picture(wide, "end-to-end-arrived")

        await phone.locator(".card[data-customer=c1] [data-act=acknowledge]").tap()
        await expect(wide.locator(".card[data-customer=c1] .chip.done")).to_have_count(1)
        (feedback,) = await eventually(lambda: said(settings, "feedback"), bool)
        assert (feedback["action"], feedback["customer_id"], feedback["actor"]) == ("ack", "c1", "rm-1")
        await picture(phone, "end-to-end-phone", whole=False)

        for customer in ("c1", "c2"):  # one was answered, the other was not
            await complain(settings, customer, "second", now())
        await eventually(lambda: updates(database), lambda found: found["c2"] == 1)
        assert (await updates(database))["c1"] == 0

        await desk.kill()
        await complain(settings, "c3", "first", now())
        await stack.enter_async_context(DeskProcess(given, tmp_path, "second-life", NEVER_QUIET))
        for page in (wide, phone):
            await page.wait_for_selector(".card[data-customer=c3]", timeout=CARD_MS)
            assert await page.evaluate("window.stillTheSame") is True
            assert await page.locator(".card[data-customer=c3]").count() == 1
        await wide.goto(f"{desk.page}/customers/c1")
        await expect(wide.locator(".timeline")).to_contain_text("<script>")
        assert await wide.title() != "x"
        await picture(wide, "end-to-end-customer")
        await wide.locator("#why .button").click()
        await expect(wide.locator("#why")).to_contain_text("严重投诉", timeout=CARD_MS)
        await expect(wide.locator("#why details")).to_have_count(1)

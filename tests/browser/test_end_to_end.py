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
from stream.engine.kafka.sender import KafkaSender
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


async def page_of(chromium, address, size, staff_id="rm-1"):
    context = await chromium.new_context(
        viewport=size, locale="zh-CN", has_touch=size is PHONE, is_mobile=size is PHONE
    )
    page = await context.new_page()
    await page.goto(f"{address}/sign-in")
    await page.click(f"button[value='{staff_id}']")
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


async def drain(settings, customer, days=40):
    """Let a salary account stand still for days, and then empty it to another bank."""
    sender = KafkaSender(settings)
    await sender.start()
    try:
        for day in range(days, 0, -1):
            at = rfc3339(now() - day * 24 * HOUR)
            body = {"event_id": f"b{day}", "customer_id": customer, "time": at, "account_id": "a", "balance": 50_000}
            await sender.send("balances", customer.encode(), orjson.dumps(body))
    finally:
        await sender.stop()
    out = {"amount": 48_000, "direction": "out", "account_id": "a", "balance_after": 2_000}
    other = {"counterparty": {"institution": "other-bank", "own_name": True}}
    await send(settings, "transactions", customer, customer_id=customer, time=rfc3339(now()), **out, **other)
    await send(settings, "balances", customer, customer_id=customer, time=rfc3339(now()), account_id="a", balance=2_000)


async def test_transactions_and_balances_come_from_the_worker_into_the_open_timeline(
    settings, tmp_path, chromium, picture
):
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(WorkerProcess(settings, tmp_path / "worker.log"))
        desk = await stack.enter_async_context(DeskProcess(settings, tmp_path, more=NEVER_QUIET))
        database = await stack.enter_async_context(opened(tmp_path))
        await people(settings)
        await eventually(lambda: rows(database, Staff), bool)
        await drain(settings, "c1")
        await complain(settings, "c1", "first", now())
        page = await page_of(chromium, desk.page, WIDE)
        await page.wait_for_selector(".card[data-customer=c1]", timeout=CARD_MS)
        await page.goto(f"{desk.page}/customers/c1")
        timeline = page.locator("#history")
        await expect(timeline).to_contain_text("48,000 CNY 转往他行他网", timeout=CARD_MS)
        await expect(timeline).to_contain_text("2,000 CNY")
        await expect(timeline.locator(".plot canvas")).to_have_count(1)
        await picture(page, "end-to-end-timeline")


async def test_a_leave_on_the_page_reaches_the_engine(settings, tmp_path, chromium, picture):
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(WorkerProcess(settings, tmp_path / "worker.log"))
        desk = await stack.enter_async_context(DeskProcess(settings, tmp_path, more=NEVER_QUIET))
        database = await stack.enter_async_context(opened(tmp_path))
        await people(settings)
        await send(settings, "staff", "rm-2", time=rfc3339(now() - HOUR), staff_id="rm-2", status="active",
                   branch_id="b-1")  # fmt: skip
        await send(settings, "staff", "m-1", time=rfc3339(now() - HOUR), staff_id="m-1", status="active",
                   branch_id="b-1")  # fmt: skip
        await send(settings, "staff", "b-1", time=rfc3339(now() - HOUR), branch_id="b-1", status="active",
                   manager_id="m-1")  # fmt: skip
        await eventually(lambda: rows(database, Staff), lambda found: len(found) == 3)
        manager = await page_of(chromium, desk.page, WIDE, "m-1")
        await complain(settings, "c1", "first", now())
        await manager.wait_for_selector(".card[data-customer=c1]", timeout=CARD_MS)  # the RM's, as it happens
        await manager.goto(f"{desk.page}/staff/rm-1")
        await manager.select_option("select[name=deputy_id]", "rm-2")
        await manager.click("form:has([value=leave]) button.primary")
        await expect(manager.locator(".said")).to_contain_text("已登记休假")
        await picture(manager, "end-to-end-leave")
        deputy = await page_of(chromium, desk.page, PHONE, "rm-2")
        await deputy.wait_for_selector(".card[data-customer=c1]")
        told = await eventually(lambda: said(settings, "staff"), lambda found: found[-1]["status"] == "leave")
        assert told[-1]["event_id"].startswith("desk/")
        await complain(settings, "c2", "first", now())  # the engine sends what is new to the deputy
        alerts = await eventually(
            lambda: said(settings, "alerts"), lambda found: any(one["customer_id"] == "c2" for one in found)
        )
        (opening,) = [one for one in alerts if one["customer_id"] == "c2" and one["state"] == "opened"]
        assert opening["routes"][0] == "rm:rm-2"
        await deputy.wait_for_selector(".card[data-customer=c2]", timeout=CARD_MS)

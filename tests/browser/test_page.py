"""The page as people use it: wide and on a phone, by mouse, finger and keyboard, in two tabs at once."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.async_api import expect
from sqlalchemy import select, update
from support.chromium import PHONE, WIDE
from support.desk_rows import HOUR, NOW, opened

from stream.desk.push.deciding import decide
from stream.desk.push.habits import Rules
from stream.desk.push.metrics import PushMetrics
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.pushes import NewPush, append_pushes
from stream.desk.store.tables import Contact, Episode, Session
from stream.domain.alerts import episode_id
from stream.settings.desk_push import Push

DROP = episode_id("c1", "balance_drop", 0, ("",))


async def arrive(desk, customer, priority, points, receiver="rm-1", **more):
    """Let a warning arrive as the intake does: rows and the push in one transaction, then the hub."""
    item = opened(customer, time=NOW, due=NOW + 4 * HOUR, priority=priority, points=points, **more)
    async with desk.database.transaction() as tx:
        await take_alerts(tx, [item])
        push = NewPush(receiver=receiver, event="alert", customer_id=customer, episode_id=item.episode_id, notify=True)
        await append_pushes(tx, [push], NOW)
    desk.hub.committed([receiver])


async def decided(desk, customer, **more):
    """Let a warning arrive in quiet hours, as the intake decides it."""
    rules = Rules(Push(quiet_from=dt.time(18), quiet_to=dt.time(8)), desk.business, PushMetrics())
    async with desk.database.transaction() as tx:
        fresh = await take_alerts(tx, [opened(customer, time=NOW, due=NOW + 4 * HOUR, **more)])
        woken = await decide(tx, fresh, rules, NOW)
    desk.hub.committed(woken)


async def fits(page):
    """Tell whether nothing must be scrolled sideways."""
    return await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


async def customers(page):
    return await page.eval_on_selector_all(".card", "cards => cards.map(card => card.dataset.customer)")


@pytest.mark.parametrize(("name", "size"), [("wide", WIDE), ("phone", PHONE)])
@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
async def test_every_page_fits_and_can_be_read(seen, picture, name, size, language, scheme):
    browser = await seen(size, language, scheme)
    page = await browser.open("/sign-in")
    await picture(page, f"{name}-{language}-sign-in")
    await page.click("button[value='m-1']")
    await page.wait_for_selector(".card")
    for path, wanted in (
        ("/", ".card"),
        ("/customers/c1", "#history .plot canvas"),
        ("/tasks", ".card"),
        ("/approvals", ".card"),
        ("/reports", "table"),
        ("/reports/monthly", "table"),
        ("/lists", "form"),
        ("/staff", "table"),
        ("/staff/rm-1", "form"),
        ("/webhooks", ".card"),
        ("/webhooks/ep1", "table"),
        ("/settings", "form"),
    ):
        await page.goto(browser.address + path)
        await page.wait_for_selector(wanted)
        assert await fits(page), path
        await picture(page, f"{name}-{language}-{path.strip('/').replace('/', '-') or 'worklist'}")


async def test_a_warning_appears_on_the_open_page_at_its_rank(seen, desk, picture):
    browser = await seen()
    page = await browser.sign_in("rm-1")
    await page.wait_for_selector("body[data-connected]")
    await page.evaluate("window.stillTheSame = true")
    await arrive(desk, "c5", 2, 500.0)
    await page.wait_for_selector(".card[data-customer=c5]")
    assert await customers(page) == ["c1", "c5", "c2", "c9"]
    assert await page.evaluate("window.stillTheSame") is True
    await expect(page.locator("#tabs a").first).to_contain_text("5")
    await expect(page.locator("#how-many")).to_have_text("第 1–4 位，共 4 位客户")
    await expect(page.locator("#live")).to_contain_text("新预警")
    await picture(page, "wide-arrived")


async def test_a_warning_appears_on_an_empty_list_and_can_be_ticked(seen, desk):
    browser = await seen()
    page = await browser.sign_in("rm-2")
    await page.goto(browser.address + "/?status=new&severities=critical")
    await page.wait_for_selector("#empty")
    await page.wait_for_selector("body[data-connected]")
    await arrive(desk, "c6", 1, 10.0, receiver="rm-2", severity="critical", routes=["rm:rm-2"])
    await page.locator(".card[data-customer=c6] .tick").check()
    await expect(page.locator("#how-many")).to_have_text("第 1–1 位，共 1 位客户")
    await page.locator("#bulk button").click()
    await page.wait_for_selector("#empty")


async def test_acknowledge_on_a_phone_and_the_other_tab_follows(seen, desk, picture):
    phone = await seen(PHONE)
    page, other = await phone.sign_in("rm-1"), await phone.open("/")
    await other.wait_for_selector("body[data-connected]")
    card = page.locator(".card[data-customer=c1]")
    await card.locator("[data-act=acknowledge]").first.tap()
    await expect(card.locator(".chip.done")).to_have_count(1)
    await expect(page.locator("#toasts")).to_contain_text("已确认")
    await expect(other.locator(".card[data-customer=c1] .chip.done")).to_have_count(1)
    await picture(page, "phone-acknowledged", whole=False)
    async with desk.database.reading() as session:
        assert (await session.get_one(Episode, DROP)).acknowledged_by == "rm-1"


async def test_a_loss_is_told_on_a_phone(seen, desk, picture):
    phone = await seen(PHONE)
    page = await phone.sign_in("rm-1")
    await page.locator(".card[data-customer=c1] [data-act=outcome]").first.tap()
    sheet = page.locator("#sheet[open]")
    await expect(sheet.locator("[name=loss_reason]").first).to_be_hidden()
    await sheet.locator("[value=lost]").check()
    await sheet.locator("[name=loss_reason][value=price]").check()
    await picture(page, "phone-outcome", whole=False)
    await sheet.locator("[name=reason_source][value=customer]").check()
    await sheet.locator("button.primary").tap()
    await expect(page.locator("#sheet")).to_be_hidden()
    async with desk.database.reading() as session:
        ended = await session.get_one(Episode, DROP)
    assert (ended.outcome, ended.loss_reason) == ("lost", "price")


async def test_the_keyboard_alone_will_do(seen, desk, picture):
    browser = await seen()
    page = await browser.sign_in("rm-1")
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await picture(page, "wide-keys", whole=False)
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    assert await page.evaluate("document.activeElement.dataset.customer") == "c2"
    await page.keyboard.press("s")
    await expect(page.locator("#sheet[open]")).to_be_visible()
    await picture(page, "wide-snooze", whole=False)
    await page.keyboard.press("Escape")
    assert await page.evaluate("document.activeElement.closest('.card').dataset.customer") == "c2"
    await page.evaluate("document.querySelector('[data-customer=c2]').focus()")
    await page.keyboard.press("a")
    await expect(page.locator(".card[data-customer=c2] .chip.done")).to_have_count(1)
    await page.keyboard.press("/")
    await page.keyboard.type("c9")
    await expect(page.locator(".card")).to_have_count(1)
    assert "search" not in page.url


async def test_ticked_warnings_are_acknowledged_together(seen, desk):
    browser = await seen()
    page = await browser.sign_in("rm-1")
    await expect(page.locator("#bulk")).to_be_hidden()
    for customer in ("c1", "c2"):
        await page.locator(f".card[data-customer={customer}] .tick").check()
    await page.locator("#bulk button").click()
    await expect(page.locator(".card .chip.done")).to_have_count(3)


async def test_the_page_goes_on_by_itself_after_the_desk_was_killed(seen, desk, host, picture):
    browser = await seen()
    page = await browser.sign_in("rm-1")
    await page.wait_for_selector("body[data-connected]")
    await host.stop()
    await page.wait_for_selector("body.offline", state="attached")
    await arrive(desk, "c5", 1, 999.0)
    await host.start()
    await page.wait_for_selector(".card[data-customer=c5]")
    await page.wait_for_selector("body:not(.offline)")
    assert await customers(page) == ["c5", "c1", "c2", "c9"]
    browser.complaints.clear()  # that a connection was lost is no fault of the page


async def test_a_notification_names_nobody(seen, desk):
    browser = await seen()
    await browser.context.grant_permissions(["notifications"])
    await browser.context.add_init_script(
        "window.shown = []; window.Notification = class { static permission = 'granted';"
        " constructor(title, more) { window.shown.push(title + ' ' + JSON.stringify(more)); } close() {} };"
        " Object.defineProperty(document, 'hidden', { get: () => true });"
    )
    page = await browser.sign_in("rm-1")
    await page.wait_for_selector("body[data-connected]")
    await arrive(desk, "c1", 1, 950.0, kind="salary_stopped")
    await page.wait_for_function("() => window.shown.length === 1")
    (said,) = await page.evaluate("window.shown")
    assert "王小明" not in said
    assert "c1" not in said
    assert not any(sign.isdigit() for sign in said)


async def test_hostile_text_runs_nowhere(seen):
    browser = await seen()
    page = await browser.sign_in("rm-1")
    page.on("dialog", lambda dialog: browser.complaints.append(dialog.message))
    for path in ("/", "/customers/c9", "/customers/c1"):
        await page.goto(browser.address + path)
        await page.wait_for_load_state("networkidle" if path != "/" else "load")
        assert await page.locator("img").count() == 0


async def test_in_quiet_hours_the_open_page_follows_and_nobody_is_notified(seen, desk):
    browser = await seen()
    await browser.context.grant_permissions(["notifications"])
    await browser.context.add_init_script(
        "window.shown = []; window.Notification = class { static permission = 'granted';"
        " constructor(title) { window.shown.push(title); } close() {} };"
        " Object.defineProperty(document, 'hidden', { get: () => true });"
    )
    page = await browser.sign_in("rm-1")
    await page.wait_for_selector("body[data-connected]")
    await decided(desk, "c5", priority=2, points=500.0)
    card = page.locator(".card[data-customer=c5]")
    await expect(card).to_contain_text("免打扰时段")
    assert await customers(page) == ["c1", "c5", "c2", "c9"]
    assert await page.evaluate("window.shown") == []


async def test_a_managers_open_page_follows_the_branch_and_keeps_ticks_and_focus(seen, desk, picture):
    browser = await seen()
    page = await browser.sign_in("m-1")
    await page.wait_for_selector("body[data-connected]")
    await page.locator(".card[data-customer=c2] .tick").check()
    await decided(desk, "c5", priority=2, points=500.0)
    await page.wait_for_selector(".card[data-customer=c5]")
    for number in range(20, 42):
        await decided(desk, f"c{number}", priority=3, points=float(number))
    await expect(page.locator(".card")).to_have_count(27)
    await expect(page.locator(".card[data-customer=c2] .tick")).to_be_checked()
    await expect(page.locator("#bulk")).to_be_visible()
    await picture(page, "wide-manager-live")


async def test_a_contact_is_logged_from_the_card_by_key_and_the_list_stays(seen, desk):
    browser = await seen()
    page = await browser.sign_in("rm-1")
    await page.evaluate("window.stillTheSame = true")
    await page.keyboard.press("j")
    await page.keyboard.press("c")
    sheet = page.locator("#sheet[open]")
    await sheet.locator("[name=result][value=reached]").check()
    await sheet.locator("button.primary").click()
    await expect(page.locator("#toasts")).to_contain_text("联系")
    await expect(page.locator("#sheet")).to_be_hidden()
    assert await page.evaluate("window.stillTheSame") is True
    async with desk.database.reading() as session:
        (contact,) = await session.scalars(select(Contact))
    assert (contact.customer_id, contact.result, contact.staff_id) == ("c1", "reached", "rm-1")


async def test_where_the_session_was_ended_elsewhere_the_open_page_leads_to_the_sign_in(seen, desk):
    browser = await seen()
    page = await browser.sign_in("rm-1")
    await page.wait_for_selector("body[data-connected]")
    async with desk.database.transaction(ordered=False) as tx:
        await tx.execute(update(Session).values(revoked_at=NOW))
    await page.wait_for_url("**/sign-in?to=%2F")
    browser.complaints.clear()  # that the stream was refused is no fault of the page


async def test_an_endpoints_secret_is_shown_once_and_a_leave_hands_over(seen, desk, picture):
    browser = await seen(PHONE, language="en-GB")
    page = await browser.sign_in("m-1")
    await page.goto(browser.address + "/webhooks")
    await page.fill("[name=url]", "https://sms.bank.example/hook")
    await page.locator("[name=severities][value=critical]").check()
    await page.locator("main button.primary").tap()
    await expect(page.locator(".secret")).to_contain_text("whsec_")
    assert await fits(page)
    await picture(page, "phone-en-webhook-secret")
    await page.goto(browser.address + "/webhooks")
    await expect(page.locator(".secret")).to_have_count(0)
    await page.goto(browser.address + "/staff/rm-1")
    await page.select_option("[name=deputy_id]", "rm-2")
    await page.locator("form:has([value=leave]) button.primary").tap()
    await expect(page.locator(".said")).to_contain_text("On leave")
    await expect(page.locator("main")).to_contain_text("rm-2")
    await picture(page, "phone-en-colleague")
    async with desk.database.reading() as session:
        assert (await session.get_one(Episode, DROP)).owner == "rm:rm-2"

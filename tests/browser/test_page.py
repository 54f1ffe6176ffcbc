"""The page as people use it: wide and on a phone, by mouse, finger and keyboard, in two tabs at once."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from support.chromium import PHONE, WIDE
from support.desk_rows import HOUR, NOW, opened

from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.pushes import NewPush, append_pushes
from stream.desk.store.tables import Episode
from stream.domain.alerts import episode_id

DROP = episode_id("c1", "balance_drop", 0, ("",))


async def arrive(desk, customer, priority, points, receiver="rm-1", **more):
    """Let a warning arrive as the intake does: rows and the push in one transaction, then the hub."""
    item = opened(customer, time=NOW, due=NOW + 4 * HOUR, priority=priority, points=points, **more)
    async with desk.database.transaction() as tx:
        await take_alerts(tx, [item])
        push = NewPush(receiver=receiver, event="alert", customer_id=customer, episode_id=item.episode_id, notify=True)
        await append_pushes(tx, [push], NOW)
    desk.hub.committed([receiver])


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
        ("/customers/c1", ".plot canvas"),
        ("/tasks", ".card"),
        ("/approvals", ".card"),
        ("/reports", "table"),
        ("/reports/monthly", "table"),
        ("/lists", "form"),
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

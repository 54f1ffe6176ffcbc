"""No serious fault for who reads by a screen reader or sees little: axe-core on every page, light and dark."""

from __future__ import annotations

import pytest
from support.chromium import PHONE, WIDE, faults


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_serious_fault(seen, size, scheme):
    browser = await seen(size, scheme=scheme)
    page = await browser.open("/sign-in")
    assert await faults(page) == []
    await page.click("button[value='m-1']")
    await page.wait_for_selector(".card")
    for path, wanted in (
        ("/", ".card"), ("/customers/c1", "#history .plot canvas"), ("/tasks", ".card"), ("/approvals", ".card"),
        ("/settings", "form"), ("/reports", "table"), ("/reports/monthly", "table"), ("/lists", "form"),
        ("/staff", "table"), ("/staff/rm-1", "form"), ("/webhooks", ".card"), ("/webhooks/ep1", "table"),
        ("/customers/c1/history", ".timeline"),
        ("/customers/c1/form/contact", "form"), ("/nowhere", "[role=alert]"),
    ):  # fmt: skip
        await page.goto(browser.address + path)
        await page.wait_for_selector(wanted)
        assert await faults(page) == [], path
        if path == "/nowhere":
            browser.complaints.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_serious_fault_in_what_opens(seen, scheme):
    browser = await seen(scheme=scheme)
    page = await browser.sign_in("rm-1")
    await page.keyboard.press("?")
    assert await faults(page) == []
    await page.keyboard.press("Escape")
    await page.locator("[data-act=outcome]").first.click()
    await page.wait_for_selector("#sheet[open] form")
    await page.locator("#sheet [value=lost]").check()
    assert await faults(page) == []

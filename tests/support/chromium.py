"""A real Chromium (Debian's; without it tests fail), sizes of screens, and axe-core as it is kept here."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

AXE = Path(__file__).parents[1] / "browser" / "vendor" / "axe.min.js"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
_SERIOUS = ("serious", "critical")


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Run a browser."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is not installed; on Debian: sudo apt-get install chromium fonts-noto-cjk"
    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def faults(page: Page) -> list[Any]:
    """Return the serious faults that axe finds on a page, with where."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) >= 10
    return [
        (fault["id"], [node["target"] for node in fault["nodes"]], fault["nodes"][0]["failureSummary"])
        for fault in found["violations"]
        if fault["impact"] in _SERIOUS
    ]

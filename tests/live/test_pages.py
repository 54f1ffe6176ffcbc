"""The boards as pages of the Prometheus that watches the stack, in a real Chromium: everything on them is drawn.

`DESK_SCREENSHOTS` names a folder where the tests leave pictures of what they saw.
"""

from __future__ import annotations

import os
import re
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from support.chromium import PHONE, WIDE, browsing, faults

from stream.demo.prometheus import link
from stream.interface.dashboards.boards import BOARDS

NUMBER = re.compile(r"-?[\d,]+(\.\d+)?[KMB]?( (s|ms|µs|min|h|d))?( \((all is well|look at it|act)\))?")
EVERYTHING = "() => document.querySelectorAll('.panel .none, .panel .fault').length === 0"


@asynccontextmanager
async def shown(stack, board, size=WIDE, scheme="light"):
    """Show a board's page with what it asked for; whatever it says to the console or asks of others is a fault."""
    complaints, asked = [], []
    async with browsing() as browser:
        phone = size is PHONE
        context = await browser.new_context(viewport=size, color_scheme=scheme, has_touch=phone, is_mobile=phone)
        page = await context.new_page()
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.on("console", lambda line: complaints.append(line.text))
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(link(stack.prometheus.url, board))
        await page.wait_for_selector("body[data-looks]", timeout=60_000)
        yield page, asked
        assert complaints == []
        assert [url for url in asked if not url.startswith((stack.prometheus.url, "data:"))] == []


async def picture(page, name):
    if folder := os.environ.get("DESK_SCREENSHOTS", ""):
        Path(folder).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
async def test_every_panel_of_a_page_is_drawn(stack, board):
    panels = {panel.title: panel for _, row in board.rows for panel in row}
    async with shown(stack, board) as (page, asked):
        await page.select_option("#span", "3600")
        await page.wait_for_function(EVERYTHING, timeout=60_000)
        await picture(page, f"board-{board.uid}")
        drawn = {await one.locator("h3").inner_text(): one for one in await page.locator(".panel").all()}
        assert set(drawn) == set(panels)
        for title, panel in panels.items():
            body = drawn[title].locator(".body")
            if panel.kind == "figure":
                text = await body.inner_text()
                assert NUMBER.fullmatch(" ".join(text.split())), f"{title}: {text}"
            elif panel.kind == "graph":
                assert await body.locator("canvas").count() == 1, title
                assert await body.locator(".u-legend .u-series").count() >= 2, title  # the time, and a line
            elif panel.kind == "bars":
                assert await body.locator("li .bar").count() >= 1, title
            else:
                assert await body.locator("tbody tr").count() >= 1, title
    queries = [query for url in asked for query in parse_qs(urlsplit(url).query).get("query", ())]
    assert len(queries) > len(panels)
    assert [query for query in queries if "$" in query] == []


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
async def test_a_page_fits_a_phone_and_axe_finds_no_serious_fault(stack, board):
    async with shown(stack, board, PHONE, "dark") as (page, _):
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert await faults(page) == []
        await picture(page, f"board-phone-{board.uid}")


async def test_a_reader_narrows_a_page_to_one_shard(stack):
    (board,) = [board for board in BOARDS if board.uid == "churnwatch-shards"]
    lines = ".panel:has(h3:text-is('Lag by shard')) .u-series"
    async with shown(stack, board) as (page, _):
        assert await page.locator(lines).count() == 1 + 4
        await page.select_option("[data-choice=shard]", "2")
        await page.wait_for_function(
            "() => [...document.querySelectorAll('.panel')].find((one) => one.textContent.includes('Lag by shard'))"
            ".querySelectorAll('.u-series').length === 2",
            timeout=60_000,
        )
        assert await page.locator(f"{lines} .u-label").last.inner_text() == "2"

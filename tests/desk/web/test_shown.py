"""What is shown: escaped everywhere, nothing inline, strict headers, two languages, and written down."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from sqlalchemy import select
from support.desk_rows import DAY, NOW, opened
from support.desk_town import HOSTILE
from support.desk_web import ids_of_cards
from yarl import URL

from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.people import put_preference
from stream.desk.store.tables import Audit, Episode, Note
from stream.desk.web import words
from stream.desk.web.exporting import safe
from stream.desk.web.words import Words
from stream.domain.alerts import episode_id

PAGES = ("/", "/customers/c1", "/customers/c9", "/customers/c9/form/note", "/tasks", "/settings", "/sign-in")
EPISODE = episode_id("c1", "balance_drop", 0, ("",))
WEB = Path(words.__file__).parent


async def pages(browser):
    return {path: await browser.get(path) for path in PAGES}


async def test_hostile_text_is_shown_escaped_everywhere(who, small, vault):
    async with small.database.transaction() as tx:
        lost = await tx.get_one(Episode, episode_id("c9", "usage_drop", 0, ("",)))
        lost.outcome, lost.outcome_at, lost.loss_reason, lost.class_ = "lost", NOW, HOSTILE, HOSTILE
        tx.add(Note(note_id="n1", customer_id="c9", author=HOSTILE, at=NOW, text_sealed=vault.seal(HOSTILE)))
    rm, manager = await who("rm-1"), await who("m-1")
    shown = 0
    for browser, path in [(rm, path) for path in PAGES] + [
        (manager, "/approvals"),
        (manager, "/"),
        (rm, "/?search=%3Cb%3E"),
    ]:
        text = await (await browser.get(path)).text()
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert "<b>" not in text, path
        shown += text.count("&lt;script&gt;alert(")
    assert shown >= 8
    assert "49" not in re.findall(r"{{7\*7}}|>49<", await rm.text("/customers/c9"))


async def test_hostile_text_in_the_api_is_json_and_nothing_else(who):
    answer = await (await who("rm-1")).get("/api/v1/customers/c9")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await answer.json())["name"] == HOSTILE


async def test_no_page_holds_an_inline_script_or_style(who):
    for path, answer in (await pages(await who("rm-1"))).items():
        text = await answer.text()
        assert not re.findall(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.findall(r"<style|\sstyle=|\son[a-z]+=[\"']|javascript:|hx-on", text), path


@pytest.mark.parametrize(
    "path", ["/", "/customers/c1", "/nowhere", "/customers/c4", "/healthz", "/api/v1/me", "/static/desk.css"]
)
async def test_every_answer_carries_strict_headers(who, path):
    answer = await (await who("rm-1")).get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    cached = "immutable" in answer.headers["Cache-Control"]
    assert cached == path.startswith("/static/")
    assert cached or answer.headers["Cache-Control"] == "no-store"


async def test_nothing_comes_from_elsewhere(who):
    for path, answer in (await pages(await who("rm-1"))).items():
        for address in re.findall(r'(?:src|href|action)="([^"]+)"', await answer.text()):
            assert address.startswith(("/", "#", "tel:")), (path, address)
            assert not address.startswith("//"), (path, address)


async def test_looks_are_written_down_before_they_are_shown(who, small):
    browser = await who("rm-1")
    await browser.text("/")
    await browser.text("/customers/c1")
    await browser.get("/worklist.csv")
    async with small.database.reading() as session:
        rows = list(await session.scalars(select(Audit).where(Audit.act != "sign_in").order_by(Audit.id)))
    assert [(row.act, row.customer_id, row.allowed) for row in rows] == [
        ("list", None, True),
        ("view", "c1", True),
        ("export", None, True),
    ]
    assert rows[0].details["shown"] == ["c1", "c2", "c9"]
    assert rows[1].details["names"] is True
    assert all(row.address == "127.0.0.1" and row.request_id for row in rows)


@pytest.mark.parametrize(
    ("accepted", "said"),
    [("zh-CN,zh;q=0.9", "待办清单"), ("en-GB", "Worklist"), ("fr, en;q=0.3", "Worklist"), ("", "待办清单")],
)
async def test_the_language_is_the_browsers(who, accepted, said):
    answer = await (await who("rm-1")).get("/", headers={"Accept-Language": accepted})
    assert f"<h1>{said}</h1>" in await answer.text()


async def test_a_chosen_language_goes_before_the_browsers_and_the_profiles_before_both(who, small):
    browser = await who("rm-1")
    english = {"Accept-Language": "en"}
    await browser.post("/language", {"language": "en", "to": "/tasks"})
    assert 'lang="en"' in await browser.text("/")
    async with small.database.transaction() as tx:
        await put_preference(tx, "rm-1", NOW, language="zh")
    assert 'lang="zh-CN"' in await browser.text("/", headers=english)


def test_both_catalogues_say_the_same_things():
    messages = Words.load().messages
    assert messages["zh"].keys() == messages["en"].keys()
    for key, text in messages["zh"].items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", messages["en"][key])), key


def test_every_message_that_a_template_asks_for_is_there():
    known, asked = Words.load(), set()
    for file in (WEB / "templates").rglob("*.html"):
        asked |= set(re.findall(r"page\.t\([\"']([\w.-]+\w)[\"'],?[^~]*?\)", file.read_text(encoding="utf-8")))
    assert len(asked) >= 80
    assert {key for key in asked if not known.has(key)} == set()


async def test_the_export_is_safe_in_a_spreadsheet(who, small):
    async with small.database.transaction() as tx:
        evil = {"zh": '=HYPERLINK("http://evil.example")', "en": "@SUM(A1)"}
        await take_alerts(tx, [opened("c8", title=evil, reason={"zh": "+1", "en": "-1"}, points=5.0)])
    answer = await (await who("rm-1")).get("/worklist.csv", headers={"Accept-Language": "zh"})
    rows = list(csv.DictReader(io.StringIO((await answer.text()).lstrip("\ufeff"))))
    assert [row["客户号"] for row in rows] == ["c1", "c1", "c2", "c8", "c9"]
    assert rows[3]["预警"] == '\'=HYPERLINK("http://evil.example")'
    assert rows[3]["原因"] == "'+1"
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "＝1"])
def test_what_a_spreadsheet_would_calculate_is_quoted(cell):
    assert safe(cell) == f"'{cell}"


async def test_the_chart_is_of_the_alerts_own_series(who):
    page = await (await who("rm-1")).text("/customers/c1")
    assert page.count("data-chart=") == 1
    assert "&#34;baseline&#34;: 46000.0" in page
    assert "<td>2026-11-18</td><td>7,200.00</td>" in page


async def test_what_to_say_comes_from_the_configuration(who):
    page = await (await who("rm-1")).text("/customers/c1", headers={"Accept-Language": "en"})
    assert "without cross-examining" in page
    assert "A courtesy call" in page


async def test_relatives_out_of_reach_are_not_named(who, small, vault):
    page = await (await who("rm-1")).text("/customers/c1")
    assert 'href="/customers/c2"' in page
    assert "李静" in page


async def test_filters_search_and_tabs(as_, town):
    browser = await as_("rm-1")
    found = {
        "/?severities=critical": ["c1"],
        "/?kinds=serious_complaint": ["c2"],
        "/?search=李静": ["c2"],
        "/?search=王": ["c1"],
        "/?classes=key": [],
        "/?classes=mass": ["c1", "c2", "c9"],
        "/?search=小 明": ["c1"],
        "/?search=静&status=acknowledged": [],
        "/?search=小强": [],
        "/?search=13900000000": [],
        "/?search=%2B8613911112222": ["c2"],
        "/?search=c9": ["c9"],
        "/?search=c4": [],
        "/?status=overdue": ["c1", "c2"],
        "/?status=snoozed": [],
        "/?order=newest": ["c1", "c2", "c9"],
        "/?limit=1": ["c1"],
        "/?limit=1&offset=2": ["c9"],
    }
    for path, customers in found.items():
        assert ids_of_cards(await browser.text(path)) == customers, path
    for path in ("/?status=x", "/?order=x", "/?limit=0", "/?limit=²", "/?offset=-1"):
        assert (await browser.get(path)).status == 400


async def test_what_is_searched_for_stays_out_of_the_address(who):
    browser = await who("rm-1")
    answer = await browser.get("/?search=王小明&severities=critical", headers={"HX-Request": "true"})
    assert answer.headers["HX-Push-Url"] == "/?severities=critical"
    assert "<html" not in await answer.text()


async def test_a_card_is_shown_as_the_list_would_show_it(who):
    browser = await who("rm-1")
    assert 'data-customer="c1"' in await browser.text("/customers/c1/card?severities=critical")
    assert 'data-customer="c1"' not in await browser.text("/customers/c1/card?severities=low")


async def test_odd_customer_ids_are_shown_and_linked(who, small):
    odd = "c/1 ?#\"'<x>"
    async with small.database.transaction() as tx:
        await take_alerts(tx, [opened(odd, time=NOW - DAY)])
    browser = await who("rm-1")
    page = await browser.text("/")
    assert "c/1 ?#&#34;&#39;&lt;x&gt;" in page
    (link,) = re.findall(r'class="open" href="(/customers/c%2F1[^"]*|/customers/c/1[^"]*)"', page)
    answer = await browser.client.get(URL(link, encoded=True), allow_redirects=False)
    assert answer.status == 200


async def test_an_episode_without_a_readable_body_is_shown_all_the_same(who, small):
    async with small.database.transaction() as tx:
        (await tx.get_one(Episode, EPISODE)).body = b"\xff not json"
    browser = await who("rm-1")
    assert "balance_drop" in await browser.text("/customers/c1")
    assert ids_of_cards(await browser.text("/"))[0] == "c1"


async def test_a_link_in_a_mail_leads_to_the_case_and_only_those_who_may_see_it(as_):
    case = f"/episodes/{episode_id('c1', 'balance_drop', 0, ('',))}"
    there = (await (await as_("rm-1")).get(case)).headers["Location"]
    assert there.startswith("/customers/c1#episode-")
    assert f'id="{there.partition("#")[2]}"' in await (await as_("m-1")).text("/customers/c1")
    assert (await (await as_("rm-3")).get(case)).status == 404
    assert (await (await as_()).get(case)).headers["Location"].startswith("/sign-in?to=%2Fepisodes%2F")


async def test_names_are_looked_through_within_reach_by_those_only_who_may_see_them(as_):
    manager, auditor = await as_("m-2"), await as_("aud-1")
    assert ids_of_cards(await manager.text("/?search=zhao w")) == ["c4"]
    assert ids_of_cards(await manager.text("/?search=王")) == []
    for name in ("王", "王小明", "%2B8613800138000"):
        assert ids_of_cards(await auditor.text(f"/?search={name}")) == [], "that there is a hit would tell the name"
    assert ids_of_cards(await auditor.text("/?search=c1")) == ["c1"]

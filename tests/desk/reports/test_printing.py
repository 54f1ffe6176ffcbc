"""The month as a file: whole, in both languages, and hostile words stay words."""

from __future__ import annotations

import tomllib
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from sqlalchemy import update
from support.desk_push import BUSINESS
from support.desk_rows import NOW, customer, opened

from stream.desk.push.titles import titles_of_kinds
from stream.desk.reports.month import Month
from stream.desk.reports.printing import Printer
from stream.desk.reports.whole import whole
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.profiles import new_profile, put_profiles
from stream.desk.store.tables import Episode
from stream.domain.events import Product
from stream.settings.desk_reports import Reports

HOSTILE = "<script>alert(1)</script>{{7*7}}"
PRINTER = Printer({"price": {"zh": "价格", "en": "price too high"}}, titles_of_kinds())


class Texts(HTMLParser):
    """Every piece of text, and every tag."""

    def __init__(self):
        super().__init__()
        self.texts, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.texts.append(data.strip())


def parsed(page):
    parser = Texts()
    parser.feed(page)
    return parser


async def settle(database, vault):
    async with database.transaction() as tx:
        one = customer("c1", segment=HOSTILE, class_="key", rm_id="rm-1", branch_id="b-1",
                       products=[Product(product_id="p", kind="deposit", amount=1_234_567_00)])  # fmt: skip
        await put_profiles(tx, [new_profile(one, vault, NOW)])
        await take_alerts(tx, [opened("c1"), opened(HOSTILE, kind="usage_drop")])
        lost = update(Episode).values(outcome="lost", outcome_at=NOW, loss_reason="price", reason_source="customer")
        await tx.execute(lost)


async def month(database, branch="b-1"):
    async with database.reading() as session:
        return await whole(session, Month(2026, 11), branch, BUSINESS, Reports(), NOW)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", ("价格", "客户保留月报", "余额骤降")),
        ("en", ("price too high", "Monthly retention report", "1,234,567")),
    ],
)
async def test_the_page_says_all_of_it(database, vault, language, said):
    await settle(database, vault)
    page = PRINTER.month(await month(database), language)
    texts = " | ".join(parsed(page).texts)
    for words in said:
        assert words in texts
    assert "script" not in parsed(page).tags
    assert HOSTILE in texts
    assert "49" not in texts.replace("1,234", "")


async def test_its_charts_are_well_formed(database, vault):
    await settle(database, vault)
    page = PRINTER.month(await month(database), "en")
    charts = ["<svg" + rest.partition("</svg>")[0] + "</svg>" for rest in page.split("<svg")[1:]]
    assert len(charts) == 4
    for chart in charts:
        assert len(list(ElementTree.fromstring(chart).iter("rect"))) >= 2


async def test_a_house_with_nothing_in_it_prints_too(embedded):
    page = PRINTER.month(await month(embedded, ""), "en")
    assert "the whole house" in page


def test_both_languages_have_the_same_words():
    folder = files("stream.desk.reports") / "printed"
    zh, en = (tomllib.loads((folder / f"{code}.toml").read_text("utf-8")) for code in ("zh", "en"))
    assert zh.keys() == en.keys()
    assert all(zh.values())
    assert all(en.values())

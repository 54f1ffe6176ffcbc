"""Boards as pages: every panel is on its page, and the page's script knows all that the queries leave open."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from stream.demo import prometheus
from stream.interface.dashboards import pages
from stream.interface.dashboards.boards import BOARDS

FILES = dict(pages.pages(BOARDS, 2))
BY_PAGE = {pages.name_of(board): board for board in BOARDS}


class Page(HTMLParser):
    """What is on a page: panels, choices, links, and what a browser fetches for it."""

    def __init__(self, text):
        super().__init__()
        self.panels, self.choices, self.links, self.fetched = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        if "data-panel" in has:
            self.panels.append(json.loads(has["data-panel"]))
        if "data-choice" in has:
            self.choices.append((has["data-choice"], has["data-series"]))
        if tag == "a":
            self.links.append(has["href"])
        self.fetched += [has[name] for name in ("src",) if name in has]
        if tag == "link" and has["rel"] == "stylesheet":
            self.fetched.append(has["href"])


READ = {name: Page(FILES[name]) for name in BY_PAGE}


@pytest.mark.parametrize("name", BY_PAGE)
def test_every_panel_of_a_board_is_on_its_page_with_its_queries(name):
    panels = [panel for _, row in BY_PAGE[name].rows for panel in row]
    shown = {panel["title"]: panel for panel in READ[name].panels}
    assert len(shown) == len(READ[name].panels) == len(panels) > 10
    for panel in panels:
        there = shown[panel.title]
        assert [(query["expr"], query["legend"]) for query in there["queries"]] == [
            (query.expr, query.legend) for query in panel.queries
        ]
        assert (there["kind"], there["unit"], there["stacked"]) == (panel.kind, panel.unit, panel.stacked)
        assert there["worry"] == (None if panel.worry is None else list(panel.worry))
        assert panel.meaning in FILES[name].replace("&#39;", "'").replace("&amp;", "&")


@pytest.mark.parametrize("name", BY_PAGE)
def test_whatever_a_query_leaves_open_is_put_in_by_the_page(name):
    page = READ[name]
    known = set(re.findall(r"\b__\w+(?=:)", FILES["ask.js"])) | {label for label, _ in page.choices}
    assert {"__rate_interval", "__range"} <= known
    left = {word for panel in page.panels for query in panel["queries"] for word in query["expr"].split("$")[1:]}
    assert {re.match(r"\w+", word)[0] for word in left} <= known
    assert page.choices == [(choice.label, choice.series) for choice in BY_PAGE[name].choices]


@pytest.mark.parametrize("name", BY_PAGE)
def test_every_unit_can_be_written(name):
    written = set(re.findall(r"^  (\w+)[:,]", FILES["units.js"], re.MULTILINE))
    assert {panel["unit"] for panel in READ[name].panels} <= written


@pytest.mark.parametrize("name", BY_PAGE)
def test_a_page_leads_to_the_others_and_fetches_nothing_from_elsewhere(name):
    page = READ[name]
    assert [link for link in page.links if link in BY_PAGE] == list(BY_PAGE)
    assert set(page.fetched) <= set(FILES)
    imported = {found for text in FILES.values() for found in re.findall(r'from "\./([\w.]+)"', text)}
    assert imported <= set(FILES)
    assert "://" not in FILES[name] + "".join(FILES[part] for part in ("ask.js", "board.js", "draw.js", "units.js"))


def test_only_boards_that_are_wanted_are_linked():
    some = dict(pages.pages(BOARDS[:2], 2))
    assert [link for link in Page(some["churnwatch-shards.html"]).links if link.startswith("churnwatch")] == [
        "churnwatch-overview.html", "churnwatch-shards.html",
    ]  # fmt: skip
    assert "churnwatch-desk.html" not in some


def test_they_are_written_into_a_folder(tmp_path):
    pages.write(tmp_path / "pages", BOARDS, 2)
    assert {file.name: file.read_text("utf-8") for file in (tmp_path / "pages").iterdir()} == FILES


def test_without_prometheus_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(prometheus.DemoError, match="sudo apt-get install prometheus"):
        prometheus.program()

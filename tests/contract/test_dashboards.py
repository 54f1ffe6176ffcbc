"""The committed dashboards are what the code gives, and each of their pictures can be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from support.metrics import series
from support.prometheus import RULES

from stream.interface.dashboards.boards import BOARDS
from stream.interface.dashboards.build import documents

COMMITTED = Path(__file__).parents[2] / "deploy" / "grafana"
PANELS = [panel for board in BOARDS for _, panels in board.rows for panel in panels]
RECORDED = {
    rule["record"]
    for group in yaml.safe_load((RULES / "recording.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
OTHERS = {
    "up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
}  # fmt: skip


def test_the_committed_ones_are_what_the_code_gives():
    given = dict(documents())
    assert {file.name for file in COMMITTED.glob("*.json")} == set(given)
    for name, text in given.items():
        committed = (COMMITTED / name).read_text(encoding="utf-8")
        assert committed == text, f"{name}: churnwatch dashboards --output deploy/grafana"


def test_there_is_one_for_each_thing_to_watch():
    assert [board.uid.removeprefix("churnwatch-") for board in BOARDS] == [
        "overview", "shards", "alerts", "model", "desk",
    ]  # fmt: skip


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_panel_says_how_to_read_it_and_asks_for_what_there_is(panel):
    assert len(panel.meaning) > 5
    assert panel.queries
    for query in panel.queries:
        bare = re.sub(r'"[^"]*"|\{\{\w+\}\}', "", query.expr)
        names = set(re.findall(r"\b(?:\w+:)*churnwatch[\w:]*", bare)) | {name for name in OTHERS if name in bare}
        assert names - RECORDED - OTHERS <= series()
        assert names


@pytest.mark.parametrize("file", sorted(COMMITTED.glob("*.json")), ids=lambda file: file.stem)
def test_panels_fill_rows_of_24_columns_and_do_not_overlap(file):
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("file", sorted(COMMITTED.glob("*.json")), ids=lambda file: file.stem)
def test_every_query_goes_to_the_data_source_that_was_chosen(file):
    text = json.loads(file.read_text(encoding="utf-8"))
    assert next(one["name"] for one in text["templating"]["list"]) == "datasource"
    sources = [target["datasource"]["uid"] for panel in text["panels"] for target in panel.get("targets", ())]
    assert set(sources) == {"${datasource}"}

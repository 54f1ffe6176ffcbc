"""`churnwatch backtest` as an analyst calls it, on a small simulated town and on a few made events."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser

import jsonschema
import msgspec
import orjson
import pyarrow.parquet as pq
import pytest
import typer
from support.timeline import at, every_day
from typer.testing import CliRunner

from stream.backtest.parquet import ALERTS, FEEDBACK
from stream.backtest.report import SCHEMA, Report
from stream.cli import backtest
from stream.engine.log.jsonl import write_lines
from stream.simulate.params import Params
from stream.simulate.town import Options, Town

app = typer.Typer()
app.command()(backtest.command)
NOON = at("2025-03-01 12:00")


def call(*args, code=0):
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A town in which many leave, with its truth."""
    folder = tmp_path_factory.mktemp("town")
    made = Town(Options(40, 120, seed=5, params=Params(leaving_rate=1.5, lookalike_rate=6)))
    write_lines(folder / "town.jsonl.gz", made.lines())
    (folder / "truth.jsonl").write_bytes(b"".join(orjson.dumps(t.line()) + b"\n" for t in made.truths()))
    return folder


@pytest.fixture(scope="module")
def measured(town):
    """One call with everything there is."""
    (town / "deaf.toml").write_text("[rules.serious_complaint]\nenabled = false\n")
    (town / "same.toml").write_text("")
    out = town / "out"
    files = {"json": "r.json", "html": "r.html", "alerts-parquet": "a.parquet", "feedback-parquet": "f.parquet"}
    outputs = [part for option, name in files.items() for part in (f"--{option}", out / name)]
    configs = ["--config", town / "same.toml", "--config", town / "deaf.toml"]
    given = ["--input", town / "town.jsonl.gz", "--truth", town / "truth.jsonl", "--horizon", "30d"]
    return out, call(*given, *configs, *outputs)


def report(folder):
    return orjson.loads((folder / "r.json").read_bytes())


def test_the_terminal_gets_every_part_and_no_colours(measured):
    _, done = measured
    for part in ("Rules", "Load of an RM", "Signs planted", "Lookalikes", "Overlap", "Cost", "deaf less same"):
        assert part in done.stdout
    assert "\x1b" not in done.stdout


def test_the_json_keeps_its_schema(measured):
    folder, _ = measured
    body = report(folder)
    jsonschema.validate(body, msgspec.json.schema(Report))
    assert body["schema"] == SCHEMA
    assert msgspec.convert(body, Report)  # and reads back
    assert orjson.loads(call("--schema").stdout) == msgspec.json.schema(Report)


def test_the_figures_agree_with_the_alerts_in_the_parquet(measured):
    folder, _ = measured
    table = pq.read_table(folder / "a.parquet")
    assert table.schema.equals(ALERTS)
    rows = table.to_pylist()
    body = report(folder)
    for run in body["runs"]:
        mine = [row for row in rows if row["config"] == run["name"]]
        opened = [row for row in mine if row["state"] == "opened"]
        assert run["overall"]["counts"]["opened"] == len(opened) > 5
        early = [row for row in opened if row["left_at"] is None or row["event_time"] < row["left_at"]]
        assert run["overall"]["quality"]["late"] == len(opened) - len(early)
        right = [row["left_within_horizon"] for row in early]
        assert run["overall"]["quality"]["precision"] == {
            "hits": right.count(True),
            "of": len(right) - right.count(None),
            "share": pytest.approx(right.count(True) / (len(right) - right.count(None))),
        }
        assert run["overall"]["quality"]["undecided"] == right.count(None)
        leavers = {row["customer_id"]: row["left_at"] for row in mine if row["left_at"]}
        assert len(leavers) <= body["label"]["leavers"]
        assert sum(map(sum, run["daily"]["opened"].values())) == len(opened)
        assert orjson.loads(mine[0]["body"])["alert_id"] == mine[0]["alert_id"]


def test_two_configurations_differ_by_what_the_second_does_not_hear(measured):
    folder, _ = measured
    body = report(folder)
    same, deaf = body["runs"]
    assert "serious_complaint" in same["rules"]
    assert "serious_complaint" not in deaf["rules"]
    assert body["difference"]["rules"]["serious_complaint"]["opened"] == (
        -same["rules"]["serious_complaint"]["counts"]["opened"]
    )
    assert body["difference"]["overall"]["opened"] < 0
    assert body["difference"]["cost_saved"] == pytest.approx(deaf["cost"]["saved"] - same["cost"]["saved"])


def test_signs_are_found_by_the_rules_there_are(measured):
    folder, _ = measured
    planted = {line["kind"]: line for line in report(folder)["runs"][0]["planted"]}
    assert planted["serious_complaint"]["found"]["share"] == 1
    assert planted["serious_complaint"]["group"] == "hard"
    assert planted["forwarding_off_net"]["found"]["share"] == 1


class _Links(HTMLParser):
    """Notes whatever a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.fetched = []

    def handle_starttag(self, tag, attrs):
        self.fetched += [(tag, name, value) for name, value in attrs if name in ("src", "href", "action", "data")]


def test_the_page_is_one_file_that_fetches_nothing(measured):
    folder, _ = measured
    page = (folder / "r.html").read_text(encoding="utf-8")
    links = _Links()
    links.feed(re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.S))  # the library, which is no HTML
    assert links.fetched == []
    assert "default-src 'none'" in page
    head, charts = page.split("</head>", 1)
    assert "plotly.js" in head
    assert charts.count("Plotly.newPlot(") >= 8
    assert not re.search(r"@import|url\(", head.split("<style>")[1].split("</style>")[0])


def test_without_feedback_in_the_input_the_table_is_empty_but_has_its_columns(measured):
    folder, _ = measured
    table = pq.read_table(folder / "f.parquet")
    assert table.num_rows == 0
    assert table.schema.equals(FEEDBACK)


def made(tmp_path, lines, truth="customer_id,left_at\n", name="in.jsonl"):
    write_lines(tmp_path / name, lines)
    (tmp_path / "truth.csv").write_text(truth)
    return ["--input", tmp_path / name, "--truth", tmp_path / "truth.csv"]


def test_feedback_is_the_inputs_own_and_a_csv_will_do_as_truth(tmp_path):
    warned = NOON.forwarding("c1", "unconditional", "rival")
    lines = [
        warned,
        NOON.plus(days=1).feedback("c1", "e1", "snooze", until="2025-03-05T00:00:00Z"),
        NOON.plus(days=2).feedback("c1", "e1", "outcome", outcome="saved"),
        NOON.plus(days=100).balance("c2", 5),
    ]
    given = made(tmp_path, lines, "customer_id,left_at\nc1,2025-03-11T04:00:00Z\nc2,\nc3,2025-03-12\n")
    call(*given, "--json", tmp_path / "r.json", "--feedback-parquet", tmp_path / "f.parquet")
    rows = pq.read_table(tmp_path / "f.parquet").to_pylist()
    assert [(row["action"], row["outcome"]) for row in rows] == [("snooze", None), ("outcome", "saved")]
    assert rows[0]["until"].isoformat() == "2025-03-05T00:00:00+00:00"
    body = report(tmp_path)
    assert (body["label"]["kind"], body["label"]["leavers"], body["label"]["unknown_customers"]) == ("left_at", 1, 1)
    figures = body["runs"][0]["rules"]["call_forwarding_off_net"]["quality"]
    assert figures["precision"] == {"hits": 1, "of": 1, "share": 1.0}
    assert figures["recall"]["hits"] == 1
    assert figures["lead"]["median"] == 10
    assert body["runs"][0]["planted"] == []


def test_only_what_opens_in_the_measured_time_counts(tmp_path):
    lines = [NOON.plus(days=n).forwarding(f"c{n}", "unconditional", "rival") for n in range(10)]
    given = made(tmp_path, lines)
    call(*given, "--json", tmp_path / "r.json", "--since", "2025-03-03", "--until", "2025-03-06")
    body = report(tmp_path)
    assert body["runs"][0]["rules"]["call_forwarding_off_net"]["counts"]["opened"] == 3
    assert body["scope"]["days"] == 3
    assert body["runs"][0]["daily"]["days"] == ["2025-03-03", "2025-03-04", "2025-03-05"]


def test_inactivity_has_cut_offs_instead_of_leavers(tmp_path):
    lines = [moment.transaction("back", 5, category="purchase") for moment in every_day("2025-01-01", 200)]
    lines += [moment.transaction("gone", 5, category="purchase") for moment in every_day("2025-01-01", 60)]
    lines.append(at("2025-03-10 12:00").forwarding("gone", "unconditional", "rival"))
    lines.append(at("2025-03-10 13:00").forwarding("back", "unconditional", "rival"))
    write_lines(tmp_path / "in.jsonl", sorted(lines, key=lambda line: line.timestamp))
    call(
        *("--input", tmp_path / "in.jsonl", "--truth", "inactivity", "--json", tmp_path / "r.json"),
        *("--horizon", "60", "--active-within", "90d", "--at", "2025-03-20"),
    )
    body = report(tmp_path)
    [cut] = body["runs"][0]["cutoffs"]
    assert cut["at"] == "2025-03-19T16:00:00.000Z"
    assert (cut["active"], cut["churned"]["hits"]) == (2, 1)
    forwarding = cut["rules"]["call_forwarding_off_net"]
    assert (forwarding["precision"]["share"], forwarding["recall"]["share"], forwarding["lift"]) == (0.5, 1.0, 1.0)
    assert body["runs"][0]["cost"] is None
    quality = body["runs"][0]["rules"]["call_forwarding_off_net"]["quality"]
    assert quality["precision"]["share"] == 0.5
    assert quality["recall"]["of"] == 0


def test_inactivity_without_dates_takes_every_first_of_a_month_that_can_be_judged(tmp_path):
    lines = [moment.transaction("a", 5, category="purchase") for moment in every_day("2025-01-01", 200)]
    write_lines(tmp_path / "in.jsonl", lines)
    source = ["--input", tmp_path / "in.jsonl", "--truth", "inactivity", "--json", tmp_path / "r.json"]
    call(*source, "--horizon", "60", "--active-within", "60")
    cuts = [cut["date"] for cut in report(tmp_path)["runs"][0]["cutoffs"]]
    assert cuts == ["2025-04-01", "2025-05-01"]  # the events end in July
    said = call(*source, "--at", "2025-07-01", code=2).stderr
    assert "--at 2025-06-30" in said
    assert "not all in the events" in said


def test_a_rule_in_shadow_is_measured_when_asked_for(tmp_path):
    config = tmp_path / "shadow.toml"
    config.write_text("[rules.call_forwarding_off_net]\nshadow = true\n")
    given = made(tmp_path, [NOON.forwarding("c1", "unconditional", "rival")])
    call(*given, "--config", config, "--with-shadow", "--json", tmp_path / "r.json")
    rule = report(tmp_path)["runs"][0]["rules"]["call_forwarding_off_net"]
    assert (rule["shadow"], rule["counts"]["opened"]) == (True, 1)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--horizon", "soon"], "is not a number of days such as 90d"),
        (["--horizon", "0d"], "is not a number of days such as 90d"),
        (["--horizon", "nan"], "is not a number of days such as 90d"),
        (["--since", "yesterday"], "is not a date such as 2025-04-01"),
        (["--at", "2025-01-01"], "goes with --truth inactivity"),
        (["--config", "a", "--config", "b", "--config", "c"], "two to compare"),
        (["--input", "-", "--config", "a", "--config", "b"], "standard input cannot be read twice"),
        (["--since", "2031-01-01"], "nothing lies between --since and --until"),
        (["--config", "nowhere.toml"], "cannot read nowhere.toml"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path, args, said):
    given = made(tmp_path, [NOON.balance("c1", 5)])
    assert said in " ".join(re.sub(r"[│╭╰─╮╯]", " ", call(*given, *args, code=2).stderr).split())


def test_files_that_are_missing_or_hold_no_event_are_named(tmp_path):
    given = made(tmp_path, [])
    assert "holds no event that could be read" in call(*given, code=2).stderr
    assert "nowhere.csv" in call("--input", given[1], "--truth", "nowhere.csv", code=2).stderr
    assert "nowhere.jsonl" in call("--input", "nowhere.jsonl", *given[2:], code=2).stderr


@pytest.mark.parametrize(("option", "library"), [("--html", "plotly"), ("--alerts-parquet", "pyarrow")])
def test_a_library_that_is_not_installed_is_told_before_the_work_with_how_to_get_it(
    tmp_path, monkeypatch, option, library
):
    for name in [name for name in sys.modules if name.split(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    given = made(tmp_path, [NOON.balance("c1", 5)])
    said = call(*given, option, tmp_path / "x", code=2).stderr
    assert library in said
    assert 'pip install "churnwatch[backtest]"' in said
    assert not (tmp_path / "x").exists()
    call(*given)  # the rest needs neither

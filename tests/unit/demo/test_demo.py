"""What the demo feeds, reads off a worker, and shows."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from prometheus_client import generate_latest
from rich.console import Console

from stream.config import load
from stream.demo import memory, scrape, source, view
from stream.engine.log.jsonl import Line, Record
from stream.metrics import Metrics

ZONE = ZoneInfo("Asia/Shanghai")
TIME = 1_736_000_000_000

ALERT = {
    "kind": "serious_complaint",
    "state": "opened",
    "severity": "critical",
    "customer_id": "c1",
    "event_time": "2025-01-08T01:00:00.000Z",
    "routes": ["rm:rm-1"],
    "title": {"zh": "严重投诉", "en": "Serious complaint"},
    "reason": {"zh": "客户投诉：级别为高。", "en": "Complaint: graded high by its source."},
    "next_step": {"zh": "回电", "en": "Call back", "due": "2025-01-08T05:00:00.000Z"},
}


def given(**options):
    usual = {"file": None, "source": None, "paths": [], "customers": 3, "days": 2, "seed": 1, "zone": ZONE}
    return source.lines(**{**usual, **options})


def test_without_anything_a_town_is_fed():
    what, lines = given()
    assert what == "a simulated town of 3, 2 days"
    assert {line.topic for line in lines} >= {"customers", "transactions"}


def test_a_file_is_fed_as_it_is(tmp_path):
    line = Line("balances", "c", TIME, {"event_id": "e"})
    (tmp_path / "a.jsonl").write_bytes(line.encode())
    what, lines = given(file=tmp_path / "a.jsonl")
    assert what == "a.jsonl"
    assert [record.key for record in lines] == [b"c"]


def test_a_data_set_is_converted(tmp_path):
    rows = "CustomerID,InvoiceNo,InvoiceDate,amt,qty,lines,cancel,country\n1,a,2010-01-01 08:00:00,5.5,2,1,False,UK\n"
    (tmp_path / "baskets.csv").write_text(rows)
    what, lines = given(source="online-retail", paths=[tmp_path / "baskets.csv"])
    assert what == "online-retail: baskets.csv"
    assert [line.value["amount"] for line in lines] == ["5.50"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"file": Path("a"), "source": "berka"}, "not both"),
        ({"source": "nonsense", "paths": [Path("a")]}, "there are berka, online-retail, complaints"),
        ({"source": "berka"}, "needs the data set's files"),
        ({"paths": [Path("a")]}, "paths go with --source"),
    ],
)
def test_what_cannot_be_fed_is_said(options, said):
    with pytest.raises(ValueError, match=said):
        given(**options)


def page(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_a_workers_page_is_read_into_figures():
    metrics = Metrics()
    metrics.events.labels("balances", "handled").inc(5)
    metrics.events.labels("transactions", "handled").inc(2)
    metrics.events.labels("transactions", "duplicate").inc(1)
    metrics.alerts.labels("balance_drop", "high", "opened").inc(2)
    metrics.alerts.labels("balance_drop", "critical", "opened").inc(1)
    metrics.suppressed.labels("dedup", "balance_drop").inc(4)
    metrics.dead_letters.labels("balances", "missing").inc(3)
    metrics.lag.labels("balances", "0").set(7)
    metrics.lag.labels("balances", "1").set(1)
    metrics.shards.labels("running").set(2)
    for _ in range(98):
        metrics.latency_seconds.observe(0.02)
    metrics.latency_seconds.observe(4)
    metrics.latency_seconds.observe(4)
    figures = scrape.read(page(metrics))
    assert figures.results == {"handled": 7, "duplicate": 1}
    assert figures.accounted == 8
    assert figures.alerts == {("balance_drop", "opened"): 3}
    assert (figures.suppressed, figures.dead_letters) == ({"dedup": 4}, {"missing": 3})
    assert (figures.lag, figures.running, figures.restoring) == (8, 2, 0)
    assert figures.latency == {0.5: 0.025, 0.95: 0.025, 0.99: 5}


def test_nothing_observed_has_no_quantiles():
    assert scrape.read(page(Metrics())).latency == {}


def test_the_rate_is_over_the_last_scrapes():
    seen = view.Seen("x", started=0.0)
    assert seen.rate == 0
    for second, count in ((1.0, 0), (2.0, 300), (3.0, 500)):
        figures = scrape.Figures()
        figures.results["handled"] = count
        seen.take_figures(second, figures)
    assert seen.rate == 250


def printed(renderable) -> str:
    console = Console(width=160, force_terminal=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_the_page_shows_figures_kinds_and_the_latest_warning_first():
    seen = view.Seen("a town", started=0.0, sent=10)
    seen.take_alert(ALERT)
    seen.take_alert(ALERT | {"customer_id": "c2", "state": "resolved"})
    text = printed(view.page(seen, now=3.0))
    assert "sent 10" in text
    assert "a town · 3 s" in text
    assert text.index("c2") < text.index("c1 Serious complaint: Complaint: graded high")
    assert "serious_complaint" in text


def test_before_the_first_warning_the_page_says_so():
    assert "no warning yet" in printed(view.page(view.Seen("x", started=0.0), now=1.0))


def test_the_summary_accounts_for_every_event_and_shows_a_warning_in_both_languages():
    seen = view.Seen("a town", started=0.0, sent=8)
    seen.figures.results.update(handled=6, duplicate=1)
    seen.figures.results["dead-letter"] = 1
    seen.figures.suppressed["dedup"] = 2
    seen.figures.dead_letters["missing"] = 1
    seen.figures.latency = {0.5: 0.25}
    seen.take_alert(ALERT)
    text = view.summary(seen, 2.0, skipped=3, problems=[])
    assert "handled 6 + duplicates 1 + dead letters 1 = 8 (3 more on topics that no shard reads)" in text
    assert "客户投诉：级别为高。" in text
    assert "Call back (by 2025-01-08 05:00 UTC)" in text
    assert "broker to commit: p50 ≤ 0.25 s" in text
    assert text.endswith("Every event is accounted for.")


def test_a_problem_is_said_instead():
    text = view.summary(view.Seen("x", started=0.0), 1.0, skipped=0, problems=["2 events are lost"])
    assert text.endswith("NOT RIGHT: 2 events are lost")
    assert "no warning" in text


def complaint(**more) -> dict[str, object]:
    event = {"event_id": "e1", "customer_id": "c1", "time": TIME, "complaint_id": "k", "status": "opened"}
    return event | {"severity": "critical"} | more


def test_without_a_broker_the_same_is_shown_from_memory():
    console = Console(width=200, force_terminal=False)
    lines = [
        Line("complaints", "c1", TIME, complaint()),
        Line("complaints", "c1", TIME, complaint(status="whatever", event_id="e2")),
        Record(3, "complaints", b"c1", TIME, orjson.dumps(complaint())),
    ]
    with console.capture() as capture:
        assert memory.run(load(env={}), "three lines", lines, console) == 0
    text = capture.get()
    assert "handled 1 + duplicates 1 + dead letters 1 = 3" in text
    assert "critical opened   c1 Serious complaint" in text

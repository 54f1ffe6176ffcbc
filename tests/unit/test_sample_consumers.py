"""The sample consumers: real alerts in, each handled once; committed records only."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import orjson
import pytest
from support.timeline import at, run, steady

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"


@pytest.fixture(scope="module")
def sample():
    spec = importlib.util.spec_from_file_location("sample_consumer", EXAMPLES / "consumer.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def alerts():
    gone = at("2025-03-02 10:00")
    found = run(steady("c", 100_000), gone.pays("c", 90_000), gone.plus(hours=1).balance("c", 10_000)).alerts
    assert found
    return found


def test_each_alert_is_handled_once_however_often_it_comes(sample, alerts):
    values = [orjson.dumps(alert) for alert in alerts]
    recent = sample.Recent()
    assert list(sample.fresh([*values, *values], recent)) == alerts
    assert list(sample.fresh(values, recent)) == []


def test_a_record_that_is_no_alert_holds_up_nobody(sample, alerts, capsys):
    values = [b"\xff", b"[]", b"{}", b"null", b'{"alert_id": []}', orjson.dumps(alerts[0])]
    assert list(sample.fresh(values, sample.Recent())) == alerts[:1]
    assert capsys.readouterr().err.count("no alert") == 5


def test_ids_are_kept_up_to_a_bound_the_oldest_going_first(sample):
    recent = sample.Recent(most=2)
    assert [recent.first(each) for each in ("a", "b", "a", "c", "b", "a")] == [True, True, False, True, False, True]


def test_an_alert_is_told_with_its_reason_and_receivers(sample, alerts):
    told = sample.line(alerts[0])
    assert alerts[0]["reason"]["en"] in told
    assert alerts[0]["routes"][0] in told


async def test_the_reader_sees_committed_records_and_commits_by_hand(sample):
    consumer = sample.reader("127.0.0.1:9", "alerts", "churnwatch-reader-x")
    try:
        assert consumer._isolation_level == "read_committed"
        assert consumer._enable_auto_commit is False
    finally:
        await consumer.stop()


def test_the_one_for_kcat_is_a_valid_script_that_reads_committed():
    script = EXAMPLES / "consumer.sh"
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
    assert "isolation.level=read_committed" in script.read_text(encoding="utf-8")

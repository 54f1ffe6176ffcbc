"""The commands that make replay files, as a person calls them."""

from __future__ import annotations

import orjson
import pytest
import typer
from typer.testing import CliRunner

from stream.cli import convert, simulate
from stream.engine.log.jsonl import Record, read_lines

simulated = typer.Typer()
simulated.command()(simulate.command)
RETAIL = "CustomerID,InvoiceNo,InvoiceDate,amt,qty,lines,cancel,country\n17,1,2009-12-01 07:45:00,5,1,1,False,UK\n"


def test_convert_writes_the_events_and_tells_counts_period_and_bad_rows_on_standard_error(tmp_path):
    (tmp_path / "a.csv").write_text(RETAIL + "17,2,never,5,1,1,False,UK\n")
    done = CliRunner().invoke(
        convert.app, ["online-retail", str(tmp_path / "a.csv"), "--output", str(tmp_path / "out.jsonl")]
    )
    assert done.exit_code == 0
    assert done.stdout == ""
    for part in (
        "a.csv:3: InvoiceDate",
        "rows       2 (1 bad",
        "transactions 1",
        "customers  1",
        "2009-11-30T23:45:00Z",
    ):
        assert part in done.stderr
    [record] = read_lines(tmp_path / "out.jsonl")
    assert isinstance(record, Record)
    assert record.key == b"17"


@pytest.mark.parametrize("source", ["missing.csv", "wrong.csv"])
def test_convert_ends_with_2_and_says_why_when_there_is_nothing_to_read(tmp_path, source):
    (tmp_path / "wrong.csv").write_text("a,b\n")
    done = CliRunner().invoke(convert.app, ["berka", str(tmp_path / source), "--output", str(tmp_path / "out.jsonl")])
    assert done.exit_code == 2
    assert source in done.stderr


def test_simulate_writes_events_and_beside_them_a_truth_of_every_customer(tmp_path):
    out = tmp_path / "town.jsonl.gz"
    done = CliRunner().invoke(simulated, ["--customers", "5", "--days", "10", "--seed", "3", "--output", str(out)])
    assert done.exit_code == 0, done.stderr
    truths = [orjson.loads(line) for line in (tmp_path / "town.truth.jsonl").read_bytes().splitlines()]
    assert len(truths) == 5
    customers = {record.key.decode() for record in read_lines(out) if record.topic != "staff"}
    assert {truth["customer_id"] for truth in truths} >= customers
    assert "customers  5" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--drift", "2025-04-01:sunshine", "--output", "x.jsonl"], "campaign"),
        (["--output", "-"], "truth"),
        (["--time-zone", "Nowhere/Land", "--output", "x.jsonl"], "IANA"),
    ],
)
def test_simulate_refuses_what_it_cannot_do_and_says_what_it_can(tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(simulated, ["--customers", "2", "--days", "2", *options])
    assert done.exit_code == 2
    assert said in done.stderr

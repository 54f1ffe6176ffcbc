"""Replay files: what is written comes back, and what is broken is told by line."""

from __future__ import annotations

import gzip
import io
import sys

import orjson
import pytest

from stream.engine.log.jsonl import Fault, Line, Record, parse, read_lines, write_lines

LINES = [
    Line("balances", "客户-1", 1_736_000_000_000, {"event_id": "e1", "balance": "0.10"}),
    Line("customers", "c", 1_736_000_000_001, None),
    Line("transactions", None, 0, {"amount": 0.3}),
]
RECORDS = [
    Record(1, "balances", "客户-1".encode(), 1_736_000_000_000, b'{"event_id":"e1","balance":"0.10"}'),
    Record(2, "customers", b"c", 1_736_000_000_001, None),
    Record(3, "transactions", None, 0, b'{"amount":0.3}'),
]


@pytest.mark.parametrize("name", ["lines.jsonl", "lines.jsonl.gz"])
def test_what_is_written_comes_back_plain_or_compressed(tmp_path, name):
    assert write_lines(tmp_path / name, LINES) == 3
    assert list(read_lines(tmp_path / name)) == RECORDS
    assert ((tmp_path / name).read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")


def test_the_same_lines_give_the_same_compressed_bytes_whatever_the_file_is_called(tmp_path):
    write_lines(tmp_path / "a.gz", LINES)
    write_lines(tmp_path / "b.gz", LINES)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_dash_reads_standard_input(monkeypatch):
    text = b"".join(line.encode() for line in LINES)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert list(read_lines("-")) == RECORDS


def test_raw_text_is_replayed_byte_for_byte():
    line = orjson.dumps({"topic": "balances", "key": "a", "timestamp": 1, "raw": '{"broken": é'})
    assert parse(7, line) == Record(7, "balances", b"a", 1, '{"broken": é'.encode())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[1]", "expected an object"),
        (b'{"key": "a", "timestamp": 1, "value": {}}', "topic"),
        (b'{"topic": "t", "key": 1, "timestamp": 1, "value": {}}', "key"),
        (b'{"topic": "t", "key": "a", "timestamp": "1", "value": {}}', "timestamp"),
        (b'{"topic": "t", "key": "a", "timestamp": true, "value": {}}', "timestamp"),
        (b'{"topic": "t", "key": "a", "timestamp": -1, "value": {}}', "timestamp"),
        (b'{"topic": "t", "key": "a", "timestamp": 1}', "value"),
        (b'{"topic": "t", "key": "a", "timestamp": 1, "raw": {}}', "raw"),
    ],
)
def test_a_broken_line_is_a_fault_with_its_number_and_the_lines_after_it_are_read(tmp_path, text, reason):
    file = tmp_path / "lines.jsonl"
    file.write_bytes(text + b"\n\n" + LINES[1].encode())
    fault, record = read_lines(file)
    assert isinstance(fault, Fault)
    assert fault.line == 1
    assert reason in fault.reason
    assert record == RECORDS[1]._replace(line=3)


def test_a_compressed_file_that_was_cut_short_is_an_error(tmp_path):
    packed = gzip.compress(b"".join(line.encode() for line in LINES * 1000))
    (tmp_path / "cut.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(OSError, match="cut short"):
        list(read_lines(tmp_path / "cut.gz"))

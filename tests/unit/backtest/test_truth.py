"""Truth files: the simulator's, and anybody's."""

from __future__ import annotations

import gzip
from zoneinfo import ZoneInfo

import pytest
from support.timeline import ms

from stream.backtest.truth import Known, TruthError, read

SHANGHAI = ZoneInfo("Asia/Shanghai")


def given(tmp_path, text, name="truth"):
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_the_simulators_truth_has_signs_and_lookalikes(tmp_path):
    line = (
        '{"customer_id":"c1","left":true,"left_at":"2025-03-01T00:00:00Z","leaves_at":"2025-03-01T00:00:00Z",'
        '"why":"bad service","precursors":[{"kind":"serious_complaint","time":"2025-02-01T00:00:00Z"}],'
        '"lookalikes":[{"kind":"travel","time":"2025-01-05T00:00:00Z"}]}\n'
    )
    truth = read(given(tmp_path, line), SHANGHAI)
    assert truth.simulated
    march, february, january = ms("2025-03-01 08:00"), ms("2025-02-01 08:00"), ms("2025-01-05 08:00")
    assert truth.customers["c1"] == Known(
        "c1", march, "bad service", (("serious_complaint", february),), (("travel", january),)
    )


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_csv_may_give_dates_local_times_or_nothing_for_those_who_stayed(tmp_path, pack):
    rows = ("2025-03-01,a,x", "2025-03-01T06:00:00+00:00,b,", ",c,", "2025-03-01 09:30,d,", "1740787200000,e,")
    text = "\n".join(("left_at,customer_id,note", *rows))
    truth = read(given(tmp_path, pack(text.encode("utf-8-sig"))), SHANGHAI)
    left = {known.customer: known.left_at for known in truth.customers.values()}
    assert left == {
        "a": ms("2025-03-01 00:00"),
        "b": ms("2025-03-01 14:00"),
        "c": None,
        "d": ms("2025-03-01 09:30"),
        "e": 1740787200000,
    }
    assert not truth.simulated


def test_json_lines_may_give_no_more_than_customer_and_time(tmp_path):
    truth = read(given(tmp_path, '{"customer_id":"a","left_at":1740787200000}\n\n{"customer_id":"b"}\n'), SHANGHAI)
    assert {k.customer: k.left_at for k in truth.customers.values()} == {"a": 1740787200000, "b": None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("customer,left\n", "the header line lacks customer_id, left_at"),
        ("customer_id,left_at\na,soon\n", r":2: .*soon"),
        ("customer_id,left_at\na,\na,\n", ":3: customer a came before"),
        ("customer_id,left_at\n ,2025-01-01\n", ":2: customer_id: ' ' is not an id"),
        ('{"customer_id": 7}\n', ":1: customer_id: 7 is not an id"),
        ('{"left_at": null}\n', ":1: 'customer_id' is missing"),
        ('{"customer_id"\n', ":1: "),
        (b"\x1f\x8bnope", "is neither text nor gzip"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(tmp_path, text, said):
    file = given(tmp_path, text)
    with pytest.raises(TruthError, match=said) as caught:
        read(file, SHANGHAI)
    assert str(caught.value).startswith(str(file))

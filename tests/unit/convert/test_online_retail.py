"""Online Retail II into events."""

from __future__ import annotations

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from stream.codec import Codec
from stream.convert import online_retail
from stream.convert.base import ConvertError, Stats, in_order
from stream.domain.business import Business

ZONE = ZoneInfo("Asia/Shanghai")
HEADER = "CustomerID,InvoiceNo,InvoiceDate,amt,qty,lines,cancel,country\n"
REAL = Path(__file__).parents[4] / "shared" / "data" / "online-retail-ii" / "baskets.csv.gz"


def converted(tmp_path: Path, rows: str, header: str = HEADER):
    file = tmp_path / "baskets.csv.gz"
    file.write_bytes(gzip.compress((header + rows).encode()))
    stats = Stats()
    return list(in_order(online_retail.lines([file], stats, zone=ZONE), stats)), stats


def test_a_purchase_is_money_out_and_a_cancelled_invoice_a_return_with_a_positive_amount(tmp_path):
    rows = "17,C2,2009-12-01 10:33:00,-196.10000000000002,-100.0,9,True,Australia\n"
    rows += "17,1,2009-12-01 07:45:00,505.3,166.0,8,False,UK\n"
    [purchase, returned], stats = converted(tmp_path, rows)
    assert purchase.topic == "transactions"
    assert purchase.key == "17"
    assert purchase.value == {
        "event_id": "online-retail-1",
        "customer_id": "17",
        "time": "2009-11-30T23:45:00Z",
        "amount": "505.30",
        "direction": "out",
        "category": "purchase",
        "quantity": 166.0,
        "unit": "item",
    }
    assert returned.value["direction"] == "in"
    assert returned.value["category"] == "return"
    assert returned.value["amount"] == "196.10"
    assert (stats.rows, stats.bad, stats.customers) == (2, [], {"17"})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",1,2009-12-01 07:45:00,5,1,1,False,UK", "CustomerID"),
        ("17,1,yesterday,5,1,1,False,UK", "InvoiceDate"),
        ("17,1,2009-12-01 07:45:00,much,1,1,False,UK", "amt"),
        ("17,1,2009-12-01 07:45:00,nan,1,1,False,UK", "amt"),
        ("17,1,2009-12-01 07:45:00,-5,1,1,False,UK", "purchase of -5"),
        ("17,1,2009-12-01 07:45:00,5,1,1,perhaps,UK", "cancel"),
        ("17,1,2009-12-01 07:45:00,5", "columns"),
        ("17,9,2009-12-01 07:45:00,5,1,1,False,UK", "came before"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_the_others_are_converted(tmp_path, row, reason):
    good = "17,9,2009-12-01 07:45:00,5,1,1,False,UK\n"
    lines, stats = converted(tmp_path, good + row + "\n" + good.replace(",9,", ",10,"))
    assert [line.value["event_id"] for line in lines] == ["online-retail-9", "online-retail-10"]
    [bad] = stats.bad
    assert (bad.file, bad.line, stats.rows) == ("baskets.csv.gz", 3, 3)
    assert reason in bad.reason


def test_another_table_is_refused_with_the_columns_expected(tmp_path):
    with pytest.raises(ConvertError, match="InvoiceNo"):
        converted(tmp_path, "", "a,b,c\n")


def test_sorting_in_runs_on_disk_gives_the_order_that_memory_gives(tmp_path):
    rows = "".join(f"{n % 7},{n},2010-01-{1 + n * 5 % 28:02d} 07:00:00,5,1,1,False,UK\n" for n in range(100))
    whole, _ = converted(tmp_path, rows)
    stats = Stats()
    lines = online_retail.lines([tmp_path / "baskets.csv.gz"], stats, zone=ZONE)
    assert list(in_order(lines, stats, spill=7)) == whole
    assert [line.timestamp for line in whole] == sorted(line.timestamp for line in whole)


@pytest.mark.data
def test_the_published_file_converts_whole_and_every_event_is_valid():
    if not REAL.exists():
        pytest.skip("needs shared/data/online-retail-ii beside the repository")
    stats = Stats()
    codec, ids, returns = Codec(Business(ZONE)), set(), 0
    for line in in_order(online_retail.lines([REAL], stats, zone=ZONE), stats):
        event = codec.decode(line.topic, line.key.encode(), orjson.dumps(line.value), line.timestamp)
        ids.add(event.event_id)
        returns += event.category == "return"
    assert (stats.rows, stats.bad, len(ids), returns, len(stats.customers)) == (44_876, [], 44_876, 7_901, 5_942)

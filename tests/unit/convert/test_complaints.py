"""FCC and CFPB complaints into events of synthetic customers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from stream.codec import Codec
from stream.convert import complaints
from stream.convert.base import ConvertError, Stats, in_order
from stream.domain.business import Business

ZONE = ZoneInfo("Asia/Shanghai")
REAL = Path(__file__).parents[4] / "shared" / "data" / "complaints"
FCC = "Ticket #,Customer Complaint,Date,Date_month_year,Time,Received Via,City,State,Zip code,Status,Filing on Behalf\n"
CFPB = (
    "Date received,Issue,Consumer complaint narrative,Submitted via,"
    "Company response to consumer,Consumer disputed?,Complaint ID\n"
)


def converted(tmp_path: Path, text: str, customers: int = 50):
    file = tmp_path / "complaints.csv"
    file.write_text("\ufeff" + text)
    stats = Stats()
    return list(in_order(complaints.lines([file], stats, zone=ZONE, customers=customers), stats)), stats


def fcc(number: int, status: str, time: str = "3:53:50 PM") -> str:
    return f"{number},Slow Internet,22-04-15,22-Apr-15,{time},Internet,Abingdon,Maryland,21009,{status},No\n"


@pytest.mark.parametrize(
    ("status", "severity", "closing"),
    [("Open", "high", None), ("Pending", "medium", None), ("Closed", "medium", False), ("Solved", "low", True)],
)
def test_an_fcc_status_gives_the_severity_and_whether_it_closes_to_satisfaction(tmp_path, status, severity, closing):
    [opened, *closed], _ = converted(tmp_path, FCC + fcc(1, status))
    assert opened.value == {
        "event_id": "fcc-1-opened",
        "customer_id": opened.key,
        "time": "2015-04-22T07:53:50Z",
        "complaint_id": "fcc-1",
        "status": "opened",
        "severity": severity,
        "subject": "Slow Internet",
        "text": "Slow Internet",
        "channel": "Internet",
    }
    ends = [(line.value["status"], line.value["satisfied"], line.timestamp - opened.timestamp) for line in closed]
    assert ends == ([] if closing is None else [("closed", closing, 30 * 86_400_000)])
    assert all(line.key == opened.key for line in closed)


def test_a_cfpb_narrative_over_several_lines_keeps_its_text_and_a_disputed_one_is_high(tmp_path):
    row = '2025-06-13,Fees,"first line\nsecond, line",Web,Closed with monetary relief,Yes,77\n'
    [opened, closed], _ = converted(tmp_path, CFPB + row)
    assert opened.value["text"] == "first line\nsecond, line"
    assert opened.value["severity"] == "high"
    assert closed.value["satisfied"] is False


def test_narratives_without_dates_come_an_hour_apart(tmp_path):
    rows = ",Product,Consumer complaint narrative\n5,Mortgage,text a\n6,Mortgage,text b\n"
    first, second = converted(tmp_path, rows)[0]
    assert second.timestamp - first.timestamp == 3_600_000
    assert (first.value["subject"], first.value["text"]) == ("Mortgage", "text a")


def test_complaints_spread_over_as_many_customers_as_asked_for(tmp_path):
    lines, stats = converted(tmp_path, FCC + "".join(fcc(n, "Open") for n in range(400)), customers=20)
    assert stats.customers == {f"customer-{n}" for n in range(20)}
    assert max(Counter(line.key for line in lines).values()) < 60


@pytest.mark.parametrize(
    ("row", "reason"),
    [(fcc(2, "Lost"), "Status"), (fcc(2, "Open", "25:00"), "time"), (fcc(1, "Open"), "came before")],
)
def test_a_bad_row_is_named_by_its_line(tmp_path, row, reason):
    lines, stats = converted(tmp_path, FCC + fcc(1, "Open") + row + fcc(3, "Open"))
    assert [line.value["complaint_id"] for line in lines] == ["fcc-1", "fcc-3"]
    [bad] = stats.bad
    assert bad.line == 3
    assert reason in bad.reason


def test_another_table_is_refused(tmp_path):
    with pytest.raises(ConvertError, match="neither an FCC nor a CFPB"):
        converted(tmp_path, "a,b\n1,2\n")


@pytest.mark.data
def test_the_published_files_convert_whole_and_every_event_is_valid():
    if not REAL.exists():
        pytest.skip("needs shared/data/complaints beside the repository")
    stats, codec = Stats(), Codec(Business(ZONE))
    files = sorted(REAL.glob("*.csv.gz"))
    statuses = Counter(
        codec.decode(line.topic, line.key.encode(), orjson.dumps(line.value), line.timestamp).status
        for line in in_order(complaints.lines(files, stats, zone=ZONE, customers=500), stats)
    )
    assert stats.bad == []
    assert statuses["opened"] == 2_224 + 3_947 + 191
    assert statuses["closed"] == 973 + 734 + 191

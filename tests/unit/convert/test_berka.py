"""Berka into events: both languages, the order within a day, owners and products."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from stream.codec import Codec
from stream.convert import berka
from stream.convert.base import ConvertError, Stats, in_order
from stream.domain.business import Business

ZONE = ZoneInfo("Asia/Shanghai")
REAL = Path(__file__).parents[4] / "shared" / "data" / "berka"
TRANS = '"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account"'
TABLES = {
    "account": '"account_id";"district_id";"frequency";"date"\n1;55;"POPLATEK MESICNE";930101\n2;55;"X";930101',
    "disp": '"disp_id";"client_id";"account_id";"type"\n7;70;1;"DISPONENT"\n8;80;1;"OWNER"',
    "card": '"card_id";"disp_id";"type";"issued"\n5;8;"gold";"930102 00:00:00"\n6;99;"gold";"930102 00:00:00"',
    "loan": '"loan_id";"account_id";"date";"amount";"duration";"payments";"status"\n3;1;930103;96396;12;8033.00;"B"',
}


def converted(tmp_path: Path, *rows: str, tables: tuple[str, ...] = ()):
    files = {"trans": "\n".join((TRANS, *rows)), **{name: TABLES[name] for name in tables}}
    for name, text in files.items():
        (tmp_path / f"{name}.asc").write_text(text + "\n")
    stats = Stats()
    sources = [tmp_path / f"{name}.asc" for name in files]
    return list(in_order(berka.lines(sources, stats, zone=ZONE), stats)), stats


def test_one_row_gives_a_transaction_and_the_balance_after_it_of_the_owner(tmp_path):
    row = '10;1;930105;"VYDAJ";"PREVOD NA UCET";2452.00;1000.50;"SIPO";YZ;87144583'
    [transaction, balance], _ = converted(tmp_path, row, tables=("disp",))
    assert transaction.topic == "transactions"
    assert transaction.value == {
        "event_id": "berka-t10",
        "customer_id": "client-80",
        "time": "1993-01-05T00:00:00Z",
        "amount": "2452.00",
        "direction": "out",
        "category": "household",
        "account_id": "account-1",
        "balance_after": "1000.50",
        "channel": "transfer",
        "counterparty": {"institution": "YZ"},
    }
    assert balance.topic == "balances"
    assert balance.key == "client-80"
    assert balance.value == {
        "event_id": "berka-b10",
        "customer_id": "client-80",
        "time": "1993-01-05T00:00:00Z",
        "account_id": "account-1",
        "balance": "1000.50",
        "kind": "current",
    }


def test_without_disp_the_account_is_the_customer(tmp_path):
    lines, stats = converted(tmp_path, '10;1;930105;"PRIJEM";"VKLAD";700.00;700.00;"";;')
    assert stats.customers == {"account-1"}
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("czech", "english", "expected"),
    [
        ("PRIJEM;VKLAD;;", "credit;credit in cash;;", ("in", "cash_deposit", "cash")),
        ("VYBER;VYBER;;", "withdrawal in cash;withdrawal in cash;;", ("out", "cash_withdrawal", "cash")),
        ("VYDAJ;VYBER KARTOU;;", "withdrawal;credit card withdrawal;;", ("out", "cash_withdrawal", "card")),
        ("PRIJEM;;UROK;", "credit;;interest credited;", ("in", "interest", None)),
        ("PRIJEM;PREVOD Z UCTU; ;AB", "credit;collection from another bank; ;AB", ("in", "transfer", "transfer")),
        (
            "PRIJEM;PREVOD Z UCTU;DUCHOD;AB",
            "credit;collection from another bank;old-age pension;AB",
            ("in", "payroll", "transfer"),
        ),
        ("VYDAJ;VYBER;SLUZBY;", "withdrawal;withdrawal in cash;payment for statement;", ("out", "fee", "cash")),
        (
            "VYDAJ;VYBER;SANKC. UROK;",
            "withdrawal;withdrawal in cash;sanction interest if negative balance;",
            ("out", "penalty_interest", "cash"),
        ),
    ],
)
def test_the_czech_and_the_english_words_mean_the_same(tmp_path, czech, english, expected):
    rows = []
    for number, words in enumerate((czech, english)):
        kind, operation, k_symbol, bank = words.split(";")
        rows.append(f"{number};1;93010{number + 1};{kind};{operation};5.00;5.00;{k_symbol};{bank};")
    lines, stats = converted(tmp_path, *rows)
    found = [line.value for line in lines if line.topic == "transactions"]
    assert stats.bad == []
    assert [(v["direction"], v["category"], v.get("channel")) for v in found] == [expected] * 2
    assert [("counterparty" in v) for v in found] == [czech.endswith("AB")] * 2


def test_rows_of_a_day_keep_the_files_order_at_distinct_times_of_that_local_day(tmp_path):
    rows = [f"{n};{n};930105;PRIJEM;VKLAD;5.00;5.00;;;" for n in (3, 1, 2)]
    lines, _ = converted(tmp_path, *rows)
    found = [line for line in lines if line.topic == "transactions"]
    assert [line.value["event_id"] for line in found] == ["berka-t3", "berka-t1", "berka-t2"]
    assert [line.value["time"] for line in found] == [f"1993-01-05T00:00:0{s}Z" for s in range(3)]


def test_rows_of_one_account_follow_the_chain_of_balances_where_the_file_does_not(tmp_path):
    rows = [
        "1;1;930104;PRIJEM;VKLAD;100.00;100.00;;;",
        "2;1;930105;VYDAJ;VYBER;30.00;120.00;;;",
        "9;2;930105;PRIJEM;VKLAD;1.00;1.00;;;",
        "3;1;930105;PRIJEM;VKLAD;50.00;150.00;;;",
        "4;1;930105;PRIJEM;;0.10;120.10;UROK;;",
    ]
    lines, _ = converted(tmp_path, *rows)
    found = [line.value for line in lines if line.topic == "balances" and line.key == "account-1"]
    assert [value["balance"] for value in found] == ["100.00", "150.00", "120.00", "120.10"]
    other = next(line.value for line in lines if line.key == "account-2")
    assert other["time"] == "1993-01-05T00:00:01Z"


def test_rows_that_do_not_chain_stay_in_file_order(tmp_path):
    rows = ["1;1;930105;PRIJEM;VKLAD;100.00;900.00;;;", "2;1;930105;VYDAJ;VYBER;30.00;20.00;;;"]
    lines, _ = converted(tmp_path, *rows)
    assert [line.value["balance"] for line in lines if line.topic == "balances"] == ["900.00", "20.00"]


def test_accounts_cards_and_loans_open_before_the_days_movements(tmp_path):
    rows = ["1;1;930101;PRIJEM;VKLAD;100.00;100.00;;;", "2;1;930110;PRIJEM;VKLAD;1.00;101.00;;;"]
    lines, stats = converted(tmp_path, *rows, tables=("account", "disp", "card", "loan"))
    assert [line.topic for line in lines[:4]] == ["customers", "service-events", "transactions", "balances"]
    assert lines[0].value["since"] == "1993-01-01"
    assert lines[0].value["branch_id"] == "district-55"
    products = [line.value["product"] for line in lines if line.topic == "service-events"]
    assert products == [
        {"product_id": "account-1", "kind": "current"},
        {"product_id": "card-5", "kind": "gold_card"},
        {"product_id": "loan-3", "kind": "loan", "amount": "96396.00", "matures_on": "1994-01-03"},
    ]
    assert stats.skipped == 1  # account 2 never moves
    assert [(bad.file, bad.line) for bad in stats.bad] == [("card.asc", 3)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2;1;930230;PRIJEM;VKLAD;5.00;5.00;;;", "date"),
        ("2;1;930105;DAR;VKLAD;5.00;5.00;;;", "type"),
        ("2;1;930105;PRIJEM;SKOK;5.00;5.00;;;", "operation"),
        ("2;1;930105;PRIJEM;VKLAD;5.00;5.00;HRA;;", "k_symbol"),
        ("2;1;930105;PRIJEM;;5.00;5.00;;;", "no operation"),
        ("2;1;930105;PRIJEM;VKLAD;five;5.00;;;", "amount"),
        ("2;1;930105;PRIJEM;VKLAD;5.00;;;;", "balance"),
        ("2;1;930105;PRIJEM;VKLAD;-5.00;5.00;;;", "below 0"),
        ("1;1;930105;PRIJEM;VKLAD;5.00;5.00;;;", "came before"),
        ("2;1;930105", "columns"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_the_others_are_converted(tmp_path, row, reason):
    lines, stats = converted(
        tmp_path, "1;1;930101;PRIJEM;VKLAD;5.00;5.00;;;", row, "3;1;930102;PRIJEM;VKLAD;5.00;10.00;;;"
    )
    assert len(lines) == 4
    [bad] = stats.bad
    assert bad.line == 3
    assert reason in bad.reason


def test_a_file_that_is_none_of_the_tables_is_refused(tmp_path):
    (tmp_path / "x.asc").write_text("a;b\n")
    with pytest.raises(ConvertError, match="none of"):
        list(berka.lines([tmp_path / "x.asc"], Stats(), zone=ZONE))


@pytest.mark.data
def test_the_published_cut_converts_whole_and_every_event_is_valid():
    if not REAL.exists():
        pytest.skip("needs shared/data/berka beside the repository")
    names = ("trans_199301_199403", "account", "client", "disp", "card", "loan", "order")
    stats, codec, ids, last = Stats(), Codec(Business(ZONE)), Counter(), {}
    opened, chained = 0, 0
    for line in in_order(berka.lines([REAL / f"{n}.asc.gz" for n in names], stats, zone=ZONE), stats):
        event = codec.decode(line.topic, line.key.encode(), orjson.dumps(line.value), line.timestamp)
        ids[line.topic, event.event_id] += 1
        if line.topic == "transactions":
            signed = event.amount if event.direction == "in" else -event.amount
            opened += 1
            chained += abs(last.get(event.account_id, 0) + signed - event.balance_after) <= 101
            last[event.account_id] = event.balance_after
    assert stats.events["transactions"] == stats.events["balances"] == 49_102
    assert stats.bad == []
    assert len(stats.customers) == 1_229
    assert max(ids.values()) == 1
    assert opened - chained == 29  # gaps of the file; in file order 12,193 do not follow from the one before


@pytest.mark.data
def test_the_english_cut_converts_whole():
    file = REAL / "trans_199504_199812_354_accounts.csv.gz"
    if not file.exists():
        pytest.skip("needs shared/data/berka beside the repository")
    stats = Stats()
    assert sum(1 for _ in in_order(berka.lines([file], stats, zone=ZONE), stats)) == 2 * stats.rows == 2 * 30_200
    assert stats.bad == []

"""Dead letters without a broker: ids, what stands in them, what may be sent again, and how they are shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from stream.cli.deadletters import shown
from stream.ops.deadletters import Filter, Letter, LetterId, Place, Receipts, letter, letter_id, since_ms
from stream.ops.printable import as_text, hex_dump, printable


def a_letter(number=0, *, key=b"c", value=b"{}", topic="transactions", offset="5", reason="not-json", **more):
    headers = {"dl_topic": topic, "dl_partition": "2", "dl_offset": offset, "dl_reason": reason, **more}
    given = tuple((name, text.encode()) for name, text in headers.items() if text is not None)
    return Letter(LetterId(2, number), 1_000 + number, key, value, given)


def a_receipt(of, place, attempt):
    headers = {
        "dl_receipt": str(of),
        "dl_topic": place.topic,
        "dl_partition": str(place.partition),
        "dl_offset": str(place.offset),
        "dl_attempt": str(attempt),
    }
    return Letter(LetterId(2, 99), 7_000, b"c", None, tuple((name, text.encode()) for name, text in headers.items()))


def test_an_id_is_read_as_it_is_printed_and_anything_else_is_refused():
    assert letter_id(str(LetterId(3, 17))) == LetterId(3, 17)
    for text in ("", "3", "3/", "/17", "-1/2", "3/17/4", "３/1x", "a/b"):
        with pytest.raises(ValueError, match="partition/offset"):
            letter_id(text)


def test_a_letter_says_where_it_came_from_unless_its_headers_are_broken():
    assert a_letter().source == Place("transactions", 2, 5)
    assert a_letter(offset="five").source is None
    assert a_letter(offset=None).source is None
    assert a_letter(reason=None).reason == "unknown"


def test_headers_of_any_bytes_are_read():
    record = SimpleNamespace(
        partition=0, offset=1, timestamp=5, key=None, value=None, headers=(("dl_reason", b"\xff\x1b[2J"), ("x", None))
    )
    assert letter(record).reason == "\\xff\x1b[2J"
    assert letter(record).topic == ""


def test_a_sound_letter_may_be_sent_again():
    assert Receipts().obstacle(a_letter(), 3) == ""


def test_what_has_a_receipt_is_never_sent_again():
    receipts = Receipts()
    receipts.take(a_receipt(LetterId(2, 0), Place("transactions", 2, 40), 1))
    assert "already" in receipts.obstacle(a_letter(0), 3)
    assert receipts.obstacle(a_letter(1), 3) == ""


def test_a_record_that_fails_again_is_recognised_by_where_it_landed_and_counted_up_to_the_most():
    receipts = Receipts()
    receipts.take(a_receipt(LetterId(2, 0), Place("transactions", 2, 40), 1))
    again = a_letter(1, offset="40")
    assert receipts.attempts(again) == 1
    assert receipts.obstacle(again, 2) == ""
    assert "after 1 attempts" in receipts.obstacle(again, 1)
    receipts.take(a_receipt(again.id, Place("transactions", 2, 50), 2))
    assert "after 2 attempts" in receipts.obstacle(a_letter(2, offset="50"), 2)


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (a_letter(value=None), "tombstone"),
        (a_letter(topic="timers", offset=None), "timers"),
        (a_letter(topic="elsewhere"), "no topic of ours"),
        (a_letter(offset="x"), "no topic of ours"),
    ],
)
def test_what_cannot_be_sent_again_says_why(of, why):
    assert why in Receipts().obstacle(of, 3)


def test_a_receipt_with_broken_headers_stops_nobody_and_is_no_letter():
    receipts = Receipts()
    broken = Letter(LetterId(0, 0), 1, None, None, (("dl_receipt", b"\xff"),))
    assert not broken.is_letter
    receipts.take(broken)
    assert receipts == Receipts()


def test_a_filter_takes_what_fits_all_of_it():
    assert Filter().takes(a_letter())
    assert Filter(frozenset({"not-json", "poison"}), "transactions", frozenset({LetterId(2, 0)})).takes(a_letter())
    assert not Filter(reasons=frozenset({"poison"})).takes(a_letter())
    assert not Filter(topic="balances").takes(a_letter())
    assert not Filter(ids=frozenset({LetterId(2, 1)})).takes(a_letter())


def test_since_is_a_span_or_a_time():
    assert since_ms("15m", 1_000_000) == 100_000
    assert since_ms("2d", 200_000_000) == 200_000_000 - 172_800_000
    assert since_ms("1970-01-01T00:01:00+00:00", 0) == 60_000
    with pytest.raises(ValueError, match="neither"):
        since_ms("yesterday", 0)


def test_a_shown_letter_has_every_header_and_its_bytes_and_cannot_steer_the_terminal():
    lines = shown(a_letter(key=b"c-1", value=b'{"a": 1}\n{"b": "\xe5\xae\xa2"}', dl_message="\x1b[31mred\x07"))
    assert "  dl_topic: transactions" in lines
    assert "  dl_message: \\x1b[31mred\\x07" in lines
    assert '  {"b": "客"}' in lines
    binary = shown(a_letter(key=None, value=bytes(range(256))))
    assert "key: none" in binary
    assert any(line.startswith("  00000010  10 11 12") for line in binary)
    assert all(line == printable(line) for line in lines + binary)


def test_text_is_told_from_binary():
    assert as_text("客户\n\t".encode()) == "客户\n\t"
    assert as_text(b"\xff\xfe") is None
    assert as_text(b"a\x1b[2J") is None


def test_a_hex_dump_has_offsets_bytes_and_what_of_them_is_ascii():
    assert list(hex_dump(b"")) == []
    assert list(hex_dump(b"0123456789abcdef\x00~")) == [
        "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
        "00000010  00 7e                                             |.~|",
    ]

"""Alerts as lines: read as an RM in a hurry would."""

from __future__ import annotations

from types import SimpleNamespace
from zoneinfo import ZoneInfo

import orjson
import pytest

from stream.cli.watch import _filter
from stream.interface.examples import ALERT
from stream.ops.watch import received, render

ZONE = ZoneInfo("Asia/Shanghai")


def arrived(body, headers=()):
    value = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
    return received(SimpleNamespace(partition=1, offset=9, timestamp=1_772_431_511_000, headers=headers, value=value))


def lines(changes=None, language="en"):
    return [text.plain for text in render(arrived({**ALERT, **(changes or {})}), language, ZONE)]


def test_a_new_warning_says_when_how_grave_what_who_why_and_what_to_do_by_when():
    assert lines() == [
        "2026-03-02 14:05  CRITICAL  new       Sudden balance drop · customer c-1001 · RM rm-12",
        ALERT["reason"]["en"],
        "→ By 2026-03-03 14:05: Call today: ask where the money is needed, and have a deposit or wealth offer ready.",
    ]


def test_in_chinese_every_word_is_chinese_and_the_columns_stand():
    assert lines(language="zh") == [
        "2026-03-02 14:05  特急      新预警    余额骤降 · 客户 c-1001 · 客户经理 rm-12",
        ALERT["reason"]["zh"],
        "→ 最迟 2026-03-03 14:05：当日致电客户，了解资金去向与原因，必要时提供存款或理财方案。",
    ]


def test_what_is_over_asks_for_nothing_and_does_not_shout():
    head, *body = render(arrived({**ALERT, "state": "resolved", "next_step": None}), "en", ZONE)
    assert "resolved" in head.plain
    assert len(body) == 1
    assert not any("red" in str(span.style) or "bold" in str(span.style) for span in head.spans)


def test_a_critical_one_stands_out_and_so_does_what_it_is_about():
    head = render(arrived(ALERT), "en", ZONE)[0]
    styles = {head.plain[span.start : span.end].strip(): str(span.style) for span in head.spans}
    assert styles["CRITICAL"] == "bold white on red"
    assert styles["Sudden balance drop · customer c-1001 · RM rm-12"] == "bold"


def test_nobody_and_other_receivers_are_named():
    head = lines({"rm_id": None, "routes": ["branch:b-3", "fraud"]})[0]
    assert head.endswith("customer c-1001 · no RM · also to fraud")


def test_states_of_the_desk_and_words_of_a_later_build_are_shown():
    assert "acknowledged" in lines({"state": "acknowledged"})[0]
    assert "invented" in lines({"state": "invented", "more": {"a": 1}})[0]


def test_a_test_alert_and_a_heartbeat_are_shown_as_what_they_are():
    test = {"state": "test", "customer_id": "test-customer", "title": {"zh": "测试预警", "en": "Test alert"}}
    assert [t.plain for t in render(arrived(test), "en", ZONE)] == [
        "2026-03-02 14:05  test      Test alert · customer test-customer"
    ]
    assert "心跳" in render(arrived({"state": "heartbeat"}), "zh", ZONE)[0].plain


@pytest.mark.parametrize("body", [None, b"", b"\xff\x00", b"[]", b'{"state": 5}'])
def test_what_is_no_alert_is_said_to_be_none(body):
    assert [t.plain for t in render(arrived(body), "en", ZONE)] == [
        "2026-03-02 14:05  not an alert: partition 1, offset 9"
    ]


def test_foreign_text_cannot_steer_the_terminal():
    shown = lines({"customer_id": "\x1b[2Jc", "reason": {"zh": "", "en": "a\x1b]0;x\x07\nb"}, "event_time": "\x1b"})
    assert "\x1b" not in "".join(shown)
    assert shown[1] == "a\\x1b]0;x\\x07\\nb"


def test_filters_take_what_fits_all_of_them():
    alert = arrived(ALERT).alert
    nothing, some = frozenset(), frozenset({"x", "critical", "balance_drop", "rm-12"})
    assert _filter(nothing, nothing, nothing)(None)
    assert _filter(some, some, some)(alert)
    assert not _filter(frozenset({"x"}), nothing, nothing)(alert)
    assert not _filter(nothing, frozenset({"low"}), nothing)(alert)
    assert not _filter(nothing, nothing, frozenset({"rm-1"}))(alert)
    assert not _filter(nothing, nothing, frozenset({"rm-1"}))(None)


def test_headers_are_read_by_name():
    assert arrived(ALERT, (("ce_id", b"4c"),)).header("ce_id") == "4c"
    assert arrived(ALERT).header("ce_id") == ""

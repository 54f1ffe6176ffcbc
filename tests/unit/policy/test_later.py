"""What is kept of a warning that nobody has been told of, and the tables that name kinds."""

from __future__ import annotations

import pytest
from support.units import T0

from stream.domain.signals import Signal
from stream.domain.state import Episode
from stream.policy import later
from stream.policy.base import PolicyError
from stream.policy.order import check_kinds


def episode(**more):
    return Episode("e", T0, T0, 0, "low", T0 + 1, **more)


def test_what_was_said_is_kept_whole_and_nothing_is_kept_of_nothing():
    held = episode()
    assert later.said(held) is None
    signal = Signal(
        "k", "high", {"seen": 7, "why_zh": "余额"}, ("e1",), {"floor": 5}, (("2025-01-01", 1.0),), ("fraud",)
    )
    later.keep(held, signal)
    assert later.said(held) == signal


def test_a_newer_signal_adds_to_what_was_so_at_first_and_says_how_grave_it_is_now():
    held = episode(memo={"a": 1}, routes=["fraud"])
    later.add(held, Signal("k", "high", {}, memo={"a": 9, "b": 2}, routes=("fraud", "win-back")))
    assert (held.memo, held.routes, held.severity) == ({"a": 1, "b": 2}, ["fraud", "win-back"], "high")


def test_a_table_that_names_a_kind_no_rule_has_is_refused_with_its_key_and_what_there_is():
    check_kinds({"b": 1}, {"a", "b"}, "policy.expire")
    with pytest.raises(PolicyError, match=r"^policy\.expire\.c: no such rule; there are a, b$"):
        check_kinds({"b": 1, "c": 2}, {"b", "a"}, "policy.expire")

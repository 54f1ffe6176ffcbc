"""What running roles log: JSON, quiet while all is well, and nobody's name in it."""

from __future__ import annotations

import json

import orjson
import pytest

ROLES = ("worker", "trainer", "desk")


def read(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_at_warning_or_above_while_all_is_well(stack, role):
    lines = read(stack.healthy[role])
    assert len(lines) > 3
    assert [line for line in lines if line["level"] not in ("debug", "info")] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_line_is_json_and_says_when_how_grave_and_who(stack, role):
    for line in read(stack.roles[role].said):
        assert {"time", "level", "role", "message", "logger"} <= set(line)
        assert line["role"] == role


def test_what_a_shard_says_has_its_number(stack):
    lines = read(stack.healthy["worker"])
    running = [line for line in lines if "running from" in str(line["message"])]
    assert {line["shard"] for line in running} == {0, 1, 2, 3}


def test_what_cannot_be_read_is_told_with_its_place(stack):
    (line,) = [one for one in read(stack.roles["worker"].said) if one["level"] == "warning"]
    assert line["message"] == "dead letters from balances: not-json"
    assert {"shard", "offset", "path", "reason", "topic", "count"} <= set(line)


@pytest.mark.parametrize("role", ROLES)
def test_no_customer_is_in_a_log(stack, role):
    said = stack.roles[role].said
    people = [orjson.loads(value) for value in stack.lines]
    words = {event[key] for event in people for key in ("customer_id", "name", "phone") if event.get(key)}
    assert len(words) > 100
    assert [word for word in words if word in said] == []

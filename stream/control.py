"""Operators' commands on `control`: what there is, checked, and what each does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
import orjson

from stream.codec import Rejected
from stream.domain.alerts import SOURCE, rfc3339
from stream.domain.events import Control, Id


class TestAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send a test alert, so that a receiver can be checked. It opens nothing and concerns no customer."""

    __test__ = False  # not a test of pytest's
    customer_id: Id = "test-customer"


class Heartbeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send one heartbeat, so that a receiver knows that silence means that there is nothing to say."""


COMMANDS: dict[str, type[Any]] = {"test_alert": TestAlert, "heartbeat": Heartbeat}


class Sender(Protocol):
    """Where commands write to."""

    async def send(self, topic: str, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Write one record and wait until it is there."""
        ...


def read(event: Control) -> Any:
    """Return the command in an event.

    Raises:
        Rejected: no such command, or arguments that are not its own.
    """
    kind = COMMANDS.get(event.command)
    if kind is None:
        raise Rejected("unknown-command", "$.command", f"{event.command!r}; there are {', '.join(sorted(COMMANDS))}")
    try:
        return msgspec.convert(event.arguments, kind)
    except msgspec.ValidationError as fault:
        raise Rejected("invalid", "$.arguments", str(fault)) from None


async def carry_out(event: Control, sender: Sender) -> None:
    """Do what an operator asked for.

    Raises:
        Rejected: see `read`.
    """
    command = read(event)
    await _DO[type(command)](event, command, sender)


async def _test_alert(event: Control, command: TestAlert, sender: Sender) -> None:
    body = {"state": "test", "customer_id": command.customer_id, "title": {"zh": "测试预警", "en": "Test alert"}}
    await _send(event, "churnwatch.alert.test.v1", command.customer_id, body, sender)


async def _heartbeat(event: Control, command: Heartbeat, sender: Sender) -> None:
    await _send(event, "churnwatch.heartbeat.v1", "heartbeat", {"state": "heartbeat"}, sender)


async def _send(event: Control, kind: str, key: str, body: dict[str, Any], sender: Sender) -> None:
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": f"control-{event.event_id}",
        "ce_source": SOURCE,
        "ce_type": kind,
        "ce_subject": key,
        "ce_time": rfc3339(event.time),
        "content-type": "application/json",
    }
    value = orjson.dumps(
        body | {"alert_id": attributes["ce_id"], "event_time": attributes["ce_time"], "actor": event.actor}
    )
    await sender.send("alerts", key.encode(), value, [(name, text.encode()) for name, text in attributes.items()])


_DO: dict[type[Any], Callable[[Control, Any, Sender], Awaitable[None]]] = {
    TestAlert: _test_alert,
    Heartbeat: _heartbeat,
}

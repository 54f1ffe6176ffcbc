"""Operators' commands on `control`: what there is, checked, and what each does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec
import orjson

from stream import model_commands as of_models
from stream.codec import Rejected
from stream.config import Settings
from stream.domain.alerts import SOURCE, rfc3339
from stream.domain.events import Control, Id
from stream.engine.assemble import business
from stream.engine.feeds.in_force import RULE, SILENCE, RuleOverride, SilenceRecord, overridden, override
from stream.policy import silences
from stream.policy.silences import SilenceError
from stream.rules.registry import RegistryError, discover
from stream.training.shelf import CHAMPION, PIN


class TestAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send a test alert, so that a receiver can be checked. It opens nothing and concerns no customer."""

    __test__ = False  # not a test of pytest's
    customer_id: Id = "test-customer"


class Heartbeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send one heartbeat, so that a receiver knows that silence means that there is nothing to say."""


class SetRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Change parameters of a rule on every worker, now: thresholds, `shadow`, `enabled`. They stay until reset."""

    rule: Id
    params: dict[str, Any]


class ResetRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Go back to the configured parameters of a rule."""

    rule: Id


class Silence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold back warnings that match everything given, from `from` (default: the command's time) to `until`."""

    until: str | int
    reason: Id
    id: Id | None = None
    from_: str | int | None = msgspec.field(name="from", default=None)
    customer: Id | None = None
    rm: Id | None = None
    branch: Id | None = None
    kind: Id | None = None
    class_: Id | None = msgspec.field(name="class", default=None)


class Unsilence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """End a silence before its time."""

    id: Id


COMMANDS: dict[str, type[Any]] = {
    "test_alert": TestAlert,
    "heartbeat": Heartbeat,
    "set_rule": SetRule,
    "reset_rule": ResetRule,
    "silence": Silence,
    "unsilence": Unsilence,
    "promote_model": of_models.PromoteModel,
    "pin_model": of_models.PinModel,
    "unpin_model": of_models.UnpinModel,
    "rollback_model": of_models.RollbackModel,
    "publish_model": of_models.PublishModel,
    "model_drift": of_models.ModelDrift,
}


class Sender(Protocol):
    """Where commands write to."""

    async def send(
        self, topic: str, key: bytes, value: bytes | None, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """Write one record and wait until it is there."""
        ...


class Table(Protocol):
    """The topic `settings` as it is read; `stream.engine.kafka.broadcast.Broadcast` is one."""

    @property
    def latest(self) -> Mapping[bytes, bytes]:
        """What is in force now."""
        ...

    async def holds(self, key: bytes, value: bytes | None) -> None:
        """Wait until the latest record of `key` is `value`; `None`: until there is none."""
        ...


class Desk:
    """What commands work with: the configuration, what is in force over it, and where they write to."""

    def __init__(self, settings: Settings, table: Table, sender: Sender, models: Table | None = None) -> None:
        """`table`, `models`: the topics `settings` and `models` as they are read; without `models` there are none."""
        self.settings = settings
        self.business = business(settings)
        self._table = table
        self._models = models
        self.sender = sender

    @property
    def models(self) -> Mapping[bytes, bytes]:
        """The snapshots there are."""
        return {} if self._models is None else self._models.latest

    @property
    def said(self) -> Mapping[bytes, bytes]:
        """Everything that is in force over the configuration."""
        return self._table.latest

    def entry(self, key: str) -> bytes | None:
        """Return a record of `settings`."""
        return self._table.latest.get(key.encode())

    async def put(self, key: str, value: Any) -> None:
        """Write a record of `settings` and see it come back, so that the next command builds on it; `None`: gone."""
        body = None if value is None else orjson.dumps(msgspec.to_builtins(value))
        await self.sender.send("settings", key.encode(), body)
        await self._table.holds(key.encode(), body)


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


def takes_away(command: Any) -> str | None:
    """Return the record of `settings` that a command takes away, if it does."""
    if isinstance(command, of_models.UnpinModel):
        return PIN
    if isinstance(command, of_models.PromoteModel) and command.name is None:
        return CHAMPION
    if isinstance(command, ResetRule):
        return RULE + command.rule
    return SILENCE + command.id if isinstance(command, Unsilence) else None


async def carry_out(event: Control, desk: Desk) -> None:
    """Do what an operator asked for.

    Raises:
        Rejected: see `read`; or it may not be put in force, with what is allowed.
    """
    command = read(event)
    await _DO[type(command)](event, command, desk)


async def _set_rule(event: Control, command: SetRule, desk: Desk) -> None:
    known = desk.entry(RULE + command.rule)
    params = {**(override(known).params if known else {}), **command.params}
    try:
        overridden(desk.settings, command.rule, params, desk.business)
    except RegistryError as fault:
        raise Rejected("invalid", "$.arguments.params", str(fault)) from None
    await desk.put(RULE + command.rule, RuleOverride(params, event.actor, event.time, event.event_id))


async def _reset_rule(event: Control, command: ResetRule, desk: Desk) -> None:
    if desk.entry(RULE + command.rule) is None:
        raise Rejected("invalid", "$.arguments.rule", f"nothing is in force over the configuration of {command.rule!r}")
    await desk.put(RULE + command.rule, None)


async def _silence(event: Control, command: Silence, desk: Desk) -> None:
    given = {name: value for name, value in msgspec.to_builtins(command).items() if value is not None}
    raw = {"id": event.event_id, "from": event.time, **given, "by": event.actor}
    try:
        silences.read(raw, discover())
    except SilenceError as fault:
        raise Rejected("invalid", "$.arguments" + str(fault).partition(":")[0].removeprefix("$"), str(fault)) from None
    await desk.put(SILENCE + raw["id"], SilenceRecord(raw, event.time, event.event_id))


async def _unsilence(event: Control, command: Unsilence, desk: Desk) -> None:
    if desk.entry(SILENCE + command.id) is None:
        raise Rejected("invalid", "$.arguments.id", f"no silence {command.id!r} is in force")
    await desk.put(SILENCE + command.id, None)


async def _test_alert(event: Control, command: TestAlert, desk: Desk) -> None:
    body = {"state": "test", "customer_id": command.customer_id, "title": {"zh": "测试预警", "en": "Test alert"}}
    await _send(event, "churnwatch.alert.test.v1", command.customer_id, body, desk.sender)


async def _heartbeat(event: Control, command: Heartbeat, desk: Desk) -> None:
    await _send(event, "churnwatch.heartbeat.v1", "heartbeat", {"state": "heartbeat"}, desk.sender)


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


_DO: dict[type[Any], Callable[[Control, Any, Desk], Awaitable[None]]] = {
    TestAlert: _test_alert,
    Heartbeat: _heartbeat,
    SetRule: _set_rule,
    ResetRule: _reset_rule,
    Silence: _silence,
    Unsilence: _unsilence,
    of_models.PromoteModel: of_models.promote,
    of_models.PinModel: of_models.pin,
    of_models.UnpinModel: of_models.unpin,
    of_models.RollbackModel: of_models.rollback,
    of_models.PublishModel: of_models.leave_to_the_trainer,
    of_models.ModelDrift: of_models.leave_to_the_trainer,
}

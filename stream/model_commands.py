"""Operators' commands about models: which version is in force, which candidate scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from models.snapshot import STACK, Snapshot
from stream.codec import Rejected
from stream.domain.events import Control, Id
from stream.training import shelf
from stream.training.shelf import CHAMPION, PIN, Champion, Pin


class PromoteModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let a candidate score from now on, whatever the trainer thinks; without a name the trainer decides again."""

    name: Id | None = None


class PinModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep a version in force, whatever is published after it."""

    version: Id


class UnpinModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let the newest version be in force again."""


class RollbackModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Go back to the version before the one in force, and keep it in force."""


class PublishModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Have the trainer publish what it knows now, without waiting for more examples. The trainer carries it out."""


class ModelDrift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the trainer saw: loss, label_rate, features (drift) or promoted. For the audit; nothing is done."""

    kind: Id
    time: int
    examples: int
    detail: dict[str, Any]


class Shelf(Protocol):
    """What these commands are checked against, and where they write to; `stream.control.Desk` is one."""

    @property
    def models(self) -> Mapping[bytes, bytes]:
        """The topic `models`."""
        ...

    @property
    def said(self) -> Mapping[bytes, bytes]:
        """The topic `settings`."""
        ...

    async def put(self, key: str, value: Any) -> None:
        """Write a record of `settings`; `None`: gone."""
        ...


async def promote(event: Control, command: PromoteModel, desk: Shelf) -> None:
    """Write `model/champion`, or take it away."""
    if command.name is None:
        if CHAMPION.encode() not in desk.said:
            raise Rejected("invalid", "$.arguments.name", "nobody was promoted: the trainer decides already")
        return await desk.put(CHAMPION, None)
    snapshot = _standing(desk)
    there = [*([STACK] if snapshot.stack else []), *snapshot.experts]
    if command.name not in there:
        why = f"snapshot {snapshot.version} has no {command.name!r}; it has {', '.join(there)}"
        raise Rejected("invalid", "$.arguments.name", why)
    return await desk.put(CHAMPION, Champion(command.name, event.actor, event.time, event.event_id))


async def pin(event: Control, command: PinModel, desk: Shelf) -> None:
    """Write `model/pin`."""
    there = [snapshot.version for snapshot in shelf.snapshots(desk.models)]
    if command.version not in there:
        why = f"no snapshot {command.version!r}; there are {', '.join(there) or 'none'}"
        raise Rejected("invalid", "$.arguments.version", why)
    await desk.put(PIN, Pin(command.version, event.actor, event.time, event.event_id))


async def unpin(event: Control, command: UnpinModel, desk: Shelf) -> None:
    """Take `model/pin` away."""
    if PIN.encode() not in desk.said:
        raise Rejected("invalid", "$.arguments", "no version is pinned")
    await desk.put(PIN, None)


async def rollback(event: Control, command: RollbackModel, desk: Shelf) -> None:
    """Pin the version before the one in force."""
    now = _standing(desk)
    before = [snapshot for snapshot in shelf.snapshots(desk.models) if snapshot.sequence < now.sequence]
    if not before:
        raise Rejected("invalid", "$.arguments", f"there is none before {now.version}")
    await desk.put(PIN, Pin(before[0].version, event.actor, event.time, event.event_id))


async def leave_to_the_trainer(event: Control, command: Any, desk: Shelf) -> None:
    """Nothing is done here: the trainer hears the command, or gave it."""


def _standing(desk: Shelf) -> Snapshot:
    snapshot = shelf.standing(desk.models, desk.said)
    if snapshot is None:
        raise Rejected("invalid", "$.arguments", "there is no snapshot yet")
    return snapshot

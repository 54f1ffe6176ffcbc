"""What is on `models`: versions by sequence, which is in force, which may go."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from models.snapshot import Snapshot, SnapshotRefused, decode

PIN, CHAMPION = "model/pin", "model/champion"
"""Keys of `settings`: the version to be used whatever is newer, and the candidate that is to score."""


class Pin(Struct, frozen=True):
    """The record of `model/pin`: the version in force, who said so, when (epoch ms), by which command."""

    version: str
    by: str = ""
    at: int = 0
    event_id: str = ""


class Champion(Struct, frozen=True):
    """The record of `model/champion`: the candidate that scores, and as for `Pin`."""

    name: str
    by: str = ""
    at: int = 0
    event_id: str = ""


class _Head(Struct):
    sequence: int


def snapshots(entries: Mapping[bytes, bytes]) -> list[Snapshot]:
    """Return the snapshots that can be read, the newest first; what cannot be is passed over."""
    found = []
    for value in entries.values():
        try:
            found.append(decode(value))
        except SnapshotRefused:
            continue
    return sorted(found, key=lambda snapshot: (-snapshot.sequence, snapshot.version))


def sequences(entries: Mapping[bytes, bytes]) -> dict[bytes, int]:
    """Return the sequence of each version, also of those of another build, as far as it can be told."""
    found = {}
    for key, value in entries.items():
        try:
            found[key] = msgspec.json.decode(value, type=_Head).sequence
        except (msgspec.MsgspecError, UnicodeDecodeError):
            found[key] = 0
    return found


def pinned(settings: Mapping[bytes, bytes]) -> str | None:
    """Return the version that an operator pinned, if any."""
    value = settings.get(PIN.encode())
    try:
        return None if value is None else msgspec.json.decode(value, type=Pin).version
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def promoted(settings: Mapping[bytes, bytes]) -> str | None:
    """Return the candidate that an operator promoted, if any."""
    value = settings.get(CHAMPION.encode())
    try:
        return None if value is None else msgspec.json.decode(value, type=Champion).name
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def standing(models: Mapping[bytes, bytes], settings: Mapping[bytes, bytes]) -> Snapshot | None:
    """Return the snapshot in force: the pinned one where it is there, otherwise the newest."""
    there = snapshots(models)
    version = pinned(settings)
    return next((one for one in there if one.version == version), there[0] if there else None)

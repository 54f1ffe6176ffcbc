"""Who owns which shard: each worker says so on `workers`, so that any of them can send a question to the owner."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from stream.config import Settings
from stream.engine.log.readable import decoded

TOPIC = "workers"
_TOKEN_FILE = "http-token"


class Entry(msgspec.Struct, frozen=True):
    """One worker: where it is reached, what it owns, and since when (epoch ms)."""

    instance: str
    url: str
    shards: list[int]
    at: int


def owner(entries: dict[bytes, bytes], shard: int) -> Entry | None:
    """Return who said last that it owns `shard`."""
    owners = [entry for entry in readable(entries) if shard in entry.shards]
    return max(owners, key=lambda entry: entry.at, default=None)


def readable(entries: dict[bytes, bytes]) -> list[Entry]:
    """Return every entry that can be read, the newest first."""
    found = []
    for value in entries.values():
        try:
            found.append(decoded(value, Entry))
        except msgspec.DecodeError:
            continue  # another build's entry: that worker cannot be asked
    return sorted(found, key=lambda entry: -entry.at)


def token(settings: Settings, *, make: bool = True) -> str:
    """Return the bearer token of the internal port: the configured one, or the one kept beside the state.

    `make`: where there is neither, make one and keep it; otherwise the answer is then empty.
    """
    configured = settings.http.token.get_secret_value()
    if configured:
        return configured
    file = Path(settings.engine.state_dir) / _TOKEN_FILE
    if not file.exists():
        if not make:
            return ""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()

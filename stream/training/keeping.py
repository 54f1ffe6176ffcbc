"""The checkpoint's file: replaced whole, for its user alone."""

from __future__ import annotations

import os
from pathlib import Path

_NAME, _NEW = "checkpoint", "checkpoint.new"


def write(folder: Path, packed: bytes) -> None:
    """Put a checkpoint in place of the one before; a crash anywhere leaves either."""
    new = folder / _NEW
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(packed)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / _NAME)
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def read(folder: Path) -> bytes | None:
    """Return the checkpoint; `None` where there is none."""
    try:
        return (folder / _NAME).read_bytes()
    except FileNotFoundError:
        return None

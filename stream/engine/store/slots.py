"""Where a worker keeps its stores: the first folder that no living process holds.

A restarted worker finds its own stores again; a second worker on the same machine, or the successor of a stalled one,
takes the next folder instead of waiting for a lock.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

_MOST = 1000


class Slot:
    """A folder held by this process until `release`, or until it ends however it ends."""

    def __init__(self, base: Path, name: str = "") -> None:
        """Take `base/name`, or without a name the first free one of `base/slot-0`, `slot-1` ...

        Raises:
            OSError: a named one is held by another process, or nothing can be created.
        """
        base.mkdir(parents=True, exist_ok=True)
        for candidate in [name] if name else [f"slot-{number}" for number in range(_MOST)]:
            held = _try(base / candidate)
            if held is not None:
                self.path, self._lock = base / candidate, held
                return
        raise OSError(f"{base / name}: another worker holds this state folder; give each its own engine.instance")

    def store(self, shard: int) -> Path:
        """Return the folder of one shard's store."""
        return self.path / f"shard-{shard}"

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._lock)


def _try(folder: Path) -> int | None:
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock

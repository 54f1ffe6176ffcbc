"""Settings of stores for tests of the desk."""

from __future__ import annotations

import shutil
from pathlib import Path

from pydantic import SecretStr

from stream.settings.desk import Database as StoreSettings


def settings_of(url: str) -> StoreSettings:
    """Return settings of a database, with a small pool and little patience: tests are short."""
    return StoreSettings(
        url=SecretStr(url), pool_size=3, pool_extra=5, pool_wait_s=5, connect_timeout_s=3, busy_timeout_s=2
    )


def sqlite_copy(template: Path, folder: Path) -> StoreSettings:
    """Return settings of a copy of a migrated file."""
    shutil.copy(template, folder / "desk.db")
    return settings_of(f"sqlite+aiosqlite:///{folder / 'desk.db'}")

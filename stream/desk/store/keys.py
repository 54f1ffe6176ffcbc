"""Where the vault's keys come from: the environment, a file, or for a database on this machine a file made once."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from stream.desk.store.vault import Vault, VaultError, new_key
from stream.settings.desk import Desk

_HEAD = "# Keys of the desk's store, newest first. Names and phone numbers are lost with them: keep a copy elsewhere.\n"


def load_vault(settings: Desk) -> Vault:
    """Return a vault with the configured keys; makes `keys` in the state directory where none is, for SQLite only.

    Raises:
        VaultError: there is no key, or one of them cannot be used. The message tells what to do and holds no key.
    """
    configured = settings.keys.values.get_secret_value()
    if configured.strip():
        return Vault([key.strip() for key in configured.split(",") if key.strip()])
    if settings.keys.file is not None:
        return Vault(_read(settings.keys.file))
    if not settings.database.embedded:
        raise VaultError("desk.keys.file or CHURNWATCH_DESK__KEYS__VALUES must hold a key (32 bytes, URL-safe base64)")
    file = settings.state_dir / "keys"
    if not file.exists():
        _make(file)
    return Vault(_read(file))


def _read(file: Path) -> list[str]:
    try:
        lines = [line.strip() for line in file.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError) as fault:
        raise VaultError(f"cannot read the keys in {file}: {getattr(fault, 'strerror', None) or 'not text'}") from None
    return [line for line in lines if line and not line.startswith("#")]


def _make(file: Path) -> None:
    """Write a key that only we can read. Of several that start at once one wins, and all read the same."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, made = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")  # mode 0600
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(f"{_HEAD}{new_key()}\n")
        out.flush()
        os.fsync(handle)
    with contextlib.suppress(FileExistsError):
        os.link(made, file)
    Path(made).unlink()

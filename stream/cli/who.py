"""Who sits at the keyboard, for what is kept about who did what."""

from __future__ import annotations


def user() -> str:
    """Return the operating system's user, or `unknown` where it has none (a bare container)."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"

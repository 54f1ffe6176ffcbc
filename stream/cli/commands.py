"""Every command by name; a module is imported only when its command is asked for, so that `--help` is quick."""

from __future__ import annotations

import typer


def build() -> typer.Typer:
    """Return the whole command line."""
    return typer.Typer(no_args_is_help=True)

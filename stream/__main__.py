"""The `churnwatch` command; wiring only."""

from __future__ import annotations

import typer

from stream.cli import commands


def main() -> None:
    """Run the command line."""
    commands.build()()


if __name__ == "__main__":
    main()

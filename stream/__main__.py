"""The `churnwatch` command; wiring only."""

from __future__ import annotations

from stream.cli import commands


def main() -> None:
    """Run the command line."""
    commands.build()()


if __name__ == "__main__":
    main()

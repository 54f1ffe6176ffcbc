"""How long work on the broker and the topics tells how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Called with what is being done: `done` of `total` steps; a `total` of 0 where none can be counted."""

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """Take one report."""


def silent(what: str, done: int = 0, total: int = 0) -> None:
    """Drop every report."""


@contextmanager
def shown() -> Iterator[Progress]:
    """Yield a `Progress` that draws one line on stderr, and draws nothing when stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def report(what: str, done: int = 0, total: int = 0) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield report

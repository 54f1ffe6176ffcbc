"""Progress of long work: on standard error, and only where a person watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

    from stream.engine.jsonl import Fault, Record

T = TypeVar("T")

Shown = Callable[[str, "Iterable[Record | Fault]"], "Iterable[Record | Fault]"]
Watch = Callable[[str, int], Callable[[int], None]]


@contextmanager
def bar() -> Iterator[Progress]:
    """Show progress with count, rate and time; hidden where standard error is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        yield shown


def counted(items: Iterable[T], what: str, total: int | None = None, every: int = 1000) -> Iterator[T]:
    """Give `items` on and count them on a progress bar."""
    with bar() as shown:
        task = shown.add_task(what, total=total, rate="")
        for count, item in enumerate(items, 1):
            if count % every == 0:
                shown.update(task, completed=count)
            yield item


@contextmanager
def reporting() -> Iterator[tuple[Shown, Watch]]:
    """Give long work two ways to show itself: lines read under a title, and records done of so many."""
    with bar() as progress:

        def shown(title: str, lines: Iterable[Record | Fault]) -> Iterator[Record | Fault]:
            task = progress.add_task(title, total=None, rate="")
            for count, line in enumerate(lines, 1):
                if count % 1000 == 0:
                    progress.update(task, completed=count)
                yield line
            progress.remove_task(task)

        def watch(title: str, total: int) -> Callable[[int], None]:
            task = progress.add_task(title, total=total, rate="")
            return lambda done: progress.update(task, completed=done)

        yield shown, watch

"""Progress of long work, on standard error: a bar where a person watches, a line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

    from stream.engine.log.jsonl import Fault, Record

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


LOG_EVERY_S = 30.0
"""Between two lines of a log about the same work."""


def logged(
    title: str, total: int | None, say: Callable[[str], object], clock: Callable[[], float] = time.monotonic
) -> Callable[[int], None]:
    """Return what takes how many are done and says so once in `LOG_EVERY_S`: a log wants no bar, but a sign of life."""
    begun = last = clock()

    def done(count: int) -> None:
        nonlocal last
        now = clock()
        if now - last < LOG_EVERY_S:
            return
        last = now
        of = f" of {total:,}" if total is not None else ""
        say(f"{title}: {count:,}{of} after {now - begun:.0f} s")

    return done


@contextmanager
def reporting() -> Iterator[tuple[Shown, Watch]]:
    """Give long work two ways to show itself: lines read under a title, and records done of so many."""
    with bar() as progress:

        def begin(title: str, total: int | None) -> tuple[Callable[[int], None], Callable[[], None]]:
            if progress.disable:
                return logged(title, total, partial(progress.console.out, highlight=False)), lambda: None
            task = progress.add_task(title, total=total, rate="")
            return lambda done: progress.update(task, completed=done), lambda: progress.remove_task(task)

        def shown(title: str, lines: Iterable[Record | Fault]) -> Iterator[Record | Fault]:
            done, end = begin(title, None)
            for count, line in enumerate(lines, 1):
                if count % 1000 == 0:
                    done(count)
                yield line
            end()

        yield shown, lambda title, total: begin(title, total)[0]

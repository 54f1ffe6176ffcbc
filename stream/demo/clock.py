"""What time it is in the town that the demo feeds: far from the wall clock's, and much faster while it is fed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from stream.demo.source import Lines
from stream.engine.log.jsonl import Fault, Line, Record

_MARK_EVERY = 20


class TownClock:
    """Epoch ms of the town, with two hands.

    `ahead`: how far the town has been told: the arrival of the newest line that the broker has, and from there on at
    the wall clock's pace. `now`: what the desk goes by; it follows when the simulated colleagues have done all that
    they do until then, so that nothing falls due before somebody had the time to answer it.
    """

    def __init__(self, begins: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`begins`: epoch ms of the first line; `monotonic`: seconds."""
        self._monotonic = monotonic
        self._newest, self._at = begins, monotonic()
        self._now = begins
        self._marks: deque[tuple[int, int]] = deque()  # lines taken so far, arrival of the last one

    def marked(self, lines: Lines) -> Iterator[Record | Fault | Line]:
        """Yield lines, and note when they arrive; another thread may take them."""
        for number, line in enumerate(lines, 1):
            if number % _MARK_EVERY == 0 and not isinstance(line, Fault):
                self._marks.append((number, line.timestamp))
            yield line

    def delivered(self, count: int) -> None:
        """Note that the broker has `count` lines."""
        while self._marks and self._marks[0][0] <= count:
            _, arrived = self._marks.popleft()
            if arrived > self.ahead():
                self._newest, self._at = arrived, self._monotonic()

    def ahead(self) -> int:
        """Return how far the town has been told."""
        return self._newest + round((self._monotonic() - self._at) * 1000)

    def now(self) -> int:
        """Return what time it is at the desk."""
        return self._now

    def move_on(self, to: int) -> None:
        """Let the desk live on until `to`."""
        self._now = max(self._now, to)


def begun(lines: Lines) -> tuple[int, Iterable[Record | Fault | Line]]:
    """Return when the first line arrives (epoch ms; 0 where there is none), and all lines."""
    rest = iter(lines)
    faults: list[Record | Fault | Line] = []
    for line in rest:
        if not isinstance(line, Fault):
            return line.timestamp, chain(faults, (line,), rest)
        faults.append(line)
    return 0, faults

"""How many alerts fall on one RM a day, and would on an RM with a book of 500."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from stream.backtest.figures import volume
from stream.backtest.history import NOBODY
from stream.backtest.report import Load, Volume

BOOK = 500

Sent = tuple[str | None, int]
"""An alert's RM (`None`: without) and local day."""


class Loads:
    """Knows the RMs' books and the days that are measured."""

    def __init__(self, books: Mapping[str, int], days: int) -> None:
        """`books`: customers by RM; `days`: how many local days are measured."""
        self._rms = len(books)
        self._days = days
        self._pool, self._sizes = _pooled(books)

    def of(self, opened: Iterable[Sent], sent: Iterable[Sent]) -> Load:
        """Return the load of these alerts."""
        first, every = list(opened), list(sent)
        return Load(self._plain(first), self._plain(every), self._scaled(first), self._scaled(every))

    def _plain(self, alerts: list[Sent]) -> Volume:
        cells = Counter((rm or NOBODY, day) for rm, day in alerts)
        return volume(list(cells.values()), max(0, self._rms * self._days - len(cells)))

    def _scaled(self, alerts: list[Sent]) -> Volume:
        cells = Counter((self._pool.get(rm or NOBODY, 0), day) for rm, day in alerts)
        scaled = [count * BOOK / self._sizes[pool] for (pool, _), count in cells.items()]
        return volume(scaled, max(0, len(self._sizes) * self._days - len(cells)))


def _pooled(books: Mapping[str, int]) -> tuple[dict[str, int], list[int]]:
    """Put books together, in order of RM, until each pool holds 500; the rest joins the last one.

    Scaling a book of 20 by 25 would make one alert twenty-five: the mean is the same, the peaks would be nonsense.
    """
    pool: dict[str, int] = {}
    sizes: list[int] = [0]
    for rm in sorted(books):
        if sizes[-1] >= BOOK:
            sizes.append(0)
        pool[rm] = len(sizes) - 1
        sizes[-1] += books[rm]
    if len(sizes) > 1 and sizes[-1] < BOOK:
        last = len(sizes) - 1
        pool = {rm: min(place, last - 1) for rm, place in pool.items()}
        rest = sizes.pop()
        sizes[-1] += rest
    return pool, [max(1, size) for size in sizes]

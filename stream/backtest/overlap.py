"""How much two kinds of warning say the same."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from stream.backtest.episodes import Episode
from stream.backtest.report import Overlap
from stream.domain.business import DAY_MS


def overlap(episodes: Iterable[Episode], days: float) -> Overlap:
    """Return, for each kind, the share of its warnings whose customer had each other kind within `days` either way."""
    span = round(days * DAY_MS)
    opened: dict[str, dict[str, list[int]]] = {}
    for episode in sorted(episodes, key=lambda e: e.opened):
        opened.setdefault(episode.kind, {}).setdefault(episode.customer, []).append(episode.opened)
    kinds = sorted(opened)
    matrix = {one: {other: _share(opened[one], opened[other], span) for other in kinds} for one in kinds}
    return Overlap(days, matrix)


def _share(one: dict[str, list[int]], other: dict[str, list[int]], span: int) -> float:
    hits = total = 0
    for customer, times in one.items():
        near = other.get(customer, [])
        total += len(times)
        hits += sum(_any_within(near, time - span, time + span) for time in times)
    return hits / total


def _any_within(times: list[int], begin: int, end: int) -> bool:
    place = bisect_left(times, begin)
    return place < len(times) and times[place] <= end

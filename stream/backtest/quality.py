"""Precision, recall and lead time of warnings against a label."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from stream.backtest.episodes import Episode
from stream.backtest.figures import spread_days
from stream.backtest.labels import Label
from stream.backtest.report import Quality, Share, share


class Warned:
    """When each customer was warned about, for one set of warnings."""

    def __init__(self, episodes: Iterable[Episode]) -> None:
        self._opened: dict[str, list[int]] = {}
        for episode in episodes:
            self._opened.setdefault(episode.customer, []).append(episode.opened)

    def first(self, customer: str, begin: int, end: int) -> int | None:
        """Return the first opening about the customer in [begin, end)."""
        return min((time for time in self._opened.get(customer, ()) if begin <= time < end), default=None)


def quality(
    measured: Iterable[Episode],
    every: Iterable[Episode],
    label: Label,
    leavers: dict[str, int],
    signed: Container[str] | None,
    explained: Callable[[Episode], bool] | None = None,
) -> Quality:
    """Return the figures.

    Args:
        measured: the warnings that opened in the measured time.
        every: those from before it too: a leaver may have been warned then.
        label: who leaves.
        leavers: who left in the measured time, and when.
        signed: the customers for whom signs were planted; `None`: not known.
        explained: whether a planted sign accounts for a warning; `None`: not known.
    """
    given = list(measured)
    early = [episode for episode in given if not label.gone(episode.customer, episode.opened)]
    judged = [(episode, label.leaves(episode.customer, episode.opened)) for episode in early]
    decided = [(episode, left) for episode, left in judged if left is not None]
    precision = share(sum(left for _, left in decided), len(decided))
    chance = label.chance(episode.opened for episode, _ in decided)
    leads = lead_times(Warned(every), leavers, label.horizon)
    lift = precision.share / chance if precision.share is not None and chance else None
    because = None if explained is None else share(sum(explained(e) for e, _ in judged), len(judged))
    return Quality(
        precision=precision,
        undecided=len(judged) - len(decided),
        late=len(given) - len(early),
        chance=chance,
        lift=lift,
        recall=share(len(leads), len(leavers)),
        recall_signed=None if signed is None else recall(leads, [c for c in leavers if c in signed]),
        explained=because,
        lead=spread_days(leads.values()),
    )


def lead_times(warned: Warned, leavers: dict[str, int], horizon: int) -> dict[str, int]:
    """Return, of the leavers warned within the horizon before they left, the ms from the first warning to that."""
    found: dict[str, int] = {}
    for customer, left in leavers.items():
        first = warned.first(customer, left - horizon, left)
        if first is not None:
            found[customer] = left - first
    return found


def recall(leads: Container[str], among: list[str]) -> Share:
    """Return how many `among` were warned in time."""
    return share(sum(customer in leads for customer in among), len(among))

"""From the ledger to the scoreboard: every candidate at every date, and how they came along month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import numpy as np

from stream.domain.alerts import rfc3339
from stream.domain.business import Business
from stream.evaluate.baselines import BASELINES
from stream.evaluate.figures import Floats, Labels, by_group, calibration, figures, gains
from stream.evaluate.ledger import Ledger, Sample
from stream.evaluate.report import Candidate, Date, Family, Month

FEWEST_A_MONTH = 100
RECENCY = "recency alone"

Champion = Callable[[int], tuple[str, str | None]]
"""Who was champion at a moment, epoch ms, and by which snapshot."""


class Board:
    """Makes the parts of the scoreboard. `budget`: share of customers that may be alerted."""

    def __init__(self, ledger: Ledger, features: list[str], business: Business, budget: float) -> None:
        """`features`: names, in the order of the rows."""
        self._ledger = ledger
        self._features = features
        self._business = business
        self._budget = budget

    def date(self, at: int, champion: str, version: str | None) -> Date | None:
        """Return the candidates at a report date; `None` where nobody was active, or no label is known."""
        sample = self._ledger.asked(at)
        if sample is None:
            return None
        known = self._ledger.known_by(at)
        candidates = {
            name: self._candidate(family, scores, sample)
            for name, family, scores in self._scored(sample, known, champion)
        }
        return Date(
            rfc3339(at), self._business.date(self._business.day(at)).isoformat(), known, version, champion, candidates
        )

    def _scored(self, sample: Sample, known: int, champion: str) -> Iterator[tuple[str, Family, Floats]]:
        for name, scores in sample.scores.items():
            yield name, "champion" if name == champion else "online", scores
        rows, labels = self._ledger.learned(known)
        if 0 < labels.sum() < len(labels):
            for name, fit in BASELINES.items():
                yield name, "batch", fit(rows, labels)(sample.rows)
        recency = sample.rows[:, self._features.index("recency")]
        spread = np.nan_to_num(recency, nan=float(np.nanmax(recency)))
        yield RECENCY, "naive", spread / max(1.0, float(spread.max()))

    def _candidate(self, family: Family, scores: Floats, sample: Sample) -> Candidate:
        labels = sample.labels
        return Candidate(
            family=family,
            figures=figures(scores, labels, self._budget),
            calibration=calibration(scores, labels),
            gains=gains(scores, labels),
            groups=by_group(scores, labels, sample.groups, self._budget),
        )

    def months(self) -> list[Month]:
        """Return how the scores that the shards made turned out, by the month of the cut-off."""
        cutoffs, known, labels, scores = self._ledger.columns()
        if not len(cutoffs):
            return []
        found = []
        for begin, end in _months(int(cutoffs.min()), int(cutoffs.max()), self._business):
            mask = (cutoffs >= begin) & (cutoffs < end)
            if mask.sum() < FEWEST_A_MONTH:
                continue
            part = labels[mask]
            ranked = {name: self._ranked(column[mask], part) for name, column in scores.items()}
            found.append(
                Month(
                    month=f"{self._business.date(self._business.day(begin)):%Y-%m}",
                    n=int(mask.sum()),
                    base_rate=float(part.mean()),
                    known=int((known < end).sum()),
                    roc_auc={name: one[0] for name, one in ranked.items()},
                    pr_auc={name: one[1] for name, one in ranked.items()},
                )
            )
        return found

    def _ranked(self, scores: Floats, labels: Labels) -> tuple[float | None, float | None]:
        there = ~np.isnan(scores)
        if there.sum() < FEWEST_A_MONTH:
            return None, None
        found = figures(scores[there], labels[there], self._budget)
        return found.roc_auc, found.pr_auc


def _months(first: int, last: int, business: Business) -> Iterator[tuple[int, int]]:
    """Yield the local calendar months from that of `first` to that of `last`, as [begin, end) in epoch ms."""
    date = business.date(business.day(first)).replace(day=1)
    while True:
        following = (date + dt.timedelta(days=32)).replace(day=1)
        begin, end = (
            round(dt.datetime.combine(d, dt.time(), business.zone).timestamp() * 1000) for d in (date, following)
        )
        if begin > last:
            return
        yield begin, end
        date = following

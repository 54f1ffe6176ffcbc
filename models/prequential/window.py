"""The sliding window in which candidates are judged side by side on the same examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.prequential import measures
from models.prequential.ring import Floats, Ring
from models.snapshot import Quality

_LABEL, _CLASS, _ARRIVAL, _FIRST = 0, 1, 2, 3
_NO_CLASS = ""


class Window:
    """What every candidate said of the last examples, and what came of them.

    A candidate that said nothing of an example (it was not there yet) is judged by the others, and compared with
    another on what both spoke of.
    """

    def __init__(self, candidates: Sequence[str], capacity: int, budget: float) -> None:
        """`capacity` in examples; `budget`: share of customers that may be alerted."""
        self.candidates = tuple(candidates)
        self._budget = budget
        self._ring = Ring(capacity, _FIRST + len(self.candidates))
        self._classes: list[str] = []  # by number

    def __len__(self) -> int:
        return len(self._ring)

    def push(self, label: int, said: Mapping[str, float], group: str = _NO_CLASS, *, at_arrival: bool = False) -> None:
        """Record one example: candidate -> probability, and the class of the customer.

        Args:
            label: 1 = churned.
            said: who said what, before anybody learned from the example.
            group: the class for which figures of its own are kept.
            at_arrival: the scores were made when the example arrived, for want of earlier ones.
        """
        if group not in self._classes:
            self._classes.append(group)
        scores = [said.get(name, np.nan) for name in self.candidates]
        self._ring.push([label, self._classes.index(group), at_arrival, *scores])

    def quality(self, candidate: str) -> Quality:
        """Return the figures of one candidate over the window."""
        return self._judge(self._spoken(candidate), candidate)

    def by_class(self, candidate: str) -> dict[str, Quality]:
        """Return the figures of one candidate within each class, without those of no class."""
        rows = self._spoken(candidate)
        return {
            name: self._judge(rows[rows[:, _CLASS] == number], candidate)
            for number, name in sorted(enumerate(self._classes), key=lambda pair: pair[1])
            if name != _NO_CLASS and (rows[:, _CLASS] == number).any()
        }

    def lead(self, challenger: str, champion: str) -> tuple[float, int] | None:
        """Return by how much PR-AUC a challenger is ahead, and on how many examples that both spoke of.

        `None`: there is nothing yet to compare by.
        """
        rows = self._spoken(challenger)
        rows = rows[~np.isnan(rows[:, self._column(champion)])]
        labels = rows[:, _LABEL]
        if len(rows) == 0 or not 0 < labels.sum() < len(rows):
            return None
        mine, theirs = (measures.pr_auc(labels, rows[:, self._column(name)]) for name in (challenger, champion))
        return mine - theirs, len(rows)

    def scores(self, candidate: str) -> Floats:
        """Return what a candidate said, the oldest first."""
        return self._spoken(candidate)[:, self._column(candidate)]

    def _column(self, candidate: str) -> int:
        return _FIRST + self.candidates.index(candidate)

    def _spoken(self, candidate: str) -> Floats:
        rows = self._ring.rows()
        return rows[~np.isnan(rows[:, self._column(candidate)])]

    def _judge(self, rows: Floats, candidate: str) -> Quality:
        late = int(rows[:, _ARRIVAL].sum())
        return measures.quality(rows[:, _LABEL], rows[:, self._column(candidate)], self._budget, late)

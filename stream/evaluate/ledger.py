"""Every example as it became known, in columns: what was learned from, and what the reports ask about."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.example import Example
from stream.evaluate.figures import Floats, Labels


@dataclass(frozen=True)
class Sample:
    """Examples side by side: `rows` (n, features) with NaN = missing, `labels` (n,), `scores` by candidate (n,)."""

    rows: Floats
    labels: Labels
    groups: Sequence[dict[str, str]]
    scores: dict[str, Floats]
    versions: frozenset[str]


class Ledger:
    """Filled in the order in which the labels became known."""

    def __init__(self, features: int) -> None:
        """`features`: how many each example has."""
        self._width = features
        self._rows = array("f")
        self._labels = array("b")
        self._cutoffs = array("q")
        self._known = array("q")
        self._scores: dict[str, array[float]] = {}
        self._asked: dict[int, list[Example]] = {}
        self.outcomes: Counter[str] = Counter()

    def add(self, example: Example) -> None:
        """Take one that the shards have sent."""
        if example.report:
            self._asked.setdefault(example.cutoff, []).append(example)
            return
        self.outcomes[example.outcome] += 1
        if not example.learn:
            return
        before = len(self._labels)
        self._rows.extend(float("nan") if value is None else value for value in example.features)
        self._labels.append(example.label)
        self._cutoffs.append(example.cutoff)
        self._known.append(example.known_at)
        for name in example.scores:
            if name not in self._scores:
                self._scores[name] = array("d", [float("nan")] * before)
        for name, column in self._scores.items():
            column.append(example.scores.get(name, float("nan")))

    def __len__(self) -> int:
        return len(self._labels)

    def known_by(self, time: int) -> int:
        """Return how many examples were known at `time`, epoch ms."""
        return int(np.searchsorted(np.frombuffer(self._known, dtype=np.int64), time, side="right"))

    def learned(self, count: int) -> tuple[Floats, Labels]:
        """Return features and labels of the first `count` examples."""
        rows = np.frombuffer(self._rows, dtype=np.float32).reshape(-1, self._width)[:count]
        return rows.astype(np.float64), np.frombuffer(self._labels, dtype=np.int8)[:count]

    def asked(self, at: int) -> Sample | None:
        """Return the customers of a report date, epoch ms; `None` where there were none."""
        examples = [example for example in self._asked.get(at, []) if example.learn]
        if not examples:
            return None
        names = sorted(set.intersection(*(set(example.scores) for example in examples)))
        rows = np.array([[np.nan if v is None else v for v in e.features] for e in examples], dtype=np.float64)
        return Sample(
            rows=rows,
            labels=np.array([example.label for example in examples], dtype=np.int8),
            groups=[example.groups for example in examples],
            scores={name: np.array([example.scores[name] for example in examples]) for name in names},
            versions=frozenset(example.version for example in examples if example.version is not None),
        )

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Labels, dict[str, Floats]]:
        """Return cut-offs, when each label was known, labels and scores of everything learned from."""
        return (
            np.frombuffer(self._cutoffs, dtype=np.int64),
            np.frombuffer(self._known, dtype=np.int64),
            np.frombuffer(self._labels, dtype=np.int8),
            {name: np.frombuffer(column, dtype=np.float64) for name, column in self._scores.items()},
        )

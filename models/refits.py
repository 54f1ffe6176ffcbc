"""Experts that are fitted as a whole: when, on what, and from which example on the new fit is heard.

A fit may take seconds, so the shell runs it beside the stream. To keep what is learned independent of how long that
took, a fit begun after example N is adopted just before example N + `grace`, and the stream waits for it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from models.experts.base import Expert, Vector
from models.experts.retained import Retained
from models.schedule import FIRST, next_refit

_GRACE = 100
_BOTH = 20


@runtime_checkable
class Refitted(Protocol):
    """An expert that learns by refits: `learn` only counts the example."""

    def fit(self, retained: Retained) -> Any:
        """Fit anew, which changes nothing of the expert itself; `None` where there is too little."""
        ...

    def adopt(self, fitted: Any) -> None:
        """Score by a fit from now on."""
        ...


class Fit(Struct):
    """A fit under way: whose, on what, when it is adopted, and its result once it is there (in a list of one)."""

    name: str
    expert: Any
    retained: Retained
    adopt_at: int
    result: list[Any] = []

    def run(self) -> Any:
        """Fit; touches nothing that learning touches, so it may run in another thread."""
        return self.expert.fit(self.retained)


class Refits:
    """All experts that are fitted as a whole: the examples that they are fitted to, and the schedule."""

    def __init__(self, experts: Mapping[str, Expert], retained: Retained, refit_every: int) -> None:
        """`retained`: what is kept, and how much at most; `refit_every` in examples."""
        self._experts = {name: expert for name, expert in experts.items() if isinstance(expert, Refitted)}
        self._every = refit_every
        self._retained = retained
        self._heard: set[str] = set()
        self._due = FIRST
        self.pending: list[Fit] = []

    def fitted(self, name: str) -> bool:
        """Tell whether an expert has something to say: an online one always has."""
        return name not in self._experts or name in self._heard

    def keep(self, x: Vector, label: int) -> None:
        """Keep one example for the fits to come; nothing where nobody is fitted."""
        if self._experts:
            self._retained.keep(x, label)

    def after(self, examples: int, both: tuple[int, int]) -> None:
        """Begin what is due, after so many examples with so many of each class."""
        if examples < self._due or min(both) < _BOTH or self.pending:
            return
        kept = self._retained.copy()
        self.pending = [Fit(name, expert, kept, examples + _GRACE) for name, expert in self._experts.items()]
        self._due = next_refit(examples, self._every, self._retained.most)

    def blocked(self, examples: int) -> list[Fit]:
        """Return the fits that must be there before the example of that number is taken."""
        return [fit for fit in self.pending if fit.adopt_at <= examples and not fit.result]

    def before(self, examples: int) -> bool:
        """Adopt what is to be heard from the example of that number on, and tell whether anything was.

        What nobody has run yet is run now.
        """
        adopted = False
        for fit in [fit for fit in self.pending if fit.adopt_at <= examples]:
            fitted = fit.result[0] if fit.result else fit.run()
            if fitted is not None:
                fit.expert.adopt(fitted)
                self._heard.add(fit.name)
                adopted = True
            self.pending.remove(fit)
        return adopted

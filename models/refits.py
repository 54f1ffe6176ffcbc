"""Experts that are fitted as a whole: when, on what, and from which example on the new fit is heard.

A fit may take seconds, so the shell runs it beside the stream. To keep what is learned independent of how long that
took, a fit begun after example N is adopted just before example N + `grace`, and the stream waits for it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from models.experts.base import Expert
from models.schedule import FIRST, next_refit

_GRACE = 500
_BOTH = 20


@runtime_checkable
class Refitted(Protocol):
    """An expert that learns by refits: `learn` only retains."""

    def prepare(self) -> Callable[[], Any]:
        """Return the fit of what is retained now, to be run anywhere, also in another thread."""
        ...

    def adopt(self, fitted: Any) -> None:
        """Score by a fit from now on."""
        ...


class Fit(Struct):
    """A fit under way: whose, what to run, when it is adopted, and its result once it is there."""

    name: str
    run: Callable[[], Any]
    adopt_at: int
    result: Any = None


class Refits:
    """The schedule of all experts that are fitted as a whole."""

    def __init__(self, experts: Mapping[str, Expert], refit_every: int, retained: int) -> None:
        """`refit_every` and `retained` in examples."""
        self._experts = {name: expert for name, expert in experts.items() if isinstance(expert, Refitted)}
        self._every = refit_every
        self._retained = retained
        self._heard: set[str] = set()
        self._due = FIRST
        self.pending: list[Fit] = []

    def fitted(self, name: str) -> bool:
        """Tell whether an expert has something to say: an online one always has."""
        return name not in self._experts or name in self._heard

    def after(self, examples: int, both: tuple[int, int]) -> None:
        """Begin what is due, after so many examples with so many of each class."""
        if examples < self._due or min(both) < _BOTH or self.pending:
            return
        self.pending = [Fit(name, expert.prepare(), examples + _GRACE) for name, expert in self._experts.items()]
        self._due = next_refit(examples, self._every, self._retained)

    def blocked(self, examples: int) -> list[Fit]:
        """Return the fits that must be there before the example of that number is taken."""
        return [fit for fit in self.pending if fit.adopt_at <= examples and fit.result is None]

    def before(self, examples: int) -> None:
        """Adopt what is to be heard from the example of that number on; what nobody has run yet is run now."""
        for fit in [fit for fit in self.pending if fit.adopt_at <= examples]:
            self._experts[fit.name].adopt(fit.run() if fit.result is None else fit.result)
            self._heard.add(fit.name)
            self.pending.remove(fit)

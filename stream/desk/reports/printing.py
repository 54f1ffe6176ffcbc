"""The month as a file to print: one HTML page that needs nothing else, no script, in either language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from stream.desk.reports.closing import HOUSE
from stream.desk.reports.retention import Change, Line
from stream.desk.reports.tally import FLOWS, STOCKS
from stream.desk.reports.touched import UNKNOWN
from stream.desk.reports.whole import Whole

_MONEY = frozenset({"deposits", "loans"})  # minor units
_COLUMNS = ("customers", "deposits", "loans", "warned", "saved", "lost", "lost_value")
Labels = Mapping[str, Mapping[str, str]]
"""Words by key and language, such as the configured loss reasons and the titles of the kinds of warning."""


@dataclass(frozen=True, slots=True)
class Printer:
    """`reasons` and `kinds`: what loss reasons and kinds of warning are called; `minor_units`: of the base currency."""

    reasons: Labels
    kinds: Labels
    minor_units: int = 2

    def month(self, found: Whole, language: str, branch: str = "") -> str:
        """Return the page; `branch`: its name for people, where it has one."""
        folder = files("stream.desk.reports") / "printed"
        words: dict[str, str] = tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))
        page = self._environment(language, words).from_string((folder / "month.html").read_text("utf-8"))
        name = words["house"] if found.branch_id == HOUSE else branch or found.branch_id
        return page.render(
            found=found, words=words, language=language, branch=name, measures=(*STOCKS, *FLOWS), columns=_COLUMNS
        )

    def _environment(self, language: str, words: Mapping[str, str]) -> Environment:
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        environment.filters |= {
            "figure": figure,
            "share": share,
            "amounts": _amounts,
            "unit": self._unit,
            "place": lambda value, _: words["unknown"] if value == UNKNOWN else value,
            "reason": lambda key: self.reasons.get(key, {}).get(language, key) if key else words["none"],
            "kind": lambda key: self.kinds.get(key, {}).get(language, key),
        }
        return environment

    def _unit(self, change: Change, measure: str) -> Change:
        """Return money in units, not minor ones."""
        if measure not in _MONEY:
            return change
        scale: int = 10**self.minor_units
        return Change(*(None if one is None else one / scale for one in (change.now, change.before)))


def figure(value: Any, digits: int = 0) -> str:
    """Write a number for people; nothing where it is not known.

    >>> figure(1234567.8), figure(-0.25, 1), figure(None)
    ('1,234,568', '-0.2', '–')
    """
    return "–" if value is None else f"{value:,.{digits}f}"


def share(value: float | None) -> str:
    """Write a share of 0 to 1 as a percentage.

    >>> share(0.256), share(None)
    ('25.6%', '–')
    """
    return "–" if value is None else f"{value:.1%}"


def _amounts(line: Line, measure: str) -> tuple[float, float]:
    change = line.figures[measure]
    return change.now or 0.0, change.before or 0.0

"""What a dashboard is made of, without Grafana's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["short", "s", "bytes", "percentunit", "ops", "dateTimeFromNow", "none"]
"""Grafana's names: a count, seconds, bytes, a share of 1, a rate a second, a time ago, as it is."""


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL and the legend of its series; `$__rate_interval` and `$__range` are Grafana's."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture.

    Attributes:
        title: what is shown.
        meaning: how to read it, and when to worry.
        queries: at least one.
        unit: of the values.
        kind: `graph` over time, one `figure`, `bars` side by side, or a `table` of labels.
        stacked: series of a graph add up.
        worry: a figure turns yellow from the first value on, red from the second.
        wide: columns of 24; 0 = the usual of its kind.
    """

    title: str
    meaning: str
    queries: tuple[Query, ...]
    unit: Unit = "short"
    kind: Literal["graph", "figure", "bars", "table"] = "graph"
    stacked: bool = False
    worry: tuple[float, float] | None = None
    wide: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader may narrow a dashboard to: a label's values, of a series that has it."""

    label: str
    series: str


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; `uid` names it for ever, links go by it."""

    uid: str
    title: str
    meaning: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    choices: tuple[Choice, ...] = field(default=())


def graph(
    title: str, meaning: str, *queries: tuple[str, str], unit: Unit = "short", stacked: bool = False, wide: int = 0
) -> Panel:
    """Return a graph over time; each query is PromQL and legend."""
    return Panel(title, meaning, tuple(Query(*query) for query in queries), unit, stacked=stacked, wide=wide)


def figure(
    title: str, meaning: str, expr: str, unit: Unit = "short", worry: tuple[float, float] | None = None
) -> Panel:
    """Return one number."""
    return Panel(title, meaning, (Query(expr),), unit, "figure", worry=worry)


def bars(title: str, meaning: str, expr: str, legend: str, unit: Unit = "short") -> Panel:
    """Return bars side by side."""
    return Panel(title, meaning, (Query(expr, legend),), unit, "bars")


def table(title: str, meaning: str, expr: str) -> Panel:
    """Return the labels of what a query finds."""
    return Panel(title, meaning, (Query(expr),), "none", "table")


def quantiles(title: str, meaning: str, series: str, by: str = "") -> Panel:
    """Return a histogram's median, 95th and 99th percentile in seconds over time, with exemplars where it has any."""
    labels = f"le, {by}" if by else "le"
    legend = f" {{{{{by}}}}}" if by else ""
    queries = [
        (f"histogram_quantile({q}, sum by ({labels}) (rate({series}_bucket[$__rate_interval])))", f"p{name}{legend}")
        for q, name in ((0.5, "50"), (0.95, "95"), (0.99, "99"))
    ]
    return graph(title, meaning, *queries, unit="s")


def rate(series: str, by: str, chosen: str = "") -> tuple[str, str]:
    """Return a counter's rate a second by a label, and the legend."""
    return f"sum by ({by}) (rate({series}{chosen}[$__rate_interval]))", f"{{{{{by}}}}}"


def hourly(series: str, by: str, chosen: str = "", *, rare: bool = False) -> tuple[str, str]:
    """Return a counter's rate an hour by one or two labels, and the legend; a `rare` one shows 0 before it begins."""
    legend = " ".join(f"{{{{{label}}}}}" for label in by.split(", "))
    return f"sum by ({by}) (rate({series}{chosen}[$__rate_interval])) * 3600" + " or vector(0)" * rare, legend


def risen(series: str, by: str = "", chosen: str = "") -> str:
    """Return how far a counter rose within what is shown."""
    return f"sum{f' by ({by})' if by else ''} (increase({series}{chosen}[$__range]))"

"""The inactivity label's own figures: at a cut-off, whom had we warned about, and who was not seen again."""

from __future__ import annotations

from collections.abc import Iterable

from stream.backtest.episodes import Episode
from stream.backtest.labels import Inactivity
from stream.backtest.report import Cutoff, CutoffRule, share
from stream.domain.alerts import rfc3339
from stream.domain.business import DAY_MS, Business

RECENT_DAYS = 30
"""A warning that opened so shortly before the cut-off counts though it has ended."""


def cutoff(label: Inactivity, episodes: Iterable[Episode], at: int, kinds: Iterable[str], units: Business) -> Cutoff:
    """Return the figures at `at`, epoch ms: everything before it is known, nothing from it on."""
    active = label.active(at)
    churned = {customer for customer in active if label.churned(customer, at)}
    standing: dict[str, set[str]] = {kind: set() for kind in kinds}
    for episode in episodes:
        if episode.opened < at and _stands(episode, at):
            standing.setdefault(episode.kind, set()).add(episode.customer)
    there = set(active)
    rules = {kind: _figures(warned & there, churned, len(active)) for kind, warned in sorted(standing.items())}
    anybody = set().union(*standing.values()) & there
    return Cutoff(
        at=rfc3339(at),
        date=units.date(units.day(at)).isoformat(),
        active=len(active),
        churned=share(len(churned), len(active)),
        rules=rules,
        overall=_figures(anybody, churned, len(active)),
    )


def _stands(episode: Episode, at: int) -> bool:
    return episode.ended is None or episode.ended >= at or episode.opened >= at - RECENT_DAYS * DAY_MS


def _figures(warned: set[str], churned: set[str], active: int) -> CutoffRule:
    hits = len(warned & churned)
    precision = share(hits, len(warned))
    base = len(churned) / active if active else 0.0
    lift = precision.share / base if precision.share is not None and base else None
    return CutoffRule(len(warned), precision, share(hits, len(churned)), lift)

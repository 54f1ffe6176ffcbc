"""All figures of one configuration's alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from stream.backtest.cost import cost
from stream.backtest.cutoffs import cutoff
from stream.backtest.episodes import Episode, episodes, epoch_ms
from stream.backtest.figures import spread_days
from stream.backtest.history import History
from stream.backtest.labels import Inactivity, Label
from stream.backtest.load import Loads, Sent
from stream.backtest.overlap import overlap
from stream.backtest.planted import Explained, Window, lookalikes, planted
from stream.backtest.quality import Warned, lead_times, quality, recall
from stream.backtest.report import Counts, Daily, RuleFigures, Run, Story
from stream.backtest.run import Outcome, RuleFacts
from stream.backtest.truth import Truth
from stream.config import Backtest
from stream.domain.business import Business

OVERLAP_DAYS = 30.0


@dataclass(frozen=True)
class Question:
    """What both configurations are asked alike."""

    history: History
    label: Label
    truth: Truth | None
    window: Window
    business: Business
    prices: Backtest
    cutoffs: tuple[int, ...] = ()
    unknown: int = 0  # customers of the truth who are not in the events

    @property
    def days(self) -> int:
        """How many local days are measured."""
        return self.business.day(self.window.until - 1) - self.business.day(self.window.since) + 1

    @property
    def leavers(self) -> dict[str, int]:
        """Who left in the measured time, and when."""
        return self.label.leavers(self.window.since, self.window.until)

    @property
    def signed(self) -> set[str] | None:
        """The customers for whom signs were planted; `None` when nobody knows."""
        if self.truth is None or not self.truth.simulated:
            return None
        return {known.customer for known in self.truth.customers.values() if known.signs}


def measure(outcome: Outcome, asked: Question) -> Run:
    """Return the figures."""
    found = episodes(outcome.alerts)
    alerts = [a for a in outcome.alerts if asked.window.holds(epoch_ms(a["event_time"]))]
    opened = [episode for episode in found if asked.window.holds(episode.opened)]
    maker = _Maker(asked, found, opened, alerts)
    rules = {name: maker.figures(name, facts) for name, facts in sorted(outcome.rules.items())}
    overall = maker.figures(None, None)
    suppressed: dict[str, dict[str, int]] = {}
    for (stage, kind), count in sorted(outcome.suppressed.items()):
        suppressed.setdefault(stage, {})[kind] = count
    truth, kinds = asked.truth, tuple(outcome.rules)
    simulated = truth is not None and truth.simulated
    return Run(
        name=outcome.name,
        overall=overall,
        rules=rules,
        suppressed=suppressed,
        overlap=overlap(opened, OVERLAP_DAYS),
        planted=planted(truth, found, asked.window) if simulated and truth else [],
        lookalikes=lookalikes(truth, found, asked.window, kinds) if simulated and truth else [],
        stories=_stories(asked, found) if truth is not None else [],
        cutoffs=[cutoff(asked.label, found, at, kinds, asked.business) for at in asked.cutoffs]
        if isinstance(asked.label, Inactivity)
        else [],
        cost=None if truth is None else cost(asked.prices, overall.counts.opened, overall.quality),
        daily=_daily(asked, opened),
        records=outcome.records,
        seconds=outcome.seconds,
    )


class _Maker:
    """Makes one rule's figures, or all rules' together."""

    def __init__(
        self, asked: Question, found: list[Episode], opened: list[Episode], alerts: list[dict[str, Any]]
    ) -> None:
        self._asked = asked
        self._found, self._opened, self._alerts = found, opened, alerts
        self._loads = Loads(asked.history.books(), asked.days)
        self._leavers, self._signed = asked.leavers, asked.signed
        self._explained = None if self._signed is None or asked.truth is None else Explained(asked.truth)

    def figures(self, kind: str | None, facts: RuleFacts | None) -> RuleFigures:
        """`kind`: `None` is all."""
        opened = [e for e in self._opened if kind in (None, e.kind)]
        every = [e for e in self._found if kind in (None, e.kind)]
        alerts = [a for a in self._alerts if kind in (None, a["kind"])]
        return RuleFigures(
            behavioural=facts.behavioural if facts else None,
            shadow=facts.shadow if facts else False,
            counts=_counts(alerts),
            load=self._loads.of(self._sent(alerts, ("opened",)), self._sent(alerts, None)),
            quality=quality(opened, every, self._asked.label, self._leavers, self._signed, self._explained),
            open_days=spread_days(e.ended - e.opened for e in opened if e.ended is not None),
        )

    def _sent(self, alerts: Iterable[dict[str, Any]], states: tuple[str, ...] | None) -> Iterator[Sent]:
        business = self._asked.business
        for alert in alerts:
            if states is None or alert["state"] in states:
                yield alert["rm_id"], business.day(epoch_ms(alert["event_time"]))


def _counts(alerts: list[dict[str, Any]]) -> Counts:
    states = Counter(alert["state"] for alert in alerts)
    return Counts(
        opened=states["opened"],
        updated=states["updated"],
        resolved=states["resolved"],
        expired=states["expired"],
        closed=states["closed"],
        customers=len({alert["customer_id"] for alert in alerts if alert["state"] == "opened"}),
    )


def _stories(asked: Question, found: list[Episode]) -> list[Story]:
    assert asked.truth is not None
    leavers = asked.leavers
    leads = lead_times(Warned(found), leavers, asked.label.horizon)
    by_why: dict[str, list[str]] = {}
    for customer in leavers:
        why = asked.truth.customers[customer].why
        if why is not None:
            by_why.setdefault(why, []).append(customer)
    return [Story(why, recall(leads, among)) for why, among in sorted(by_why.items())]


def _daily(asked: Question, opened: list[Episode]) -> Daily:
    business = asked.business
    first = business.day(asked.window.since)
    counts: dict[str, list[int]] = {}
    for episode in opened:
        counts.setdefault(episode.kind, [0] * asked.days)[business.day(episode.opened) - first] += 1
    days = [business.date(first + n).isoformat() for n in range(asked.days)]
    return Daily(days, dict(sorted(counts.items())))

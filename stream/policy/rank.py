"""How much a warning matters beside the others, with the figures behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stream.domain.alerts import PRIORITY, Rank
from stream.domain.business import Business
from stream.domain.events import Severity
from stream.domain.state import State
from stream.domain.worth import worth
from stream.policy.base import Moment
from stream.rules.base import Rule

_URGENCY: Mapping[Severity, float] = {"critical": 1.0, "high": 0.7, "medium": 0.4, "low": 0.2}
_YOUNG_DAYS = 7
"""Days after which a new customer's value is counted first."""


@dataclass(frozen=True)
class Ranking:
    """Points = value at risk x likelihood x urgency x the class's weight: base currency units a year, weighted.

    Urgency is the severity's share, halved at most as the next step has more time: x (1 + 24 / (24 + hours)) / 2.
    """

    margin: float = 0.02  # what a year's assets earn, as a share
    unknown_value: float = 100  # base units, where neither revenue nor assets are known
    severity: Mapping[Severity, float] = field(default_factory=lambda: dict(_URGENCY))
    top_up: int = 1  # steps of priority for the top fifth

    def rank(self, rule: Rule[Any], state: State, severity: Severity, hours: int, moment: Moment) -> Rank:
        """Return the figures of one warning; `hours`: in which its next step is due."""
        business = rule.business
        today = business.day(moment.time)
        value, basis = worth(state, today, business, self.margin)
        units = self.unknown_value if basis == "unknown" else business.major(value)
        likelihood, said_by = rule.params.likelihood, "rule"
        if state.score is not None and (rule.behavioural or state.score.value > likelihood):
            # the model knows the customer, the rule an average; but a fact is not talked down by last week's score
            likelihood, said_by = state.score.value, "model"
        urgency = self.severity[severity] * (1 + 24 / (24 + hours)) / 2
        class_ = business.classes.of(state, today)
        line = moment.world.top_value.value()
        return Rank(
            value=round(units, 2),
            value_basis=basis,
            likelihood=round(likelihood, 4),
            likelihood_basis="model" if said_by == "model" else "rule",
            urgency=round(urgency, 4),
            class_=class_.name,
            weight=class_.weight,
            top_fifth=line is not None and basis != "unknown" and value >= line,
            points=round(units * likelihood * urgency * class_.weight, 2),
        )

    def priority(self, severity: Severity, rank: Rank) -> int:
        """Return 1 (first) to 4: by severity, and those of high value before their peers."""
        return max(1, PRIORITY[severity] - (self.top_up if rank.top_fifth else 0))

    def learn(self, state: State, last: int, today: int, business: Business, moment: Moment) -> None:
        """Count what the customer is worth among all, once a month, and once when they have been here a week.

        `last`, `today`: the business day of their newest event before and now. Who is silent is not counted.
        """
        young = last < business.day(state.first_seen) + _YOUNG_DAYS <= today
        if not (young or business.month(today) != business.month(last)) or not moment.teaches:
            return
        value, basis = worth(state, today, business, self.margin)
        if basis != "unknown":
            moment.world.learn_worth(value)

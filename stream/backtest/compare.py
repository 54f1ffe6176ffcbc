"""The second configuration less the first."""

from __future__ import annotations

from stream.backtest.report import Difference, RuleDifference, RuleFigures, Run


def difference(first: Run, second: Run) -> Difference:
    """Return what the second configuration changes; a rule that only one has counts as silent in the other."""
    names = sorted(set(first.rules) | set(second.rules))
    one, other = first.cost, second.cost
    return Difference(
        first=first.name,
        second=second.name,
        overall=_between(first.overall, second.overall),
        rules={name: _rule(first.rules.get(name), second.rules.get(name)) for name in names},
        opened_500_mean=second.overall.load.opened_500.mean - first.overall.load.opened_500.mean,
        cost_total=other.total - one.total if one and other else None,
        cost_saved=other.saved - one.saved if one and other else None,
    )


def _rule(one: RuleFigures | None, other: RuleFigures | None) -> RuleDifference:
    if one is not None and other is not None:
        return _between(one, other)
    opened = other.counts.opened if other else -one.counts.opened if one else 0
    return RuleDifference(opened, None, None, None)


def _between(one: RuleFigures, other: RuleFigures) -> RuleDifference:
    before, after = one.quality, other.quality
    return RuleDifference(
        opened=other.counts.opened - one.counts.opened,
        precision=_less(after.precision.share, before.precision.share),
        recall=_less(after.recall.share, before.recall.share),
        lead_median=_less(after.lead.median, before.lead.median),
    )


def _less(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before

"""Reports as rows for a file: first the names of the columns, which `web` says in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stream.desk.reports.alarms import AlarmLine
from stream.desk.reports.outcomes import Outcomes
from stream.desk.reports.relations import Relations
from stream.desk.reports.response import Response
from stream.desk.reports.retention import Retention
from stream.desk.reports.tally import FLOWS, STOCKS
from stream.desk.reports.workload import Workload

Rows = Iterator[Sequence[object]]


def of_lines(kind: type[Workload | Response | Relations], lines: Iterable[Workload | Response | Relations]) -> Rows:
    """Return a line a row, its fields as columns."""
    names = kind.__struct_fields__
    yield names
    for line in lines:
        yield [getattr(line, name) for name in names]


def of_alarms(lines: Iterable[AlarmLine]) -> Rows:
    """Return kinds with their share of false alarms."""
    yield "kind", "opened", "judged", "false_alarms", "share"
    for line in lines:
        yield line.kind, line.opened, line.judged, line.false_alarms, line.share


def of_outcomes(found: Outcomes) -> Rows:
    """Return the reasons for which customers were lost, by who says so."""
    yield "reason", "customer", "rm", "unsaid", "total"
    for line in found.reasons:
        yield line.reason, line.customer, line.rm, line.unsaid, line.total


def of_retention(found: Retention) -> Rows:
    """Return a figure a row: of which class, segment, industry or product, this month, the month before, the change."""
    yield "dimension", "value", "measure", found.month, found.before, "difference", "share"
    for line in found.lines:
        for measure in (*STOCKS, *FLOWS):
            change = line.figures[measure]
            yield line.dimension, line.value, measure, change.now, change.before, change.difference, change.share
        kept = line.retained
        yield line.dimension, line.value, "retained", kept.now, kept.before, kept.difference, kept.share


def of_lost(found: Retention) -> Rows:
    """Return the customers who were lost."""
    yield "customer_id", "class", "segment", "value", "loss_reason", "reason_source", "rm_id", "key"
    for one in found.lost:
        yield (
            one.customer_id,
            one.class_,
            one.segment,
            one.value,
            one.loss_reason,
            one.reason_source,
            one.rm_id,
            one.key,
        )

"""The scoreboard as tables of words."""

from __future__ import annotations

from stream.evaluate.report import Date, Figures, Scoreboard
from stream.reporting.table import Facts, Table
from stream.reporting.words import number, percent

_ORDER = {"champion": 0, "online": 1, "batch": 2, "naive": 3}
_MOST = 12


def facts(board: Scoreboard) -> Facts:
    """Return what was measured against what, a name and a sentence each."""
    given, label, cost = board.input, board.label, board.cost
    outcomes = ", ".join(f"{name} {count:,}" for name, count in sorted(label.outcomes.items(), key=lambda o: -o[1]))
    seconds = ", ".join(f"{name} {value:,.1f} s" for name, value in cost.seconds.items())
    return [
        ("events", f"{given.file}: {given.records:,} of {given.customers:,} customers, {given.first} to {given.last}"),
        (
            "label",
            f"known {label.horizon_days:g} days after the cut-off, of customers active in the "
            f"{label.active_within_days:g} days before it; a cut-off every {label.cutoff_every}",
        ),
        ("examples", f"{sum(label.outcomes.values()):,}: {outcomes or 'none'}"),
        ("features", f"{len(board.features)}, set {board.feature_set}"),
        (
            "took",
            f"{seconds}; learning {cost.learn_us:,.0f} us an example; {cost.snapshots:,} snapshots, "
            f"the last of {cost.snapshot_bytes:,} bytes",
        ),
    ]


def candidates(date: Date) -> Table:
    """One line a model."""
    ordered = sorted(date.candidates.items(), key=lambda item: (_ORDER[item[1].family], item[0]))
    rows = [(name, one.family, *_line(one.figures)) for name, one in ordered]
    first = next(iter(date.candidates.values())).figures
    title = f"{date.date}: {first.n:,} customers, {percent(first.base_rate)} of them churned"
    columns = (
        "model",
        "",
        "ROC-AUC",
        "PR-AUC",
        "lift",
        "recall",
        "precision",
        "calibration error",
        "Brier",
        "log loss",
    )
    note = (
        f"from {date.examples:,} examples known by then; lift: of the tenth with the highest scores; recall and "
        "precision: of those within the alert budget; calibration: its expected error; batch: fitted in one go on the "
        "same examples"
    )
    return Table(title, columns, rows, note, (0, 1))


def _line(figures: Figures) -> tuple[str, ...]:
    return (
        number(figures.roc_auc, 3),
        number(figures.pr_auc, 3),
        number(figures.lift, 2),
        percent(figures.recall),
        percent(figures.precision),
        number(figures.calibration_error, 3),
        number(figures.brier, 3),
        number(figures.log_loss, 3),
    )


def groups(date: Date) -> Table:
    """One line a part of the customers, by the champion."""
    champion = date.candidates[date.champion]
    rows = [
        (by, which, f"{one.n:,}", percent(one.base_rate), *(number(v, 3) for v in _three(one)))
        for by, parts in champion.groups.items()
        for which, one in sorted(parts.items(), key=lambda item: -item[1].n)[:_MOST]
    ]
    columns = ("by", "which", "customers", "churned", "ROC-AUC", "PR-AUC", "calibration error")
    return Table(f"{date.date}: the champion ({date.champion}), by part", columns, rows, "parts of 30 and more", (0, 1))


def _three(figures: Figures) -> tuple[float | None, ...]:
    return figures.roc_auc, figures.pr_auc, figures.calibration_error


def learning(board: Scoreboard) -> Table:
    """One line a month, PR-AUC by candidate."""
    names = sorted({name for month in board.learning for name in month.pr_auc})
    rows = [
        (
            month.month,
            f"{month.n:,}",
            percent(month.base_rate),
            f"{month.known:,}",
            *(number(month.pr_auc.get(name), 3) for name in names),
        )
        for month in board.learning
    ]
    note = "PR-AUC of the scores made at that month's cut-offs, by the snapshot in force then"
    return Table("Learning", ("cut-offs of", "n", "churned", "known by then", *names), rows, note)


def drift(board: Scoreboard) -> Table:
    """One line a change that the trainer noticed."""
    return Table("Drift", ("at", "kind", "what"), [(d.at, d.kind, d.what) for d in board.drift], text=(0, 1, 2))


def all_tables(board: Scoreboard) -> list[Table]:
    """Return every table, dates first."""
    dates = [table for date in board.dates for table in (candidates(date), groups(date))]
    return [table for table in (*dates, learning(board), drift(board)) if table.rows]

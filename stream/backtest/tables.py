"""The report as tables of words: the same on the terminal and on the page."""

from __future__ import annotations

from stream.backtest.report import CutoffRule, Report, RuleFigures, Run
from stream.backtest.words import counted, quartiles
from stream.reporting.table import Table
from stream.reporting.words import number, percent, signed


def facts(report: Report) -> list[tuple[str, str]]:
    """Return what was measured against what, a name and a sentence each."""
    given, label, scope = report.input, report.label, report.scope
    horizon = f"{label.horizon_days:g} days"
    truth = {
        "simulator": f"{label.file}: {label.leavers:,} of {label.known:,} left, "
        f"{label.leavers_signed or 0:,} of them with signs",
        "left_at": f"{label.file}: {label.leavers:,} left, {label.known:,} are in it",
        "inactivity": f"nothing of the customer's own for {horizon}; {label.known:,} customers ever did anything",
    }[label.kind]
    found = [
        ("events", f"{given.file}: {given.records:,} of {given.customers:,} customers of {given.rms:,} RMs"),
        ("time", f"{given.first} to {given.last}, {given.days:,} days"),
        ("measured", f"{scope.since} to {scope.until}, {scope.days:,} days"),
        ("truth", truth),
        ("right is", f"who leaves within {horizon} after the warning"),
    ]
    if label.unknown_customers:
        found.append(("note", f"{label.unknown_customers:,} customers of the truth are not in the events"))
    if scope.with_shadow:
        found.append(("note", "rules in shadow are measured as if they were live"))
    return found


def rules(run: Run) -> Table:
    """One line a rule: volume, precision, recall, lead."""
    spoke = {name: figures for name, figures in run.rules.items() if figures.counts.opened}
    rows = [_rule(name, figures) for name, figures in (*spoke.items(), ("all", run.overall))]
    silent = ", ".join(name for name in run.rules if name not in spoke)
    note = (f"silent: {silent}. " if silent else "") + (
        "late: as the customer left; precision: of the others old enough to judge, those whose customer left within "
        "the horizon; lift: over "
        "warnings about anybody; by a sign: a planted sign accounts for it; recall: of the leavers, those warned in "
        "time; lead: from first warning to leaving, median and quartiles"
    )
    columns = ("rule", "opened", "per 500, day", "late", "precision", "lift", "by a sign", "recall", "lead, days")
    return Table("Rules", columns, rows, note)


def _rule(name: str, figures: RuleFigures) -> tuple[str, ...]:
    right = figures.quality
    return (
        f"{name} (shadow)" if figures.shadow else name,
        f"{figures.counts.opened:,}",
        number(figures.load.opened_500.mean, 2),
        f"{right.late:,}",
        counted(right.precision),
        number(right.lift),
        counted(right.explained),
        counted(right.recall),
        quartiles(right.lead),
    )


def endings(run: Run) -> Table:
    """One line a rule: how its warnings went on."""
    rows = []
    for name, figures in [*run.rules.items(), ("all", run.overall)]:
        c = figures.counts
        if not any((c.opened, c.updated, c.resolved, c.expired, c.closed)):
            continue
        states = (c.opened, c.updated, c.resolved, c.expired, c.closed)
        rows.append((name, *(f"{count:,}" for count in states), quartiles(figures.open_days)))
    columns = ("rule", "opened", "updated", "resolved", "expired", "closed", "days open (quartiles)")
    return Table("How warnings went on", columns, rows, "closed: the customer left while it was open")


def load(run: Run) -> Table:
    """What falls on an RM a day."""
    figures = run.overall.load
    kinds = (
        ("new warnings, per RM as they are", figures.opened),
        ("all alerts, per RM as they are", figures.sent),
        ("new warnings, RM of 500 customers", figures.opened_500),
        ("all alerts, RM of 500 customers", figures.sent_500),
    )
    rows = [(name, number(v.mean, 2), number(v.p95, 1), number(v.max, 1)) for name, v in kinds]
    return Table("Load of an RM a day", ("", "mean", "95 %", "max"), rows)


def planted(run: Run) -> Table:
    """The simulator's signs."""
    rows = [
        (
            line.kind,
            line.group,
            counted(line.found),
            quartiles(line.delay),
            ", ".join(f"{kind} {count:,}" for kind, count in line.by.items()) or "none of " + ", ".join(line.matching),
        )
        for line in run.planted
    ]
    return Table("Signs planted", ("sign", "group", "found", "delay, days", "by"), rows, text=(0, 1, 4))


def lookalikes(run: Run) -> Table:
    """What only looks like a sign."""
    rows = [
        (
            line.kind,
            "a warning that resolves" if line.expected else "silence",
            counted(line.fired),
            f"{line.resolved:,}",
            ", ".join(f"{kind} {count:,}" for kind, count in line.by.items()),
        )
        for line in run.lookalikes
    ]
    return Table("Lookalikes", ("lookalike", "wanted", "fired", "resolved", "by"), rows, text=(0, 1, 4))


def stories(run: Run) -> Table:
    """Leavers by why."""
    rows = [(story.why, counted(story.recall)) for story in run.stories]
    return Table("Leavers warned, by why they left", ("why", "warned in time"), rows)


def cutoffs(run: Run) -> Table:
    """The inactivity label's dates."""
    rows: list[tuple[str, ...]] = []
    for cut in run.cutoffs:
        rows.append((cut.date, f"active {cut.active:,}", "", f"inactive after: {counted(cut.churned)}", "", ""))
        lines = [*((name, one) for name, one in cut.rules.items() if one.warned), ("all", cut.overall)]
        rows.extend(("", name, *_cutoff(one)) for name, one in lines)
    columns = ("cut-off", "rule", "warned", "precision", "recall", "lift")
    note = "warned: open at the cut-off, or opened in the 30 days before it"
    return Table("At cut-offs", columns, rows, note, (0, 1))


def _cutoff(one: CutoffRule) -> tuple[str, ...]:
    return f"{one.warned:,}", counted(one.precision), counted(one.recall), number(one.lift, 2)


def suppressed(run: Run) -> Table:
    """What the policy held back."""
    kinds = sorted({kind for by in run.suppressed.values() for kind in by})
    stages = list(run.suppressed)
    rows = [(kind, *(f"{run.suppressed[stage].get(kind, 0):,}" for stage in stages)) for kind in kinds]
    note = "times that a stage held a warning back, over the whole input; dedup: the warning is open already"
    return Table("Held back by the policy", ("rule", *stages), rows, note)


def overlap(run: Run) -> Table:
    """Which kinds say the same; only pairs of 5 % or more."""
    rows = []
    for one, others in run.overlap.matrix.items():
        near = sorted(((s, other) for other, s in others.items() if other != one and s >= 0.05), reverse=True)
        if near:
            rows.append((one, ", ".join(f"{other} {percent(s)}" for s, other in near)))
    note = f"of the warnings of a kind, how many had one of the other kind within {run.overlap.days:g} days"
    return Table("Overlap", ("rule", "also"), rows, note, (0, 1))


def costs(runs: list[Run]) -> Table:
    """What each configuration costs."""
    rows = [
        (
            run.name,
            *(number(v, 0) for v in (c.without, c.lost, c.contacts, c.annoyance, c.total)),
            signed(c.saved),
        )
        for run in runs
        if (c := run.cost) is not None
    ]
    columns = ("configuration", "without warnings", "lost", "contacts", "annoyance", "total", "saved")
    return Table("Cost, base currency", columns, rows, "by the prices of [backtest] in the first configuration")


def differences(report: Report) -> Table:
    """The second configuration less the first."""
    found = report.difference
    if found is None:
        return Table("Difference", (), [])
    lines = [*found.rules.items(), ("all", found.overall)]
    rows = [
        (
            name,
            signed(one.opened),
            signed(one.precision, 1, 100, " points"),
            signed(one.recall, 1, 100, " points"),
            signed(one.lead_median, 1, 1, " days"),
        )
        for name, one in lines
    ]
    note = (
        f"per 500 customers and day {signed(found.opened_500_mean, 2)} new warnings; saved {signed(found.cost_saved)}"
    )
    title = f"{found.second} less {found.first}"
    return Table(title, ("rule", "opened", "precision", "recall", "median lead"), rows, note)


def of_run(run: Run) -> list[Table]:
    """Return a configuration's tables that have something to say, in order."""
    makers = (rules, load, planted, lookalikes, stories, cutoffs, endings, suppressed, overlap)
    return [table for table in (make(run) for make in makers) if table.rows]

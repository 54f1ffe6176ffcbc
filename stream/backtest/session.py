"""From a file, a truth and one or two configurations to the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from stream.backtest.compare import difference
from stream.backtest.history import NOBODY, History
from stream.backtest.labels import Inactivity, Label, LeftAt
from stream.backtest.measure import Question, measure
from stream.backtest.planted import Window
from stream.backtest.report import SCHEMA, Input, Report, Run, Scope
from stream.backtest.report import Label as LabelFigures
from stream.backtest.run import Backtest, Outcome, names
from stream.backtest.truth import Truth, read
from stream.config import Settings, load
from stream.domain.alerts import rfc3339
from stream.domain.business import DAY_MS, Business
from stream.engine import assemble
from stream.engine.log.jsonl import Fault, Record, read_lines

INACTIVITY = "inactivity"

Lines = Iterable[Record | Fault]
Shown = Callable[[str, Lines], Lines]
"""Shows that lines are being read, under a title."""
Watch = Callable[[str, int], Callable[[int], None]]
"""Begins to show work on so many records under a title, and returns what takes how many are done."""


class BacktestError(ValueError):
    """The back-test cannot be run as asked; the message says why."""


@dataclass(frozen=True)
class Options:
    """What is asked. Spans in days; moments epoch ms; `None` = as far as the events go, or the configured one."""

    source: Path
    truth: str
    configs: tuple[Path | None, ...] = (None,)
    horizon: float | None = None
    active_within: float = 180
    at: tuple[int, ...] = ()
    since: int | None = None
    until: int | None = None
    history: float = 0
    with_shadow: bool = False


@dataclass(frozen=True)
class Result:
    """The report, and what the analyst's own tools may want: each configuration's alerts, and the label."""

    report: Report
    outcomes: list[Outcome]
    history: History
    label: Label


def backtest(options: Options, shown: Shown, watch: Watch) -> Result:
    """Replay the file with each configuration and measure what came of it.

    Raises:
        BacktestError: the input has no events, or a date makes no sense.
        TruthError: the truth file cannot be used.
        ConfigError, RegistryError: a configuration cannot be used.
        OSError: a file cannot be read.
    """
    settings = [load(config) for config in options.configs]
    labels = names(list(options.configs))
    first = settings[0]
    business = assemble.business(first)
    inactive = options.truth == INACTIVITY
    truth = None if inactive else read(Path(options.truth), business.zone)
    history = History(business.passive_categories, activity=inactive)
    outcomes: list[Outcome] = []
    for number, (name, setting) in enumerate(zip(labels, settings, strict=True)):
        run = Backtest(name, setting, with_shadow=options.with_shadow)
        lines: Lines = read_lines(options.source)
        loaded = run.load(shown(f"reading for {name}", history.tap(lines) if number == 0 else lines))
        outcomes.append(run.run(watch(f"replaying {name}", loaded)))
        if history.first is None:
            raise BacktestError(f"{options.source}: holds no event that could be read")
    asked = _question(options, first, history, truth, business)
    runs = [measure(outcome, asked) for outcome in outcomes]
    report = _report(options, asked, runs)
    return Result(report, outcomes, history, asked.label)


def _question(options: Options, settings: Settings, history: History, truth: Truth | None, units: Business) -> Question:
    assert history.first is not None and history.last is not None
    horizon = options.horizon or settings.backtest.horizon_days
    since = max(history.first, options.since) if options.since is not None else history.first
    until = min(history.last + 1, options.until) if options.until is not None else history.last + 1
    if since >= until:
        raise BacktestError(
            f"nothing lies between --since and --until: events go from {rfc3339(history.first)} "
            f"to {rfc3339(history.last)}"
        )
    label: Label
    cutoffs: tuple[int, ...] = ()
    unknown = 0
    if truth is not None:  # whom we never saw nobody could have warned about
        there = {customer: known for customer, known in truth.customers.items() if customer in history.seen}
        unknown = len(truth.customers) - len(there)
        truth = replace(truth, customers=there)
    if truth is None:
        label = Inactivity(history, horizon, options.active_within)
        cutoffs = _cutoffs(options, history, horizon, units)
    else:
        label = LeftAt(truth, history, horizon)
    window = Window(since, until, history.last, round(options.history * DAY_MS), history.seen)
    return Question(history, label, truth, window, units, settings.backtest, cutoffs, unknown)


def _cutoffs(options: Options, history: History, horizon: float, units: Business) -> tuple[int, ...]:
    """Return those asked for, else the first of every month that can be judged."""
    assert history.first is not None and history.last is not None
    latest = history.last - round(horizon * DAY_MS)
    for at in options.at:
        if at > latest:
            raise BacktestError(
                f"--at {rfc3339(at)}: what happens in the {horizon:g} days after it is not all in the events, "
                f"which end at {rfc3339(history.last)}"
            )
        if at <= history.first:
            raise BacktestError(f"--at {rfc3339(at)}: the events begin only at {rfc3339(history.first)}")
    if options.at:
        return tuple(sorted(set(options.at)))
    earliest = units.day(history.first + round(options.active_within * DAY_MS))
    days = range(earliest, units.day(latest) + 1)
    starts = [units.day_start(day) for day in days if units.date(day).day == 1]
    return tuple(start for start in starts if start <= latest)


def _report(options: Options, asked: Question, runs: Sequence[Run]) -> Report:
    return Report(
        schema=SCHEMA,
        input=_input(options, asked),
        label=_label(options, asked),
        scope=Scope(
            since=rfc3339(asked.window.since),
            until=rfc3339(asked.window.until),
            days=asked.days,
            history_days=options.history,
            with_shadow=options.with_shadow,
        ),
        runs=list(runs),
        difference=difference(runs[0], runs[1]) if len(runs) == 2 else None,
    )


def _input(options: Options, asked: Question) -> Input:
    history, business = asked.history, asked.business
    assert history.first is not None and history.last is not None
    return Input(
        file=str(options.source),
        records=history.records,
        customers=len(history.seen),
        rms=len(set(history.books()) - {NOBODY}),
        first=rfc3339(history.first),
        last=rfc3339(history.last),
        days=business.day(history.last) - business.day(history.first) + 1,
    )


def _label(options: Options, asked: Question) -> LabelFigures:
    truth, leavers, signed = asked.truth, asked.leavers, asked.signed
    customers = truth.customers if truth else {}
    return LabelFigures(
        kind="inactivity" if truth is None else "simulator" if truth.simulated else "left_at",
        file=truth.file if truth else None,
        horizon_days=asked.label.horizon / DAY_MS,
        active_within_days=options.active_within if truth is None else None,
        known=len(customers) if truth else len(asked.history.acts),
        leavers=len(leavers),
        leavers_signed=None if signed is None else len(signed & leavers.keys()),
        unknown_customers=asked.unknown,
    )


def zone_of(config: Path | None) -> ZoneInfo:
    """Return the time zone in which dates on the command line are meant.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    return assemble.business(load(config)).zone


def unshown(_title: str, lines: Lines) -> Iterator[Record | Fault]:
    """Show nothing."""
    yield from lines


def unwatched(_title: str, _total: int) -> Callable[[int], None]:
    """Show nothing."""
    return lambda done: None

"""From a file of events to the scoreboard: the shards score at each cut-off, the learner learns what became known."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from models.features.sets import NAMES, VERSION
from stream.backtest.history import History
from stream.config import Settings, load
from stream.domain.alerts import rfc3339
from stream.domain.business import DAY_MS, Business
from stream.engine import assemble
from stream.engine.log.jsonl import Fault, Record, read_lines
from stream.engine.replay import Replay
from stream.evaluate.board import Board
from stream.evaluate.ledger import Ledger
from stream.evaluate.report import SCHEMA, Cost, Date, Input, Label, Scoreboard
from stream.evaluate.training import Training

Lines = Iterable[Record | Fault]
Shown = Callable[[str, Lines], Lines]
"""Shows that lines are being read, under a title."""
Watch = Callable[[str, int], Callable[[int], None]]
"""Begins to show work on so many records under a title, and returns what takes how many are done."""


class EvaluateError(ValueError):
    """The evaluation cannot be run as asked; the message says why."""


@dataclass(frozen=True)
class Options:
    """What is asked. Spans in days, moments epoch ms; `None` = as configured; `cutoff_every`: days or "month"."""

    source: Path
    report_at: tuple[int, ...]
    config: Path | None = None
    cutoff_every: float | str | None = None
    horizon: float | None = None
    active_within: float | None = None


def evaluate(options: Options, shown: Shown, watch: Watch) -> Scoreboard:
    """Replay the file through shards and learner and measure every candidate at the report dates.

    Raises:
        EvaluateError: the input has no events, or nothing can be known at a date.
        ConfigError, RegistryError: the configuration cannot be used.
        OSError: the file cannot be read.
    """
    settings = _settings(options)
    business = assemble.business(settings)
    started = clock.perf_counter()
    ledger = Ledger(len(NAMES))
    training = Training(settings, ledger)
    replay = Replay(settings, training)
    history = History(business.passive_categories)
    replay.load(history.tap(shown("reading", read_lines(options.source))))
    first, last = history.first, history.last
    if first is None or last is None:
        raise EvaluateError(f"{options.source}: holds no event that could be read")
    horizon = settings.model.labels.horizon_days
    for at in options.report_at:
        _check_date(at, first, last, horizon, business)
    read = clock.perf_counter()
    replay.run(watch("learning", replay.loaded))
    replayed = clock.perf_counter()
    board = Board(ledger, list(NAMES), business, settings.model.trainer.alert_budget)
    asked = watch("fitting the batch models", len(options.report_at))
    dates: list[Date] = []
    for count, at in enumerate(options.report_at, 1):
        dates.append(_date(board, training, at, business))
        asked(count)
    learned = max(1, training.learned)
    return Scoreboard(
        schema=SCHEMA,
        input=Input(str(options.source), replay.loaded, len(history.seen), rfc3339(first), rfc3339(last)),
        label=Label(horizon, settings.model.labels.active_within_days, _period(settings), dict(ledger.outcomes)),
        feature_set=VERSION,
        features=list(NAMES),
        dates=dates,
        learning=board.months(),
        drift=training.drifts,
        cost=Cost(
            seconds={
                "reading": read - started,
                "shards": replayed - read - training.seconds,
                "learning": training.seconds,
                "batch models": clock.perf_counter() - replayed,
            },
            learn_us=1e6 * training.seconds / learned,
            snapshots=training.snapshots,
            snapshot_bytes=training.snapshot_bytes,
        ),
    )


def _settings(options: Options) -> Settings:
    """Return the configuration with what was asked in place of what it says."""
    settings = load(options.config)
    labels = {"horizon_days": options.horizon, "active_within_days": options.active_within}
    model = settings.model
    changed = model.labels.model_copy(update={name: value for name, value in labels.items() if value is not None})
    rules = {name: {**section, "enabled": False} for name, section in settings.rules.items()}  # none is asked about
    update = {"labels": changed, "enabled": True, "report_at": options.report_at}
    if options.cutoff_every is not None:
        update["cutoff_every"] = options.cutoff_every
    return settings.model_copy(update={"rules": rules, "model": model.model_copy(update=update)})


def _period(settings: Settings) -> str:
    every = settings.model.cutoff_every
    return every if isinstance(every, str) else f"{every:g} days"


def _check_date(at: int, first: int, last: int, horizon: float, business: Business) -> None:
    date = business.date(business.day(at)).isoformat()
    if at <= first:
        raise EvaluateError(f"{date}: the events begin only on {business.date(business.day(first))}")
    if at + horizon * DAY_MS > last:
        latest = business.date(business.day(round(last - horizon * DAY_MS)))
        raise EvaluateError(
            f"{date}: who churned is known {horizon:g} days later, and the events end on "
            f"{business.date(business.day(last))}; the last date that can be asked about is {latest}"
        )


def _date(board: Board, training: Training, at: int, business: Business) -> Date:
    champion, version = training.champion_at(at)
    found = board.date(at, champion, version)
    if found is None:
        raise EvaluateError(f"{business.date(business.day(at))}: nobody was active then, so there is nobody to judge")
    return found

"""One configuration over a file, by the very shards of a replay."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from stream.config import Settings
from stream.engine import assemble
from stream.engine.log.jsonl import Fault, Record
from stream.engine.replay import Progress, Replay
from stream.metrics import Metrics
from stream.rules import registry


@dataclass(frozen=True)
class RuleFacts:
    """What a configuration says of a rule. `shadow`: on trial, whether or not it is measured as if it were live."""

    behavioural: bool
    shadow: bool


@dataclass(frozen=True)
class Outcome:
    """What a configuration made of the events. `alerts` are bodies; `suppressed` is by (stage, kind)."""

    name: str
    rules: dict[str, RuleFacts]
    alerts: list[dict[str, Any]]
    suppressed: dict[tuple[str, str], int]
    records: dict[str, int]
    seconds: float


class Backtest:
    """Two steps, so that each can show how far it is: `load` the lines, then `run`."""

    def __init__(self, name: str, settings: Settings, *, with_shadow: bool) -> None:
        """`with_shadow`: rules on trial are measured as if they were live.

        Raises:
            RegistryError: rules and configuration do not fit.
        """
        self.name = name
        bound = registry.build(settings.rules, assemble.business(settings))
        self.rules = {rule.name: RuleFacts(rule.behavioural, rule.params.shadow) for rule in bound}
        self._replay = Replay(lit(settings) if with_shadow else settings)

    def load(self, lines: Iterable[Record | Fault]) -> int:
        """Take the lines into memory and return how many there were."""
        self._replay.load(lines)
        return self._replay.loaded

    def run(self, progress: Progress = lambda done: None) -> Outcome:
        """Run every shard to its end; `progress` gets the records done."""
        started = time.perf_counter()
        replayed = self._replay.run(progress)
        return Outcome(
            name=self.name,
            rules=self.rules,
            alerts=[orjson.loads(record.value) for record in replayed.alerts if record.value is not None],
            suppressed=_suppressed(self._replay.metrics),
            records=dict(sorted(replayed.results.items())),
            seconds=time.perf_counter() - started,
        )


def lit(settings: Settings) -> Settings:
    """Return the settings with no rule in shadow."""
    rules = {name: {**section, "shadow": False} for name, section in settings.rules.items()}
    return settings.model_copy(update={"rules": rules})


def _suppressed(metrics: Metrics) -> dict[tuple[str, str], int]:
    return {
        (sample.labels["stage"], sample.labels["kind"]): int(sample.value)
        for metric in metrics.suppressed.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


def names(configs: list[Path | None]) -> list[str]:
    """Return what the configurations are called in the report: their files' names, as short as tells them apart."""
    short = ["defaults" if config is None else config.stem for config in configs]
    if len(set(short)) == len(short):
        return short
    long = ["defaults" if config is None else str(config) for config in configs]
    return long if len(set(long)) == len(long) else [f"{name} ({n})" for n, name in enumerate(long, 1)]

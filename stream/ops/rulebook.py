"""The rules for an analyst: which there are, what one goes by, and what it says about a file of events."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from msgspec import Struct

from stream.config import Settings
from stream.domain.signals import Language
from stream.engine.assemble import business
from stream.engine.log.jsonl import read_lines
from stream.engine.replay import Progress, Replay
from stream.engine.report import in_time
from stream.faults import allowed
from stream.rules.base import Rule
from stream.rules.registry import RegistryError, bind, discover


class Entry(Struct, frozen=True):
    """One rule in the list. `mode`: on, shadow or off."""

    name: str
    title: str
    mode: str
    behavioural: bool
    respond_within_h: int
    listens: list[str]
    summary: str


class Parameter(Struct, frozen=True):
    """One parameter: what is in force, the built-in default, what is allowed, and what it means."""

    name: str
    value: Any
    default: Any
    allowed: str
    meaning: str


def entries(settings: Settings, language: Language) -> list[Entry]:
    """Return every rule there is, in order of name.

    Raises:
        RegistryError: rules and configuration do not fit.
    """
    return [_entry(name, settings, language) for name in sorted(discover())]


def find(settings: Settings, name: str) -> Rule[Any]:
    """Return one rule with its parameters, enabled or not.

    Raises:
        RegistryError: there is none of this name, or its section does not fit.
    """
    known = discover()
    if name not in known:
        raise RegistryError(f"no rule {name}; there are {', '.join(sorted(known))}")
    return bind(known[name], settings.rules.get(name, {}), business(settings))


def parameters(rule: Rule[Any]) -> list[Parameter]:
    """Return a rule's parameters in the order in which they are declared, what every rule has last."""
    fields = rule.Params.model_fields
    common = [name for name in fields if name in ("enabled", "shadow", "likelihood")]
    return [
        Parameter(
            name,
            getattr(rule.params, name),
            fields[name].get_default(call_default_factory=True),
            allowed(fields[name]),
            fields[name].description or "",
        )
        for name in (*(n for n in fields if n not in common), *common)
    ]


def summary(rule: type[Rule[Any]]) -> str:
    """Return the first paragraph of what the rule says of itself."""
    return " ".join((inspect.getdoc(rule) or "").split("\n\n")[0].split())


def _entry(name: str, settings: Settings, language: Language) -> Entry:
    rule = find(settings, name)
    mode = "off" if not rule.params.enabled else "shadow" if rule.params.shadow else "on"
    title = rule.texts[language].title
    return Entry(name, title, mode, rule.behavioural, rule.respond_within_h, sorted(rule.listens), summary(type(rule)))


def alone(settings: Settings, name: str, changes: Mapping[str, Any]) -> Settings:
    """Return settings in which only this rule speaks, for all to see, with some parameters changed.

    Raises:
        RegistryError: no such rule, or a change that is not allowed.
    """
    find(settings, name)
    given = {**settings.rules.get(name, {}), "enabled": True, "shadow": False, **changes}
    rules = {other: section | {"enabled": False} for other, section in settings.rules.items()}
    changed = settings.model_copy(update={"rules": rules | {name: given}})
    find(changed, name)
    return changed


class Tried(Struct, frozen=True):
    """What came of trying a rule: alert bodies in order of event time, and what held others back."""

    alerts: list[dict[str, Any]]
    suppressed: dict[str, int]
    results: dict[str, int]
    sent: int
    customers: int


def trial(settings: Settings, source: Path, progress: Progress = lambda done: None) -> Tried:
    """Replay a file of events through the shards with these settings."""
    replay = Replay(settings)
    replay.load(read_lines(source))
    replayed = replay.run(progress)
    bodies = in_time(record.value for record in replayed.alerts if record.value is not None)
    held = {
        sample.labels["stage"]: int(sample.value)
        for metric in replay.metrics.suppressed.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.value
    }
    alerts = [orjson.loads(body) for body in bodies]
    return Tried(alerts, held, dict(replayed.results), replayed.sent, len(replayed.states))


def assignments(given: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Read `name=value`, the value as TOML has it; what is none is text.

    Raises:
        RegistryError: no `=`.
    """
    import tomllib

    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name.strip():
            raise RegistryError(f"{one!r}: expected PARAMETER=VALUE, such as min_share=0.4")
        try:
            yield name.strip(), tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            yield name.strip(), value.strip()

"""What operators have put in force over the configuration: the `settings` topic, read and checked.

Keys: `rule/NAME` holds parameters that replace the configured ones, `silence/ID` a silence. A record that cannot be
used is passed over and told, the others hold: one bad record must not silence a worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from stream.config import Settings
from stream.domain.business import Business
from stream.domain.events import Id, Millis
from stream.engine.log.readable import decoded
from stream.policy import silences
from stream.policy.silences import Silence, SilenceError
from stream.rules.registry import RegistryError, bind, discover

RULE, SILENCE = "rule/", "silence/"


class RuleOverride(Struct, frozen=True):
    """Parameters of one rule that replace the configured ones; who said so, when, and by which command."""

    params: dict[str, Any]
    by: Id
    at: Millis
    event_id: Id


class SilenceRecord(Struct, frozen=True):
    """A silence as it stands on `settings`, with the command that put it there."""

    silence: dict[str, Any]
    at: Millis
    event_id: Id


class InForce(Struct, frozen=True):
    """`settings`: the configuration with the overrides; `refused`: key and reason of what was passed over."""

    settings: Settings
    silences: tuple[Silence, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def in_force(entries: Mapping[bytes, bytes], settings: Settings, business: Business) -> InForce:
    """Return what the latest records of `settings` make of the configuration."""
    rules, held, refused = dict(settings.rules), [], []
    for name, value in sorted((key.decode("utf-8", "replace"), value) for key, value in entries.items()):
        try:
            if name.startswith(RULE):
                rule = name.removeprefix(RULE)
                rules[rule] = overridden(settings, rule, override(value).params, business)
            elif name.startswith(SILENCE):
                held.append(silence(value))
        except (msgspec.DecodeError, RegistryError, SilenceError) as fault:
            refused.append((name, str(fault)))
    return InForce(settings.model_copy(update={"rules": rules}), tuple(held), tuple(refused))


def override(value: bytes) -> RuleOverride:
    """Read the value of a `rule/NAME` record.

    Raises:
        msgspec.DecodeError: it is none.
    """
    found: RuleOverride = decoded(value, RuleOverride)
    return found


def silence(value: bytes) -> Silence:
    """Read the value of a `silence/ID` record.

    Raises:
        msgspec.DecodeError: it is none.
        SilenceError: a field of it is wrong.
    """
    return silences.read(decoded(value, SilenceRecord).silence, discover())


def overridden(settings: Settings, rule: str, params: Mapping[str, Any], business: Business) -> dict[str, Any]:
    """Return a rule's section with some parameters replaced.

    Raises:
        RegistryError: no such rule, or a parameter that is unknown or not allowed.
    """
    known = discover()
    if rule not in known:
        raise RegistryError(f"rules.{rule}: no such rule; there are {', '.join(sorted(known))}")
    section = {**settings.rules.get(rule, {}), **params}
    bind(known[rule], section, business)
    return section


def told(entries: Mapping[bytes, bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each record of `settings` as key and JSON object, in order of key; what is no object is passed over."""
    for key, value in sorted(entries.items()):
        try:
            body = decoded(value)
        except msgspec.DecodeError:
            continue
        if isinstance(body, dict):
            yield key.decode("utf-8", "replace"), body

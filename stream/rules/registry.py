"""Finds this package's rules and binds them to the configuration. An unknown or unconfigured one is an error."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

import stream.rules as package
from stream.domain.business import Business
from stream.faults import explain
from stream.rules.base import Rule


class RegistryError(ValueError):
    """The rules and their configuration do not fit; the message names the key, the value and what is allowed."""


def discover() -> dict[str, type[Rule[Any]]]:
    """Return every rule class by name; its module has the rule's own name.

    Raises:
        RegistryError: two rules share a name, or a module's rule is not named after it.
    """
    found: dict[str, type[Rule[Any]]] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        for rule in _rules_of(module):
            if rule.name != module_info.name:
                raise RegistryError(f"{module.__name__}: rule {rule.name} must stand in a file of its own name")
            if rule.name in found:
                raise RegistryError(f"{module.__name__}: two rules are called {rule.name}")
            found[rule.name] = rule
    return found


def _rules_of(module: object) -> Iterable[type[Rule[Any]]]:
    for _, member in inspect.getmembers(module, inspect.isclass):
        if (
            issubclass(member, Rule)
            and member.__module__ == getattr(module, "__name__", "")
            and not inspect.isabstract(member)
        ):
            yield member


def build(sections: Mapping[str, Mapping[str, Any]], business: Business) -> tuple[Rule[Any], ...]:
    """Return the enabled rules, in order of name.

    A rule for which `[classes.CLASS.rules.NAME]` changes something has a variant for that class; it is there where any
    of them is enabled.

    Args:
        sections: the configuration's `[rules.NAME]` tables.
        business: units, calendar and classes with what they change.

    Raises:
        RegistryError: a section for no rule, a rule without a section, or a parameter that is not allowed.
    """
    known = discover()
    if unknown := sorted(set(sections) - set(known)):
        raise RegistryError(f"rules.{unknown[0]}: no such rule; there are {', '.join(sorted(known))}")
    if missing := sorted(set(known) - set(sections)):
        raise RegistryError(f"rules.{missing[0]}: is not configured; add the section [rules.{missing[0]}]")
    for class_, changed in business.classes.overrides.items():
        if unknown := sorted(set(changed) - set(known)):
            place = f"classes.{class_}.rules.{unknown[0]}"
            raise RegistryError(f"{place}: no such rule; there are {', '.join(sorted(known))}")
    bound = [bind(known[name], sections[name], business) for name in sorted(known)]
    return tuple(rule for rule in bound if any(one.params.enabled for one in (rule, *rule.variants.values())))


def bind(rule: type[Rule[Any]], section: Mapping[str, Any], business: Business) -> Rule[Any]:
    """Return a rule with its parameters and its variants by class, enabled or not.

    Raises:
        RegistryError: a parameter is unknown or not allowed.
    """
    bound = _bind(rule, section, business, "")
    bound.variants = {
        class_: _bind(rule, merged(section, changed[rule.name]), business, f"classes.{class_}.")
        for class_, changed in business.classes.overrides.items()
        if rule.name in changed
    }
    return bound


def _bind(rule: type[Rule[Any]], section: Mapping[str, Any], business: Business, place: str) -> Rule[Any]:
    try:
        return rule(rule.Params.model_validate(section), business)
    except ValidationError as fault:
        raise RegistryError(explain(fault, rule.Params, f"{place}rules.{rule.name}.")) from None


def merged(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Return `low` with what `high` changes, in tables within it as well."""
    tables = {key for key in low.keys() & high.keys() if isinstance(low[key], dict) and isinstance(high[key], dict)}
    return {**low, **high, **{key: merged(low[key], high[key]) for key in tables}}

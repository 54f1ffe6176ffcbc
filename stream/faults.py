"""Faults in words: of a configuration, the key and what is allowed; of the code, its place without any values."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo


def explain(fault: ValidationError, model: type[BaseModel], prefix: str = "") -> str:
    """Say each fault once: `rules.balance_drop.min_share: ... (given: 3; allowed: above 0, at most 1)`."""
    return "; ".join(_lines(fault, model, prefix))


def _lines(fault: ValidationError, model: type[BaseModel], prefix: str) -> Iterator[str]:
    for error in fault.errors():
        key = prefix + ".".join(str(part) for part in error["loc"])
        owner, field = _find(model, error["loc"])
        if error["type"] == "extra_forbidden":
            known = f"; there are {', '.join(sorted(owner.model_fields))}" if owner else ""
            yield f"{key}: is not a known key{known}"
            continue
        if field is not None and field.annotation is SecretStr:
            error["input"] = "not shown"
        told = error["type"] == "missing" or isinstance(error["input"], dict)  # a whole section is told by its fault
        parts = [] if told else [f"given: {error['input']!r}"]
        if field is not None and (range_ := allowed(field)):
            parts.append(f"allowed: {range_}")
        message = error["msg"].removeprefix("Value error, ")
        yield f"{key.rstrip('.')}: {message}" + (f" ({'; '.join(parts)})" if parts else "")


def _find(model: type[BaseModel], path: tuple[int | str, ...]) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """Return the section that a path ends in, and its field: through tables, lists and keys of a section's own."""
    kind: Any = model
    owner: type[BaseModel] | None = None
    field: FieldInfo | None = None
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            owner, field = kind, kind.model_fields.get(str(part))
            kind = field.annotation if field else _extra(kind)
        elif args := typing.get_args(kind):
            kind = args[-1] if typing.get_origin(kind) is dict else args[0]
            owner, field = None, FieldInfo.from_annotation(kind)
            kind = field.annotation
        else:
            break
    return owner, field


def _extra(model: type[BaseModel]) -> Any:
    """Return what a section's own keys hold, `None` where it has none."""
    declared = typing.get_type_hints(model).get("__pydantic_extra__")
    args = typing.get_args(declared)
    return args[-1] if args and model.model_config.get("extra") == "allow" else None


def allowed(field: FieldInfo) -> str:
    """Return what a field may hold, in words: `7 to 85`, `above 0, at most 1`, `true or false`; empty = anything."""
    bounds = {name: getattr(m, name) for m in field.metadata for name in ("ge", "gt", "le", "lt") if hasattr(m, name)}
    kind = field.annotation
    if kind is bool:
        return "true or false"
    if bounds.keys() == {"ge", "le"}:
        return f"{bounds['ge']} to {bounds['le']}"
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    said = ", ".join(f"{words[name]} {bounds[name]}" for name in ("gt", "ge", "lt", "le") if name in bounds)
    if said or kind is None:
        return said
    patterns = [m.pattern for m in field.metadata if getattr(m, "pattern", None)]
    return ", ".join(_choices(kind)) or ", ".join(patterns)


def _choices(kind: Any) -> list[str]:
    if typing.get_origin(kind) is typing.Literal:
        return [str(choice) for choice in typing.get_args(kind)]
    if typing.get_origin(kind) in (frozenset, tuple, list, typing.Union, types.UnionType):
        return [choice for part in typing.get_args(kind) for choice in _choices(part)]
    return []


def describe(fault: Exception) -> str:
    """Name a fault without the values in it, which may be personal."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(fault).__name__}{where}"

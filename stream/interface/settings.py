"""The reference of every setting as one document, made from the typed settings and the shipped configuration."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from stream.config import Settings
from stream.faults import allowed
from stream.rules.base import Params

_HEAD = """# Configuration

Made by `churnwatch settings --output deploy/docs/configuration.md` from the typed settings and the shipped
configuration: change those, then make it anew.

- The shipped values stand in `deploy/config/default.toml`. A file of your own (`--config FILE`, TOML) needs only what
  differs. An environment variable wins over both: `CHURNWATCH_ENGINE__BATCH_EVENTS=4000` is `engine.batch_events`.
- An unknown key, a value of the wrong type or out of its bounds is an error at start that names the key.
- Any secret NAME may be given as NAME_file, the path of a file that holds it. Secrets' values are not shown here.
- `churnwatch worker --print-config` prints what is in force, secrets masked.
- A unit stands at the end of a name (`_ms`, `_s`, `_min`, `_h`, `_days`, `_bytes`) or in the meaning.
"""
_TABLE = "| setting | type | default | allowed | meaning |\n|---|---|---|---|---|"
_RULES = """## `[rules.NAME]`

One section for each rule. These keys are there in every one; a rule's own parameters, with defaults, bounds and units,
stand in [warnings.md](warnings.md). `[classes.CLASS.rules.NAME]` changes some of them for one class of customers.
"""
_NAMES: dict[Any, str] = {bool: "yes or no", int: "integer", float: "number", str: "text", Path: "path"} | {
    SecretStr: "secret", dt.time: "time of day", type(None): "empty", Any: "value",
}  # fmt: skip


def reference(settings: Settings) -> str:
    """Return the document, Markdown; the defaults are what `settings` holds."""
    parts = [_HEAD, *_sections(settings), _RULES, _TABLE, *(_rows(Params, None))]
    return "\n".join(parts) + "\n"


def _sections(settings: Settings) -> Iterator[str]:
    for name, value in settings:
        if isinstance(value, BaseModel):
            yield from _section(f"[{name}]", type(value), value)


def _section(title: str, model: type[BaseModel], value: BaseModel | None) -> Iterator[str]:
    """Give a section, then the sections and entries inside it. `value`: what is shipped, `None` for an entry."""
    yield f"## `{title}`\n\n{_summary(model)}\n"
    rows = list(_rows(model, value))
    if rows:
        yield "\n".join([_TABLE, *rows]) + "\n"
    for name, field in model.model_fields.items():
        below = title.replace("]", f".{name}]", 1)
        if _is_section(field.annotation):
            yield from _section(below, field.annotation, getattr(value, name, None))  # type: ignore[arg-type]
        elif (entry := _entry(field.annotation)) is not None and len(entry.model_fields) > 0:
            yield from _section(_entry_title(below, field.annotation), entry, None)
    if (extra := _extra(model)) is not None:
        yield from _section(title.replace("]", ".CLASS]", 1), extra, None)


def _rows(model: type[BaseModel], value: BaseModel | None) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if not _is_section(field.annotation):
            cells = (f"`{name}`", _type(field.annotation), _default(field, name, value), allowed(field))
            yield "| " + " | ".join(_cell(cell) for cell in (*cells, field.description or "")) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _entry(kind: Any) -> type[BaseModel] | None:
    """Return the section that each entry of a table or list is."""
    args = typing.get_args(kind)
    entry = args[-1] if typing.get_origin(kind) is dict else args[0] if args else None
    return entry if _is_section(entry) else None


def _entry_title(title: str, kind: Any) -> str:
    """Return an entry's heading: of a table by a name of its own, of a list in TOML's double brackets."""
    if typing.get_origin(kind) is dict:
        return title.replace("]", ".NAME]", 1)
    return f"[{title}]" if typing.get_origin(kind) is tuple and not title.startswith("[[") else title


def _extra(model: type[BaseModel]) -> type[BaseModel] | None:
    if model.model_config.get("extra") != "allow":
        return None
    return _entry(typing.get_type_hints(model)["__pydantic_extra__"])


def _type(kind: Any) -> str:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _type(args[0])
    if origin is typing.Literal:
        return "word"
    if origin is dict:
        return f"table ({_type(args[-1])})"
    if origin in (frozenset, tuple):
        return f"list ({_type(args[0])})"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type(one) for one in args))
    return _NAMES.get(kind, "section")


def _default(field: FieldInfo, name: str, value: BaseModel | None) -> str:
    if field.annotation is SecretStr:
        return "not shown"
    if value is None and field.is_required():
        return "required"
    found = field.get_default(call_default_factory=True) if value is None else getattr(value, name)
    if _entry(field.annotation) is not None and found:
        return ", ".join(f"`{key}`" for key in found) if isinstance(found, dict) else f"{len(found)} entries"
    text = _shown(found)
    return f"`{text}`" if text else "empty"


def _shown(value: Any) -> str:
    """Return a value as TOML would have it; empty for nothing."""
    if value is None or value in ("", {}, (), frozenset()):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, str | Path):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_shown(one)}" for key, one in value.items()) + " }"
    if isinstance(value, frozenset | tuple):
        items = sorted(value) if isinstance(value, frozenset) else value
        return "[" + ", ".join(_shown(one) for one in items) + "]"
    return value.strftime("%H:%M") if isinstance(value, dt.time) else str(value)

"""What an operator silences, and how it is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from stream.domain.events import Id, Millis, Name


class Silence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Warnings that nobody is told of from `from_` (epoch ms) until before `until`.

    One matches when everything that is given does: `customer` by id, `rm` and `branch` by the customer's profile,
    `kind` by rule, `class_` by the customer's class. With none given it is a maintenance window for everyone.
    """

    id: Id
    from_: Millis = field(name="from")
    until: Millis
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    by: Id
    customer: Id | None = None
    rm: Id | None = None
    branch: Id | None = None
    kind: Id | None = None
    class_: Name | None = field(default=None, name="class")

    def __post_init__(self) -> None:
        if self.until <= self.from_:
            raise ValueError("`until` must lie after `from`")


class SilenceError(ValueError):
    """That is no silence; the message begins with the path of the field, such as `$.until`."""


def read(raw: Mapping[str, Any], kinds: Collection[str] | None = None) -> Silence:
    """Return the silence in an object as it comes from JSON; times are RFC 3339 or epoch ms.

    Args:
        raw: the object.
        kinds: the rules there are; `None` leaves `kind` unchecked.

    Raises:
        SilenceError: naming the field and what is wrong with it.
    """
    fields = {name: _millis(name, value) if name in ("from", "until") else value for name, value in raw.items()}
    for name in ("id", "from", "until", "reason", "by"):
        if fields.get(name) is None:
            raise SilenceError(f"$.{name}: is missing")
    try:
        silence = msgspec.convert(fields, Silence)
    except msgspec.ValidationError as fault:
        raise SilenceError(_by_field(str(fault))) from None
    if kinds is not None and silence.kind is not None and silence.kind not in kinds:
        raise SilenceError(f"$.kind: no such rule {silence.kind!r}; there are {', '.join(sorted(kinds))}")
    return silence


def _millis(name: str, value: Any) -> Any:
    if type(value) is not str:
        return value
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise SilenceError(f"$.{name}: expected RFC 3339 or epoch milliseconds (given: {value!r})") from None
    if moment.tzinfo is None:
        raise SilenceError(f"$.{name}: a time needs an offset or Z (given: {value!r})")
    return round(moment.timestamp() * 1000)


def _by_field(message: str) -> str:
    """Put msgspec's path first; a field it does not know and one of our own checks are named in its text."""
    text, found, path = message.rpartition(" - at `")
    if found:
        return f"{path.rstrip('`')}: {text[:1].lower()}{text[1:]}"
    if message.startswith("Object contains unknown field"):
        return f"$.{message.split('`')[1]}: is not a known field; there are {', '.join(_FIELDS)}"
    return f"$.until: {message}"


_FIELDS = tuple(sorted(f.encode_name for f in msgspec.structs.fields(Silence)))

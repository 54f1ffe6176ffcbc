"""A stored state as a person reads it: by the names of its fields."""

from __future__ import annotations

import msgspec

from stream.domain.ring import Ring
from stream.domain.seen import ENTRY
from stream.domain.state import decode


def describe_state(stored: bytes) -> dict[str, object]:
    """Return a stored state by the names of its fields, without the bytes of seen event ids."""
    state = decode(stored)
    described = _named(state)
    assert isinstance(described, dict)
    described["seen"] = len(state.seen) // ENTRY
    return described


def _named(value: object) -> object:
    """Turn the state's array-like structs into objects with names, all the way down."""
    if isinstance(value, Ring):
        return {number: _named(item) for number, item in value.numbered()}
    if isinstance(value, msgspec.Struct):
        return {field: _named(getattr(value, field)) for field in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: _named(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    return value

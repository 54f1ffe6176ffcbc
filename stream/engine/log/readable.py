"""JSON from a topic into a struct, with one kind of fault: msgspec lets others through for bytes that are no UTF-8."""

from __future__ import annotations

from typing import Any

import msgspec


def decoded(value: bytes, type_: Any = Any) -> Any:
    """Return what is in `value`.

    Raises:
        msgspec.DecodeError: it is not JSON in UTF-8, nested too deep, or not of that type.
    """
    try:
        return msgspec.json.decode(value, type=type_)
    except (UnicodeDecodeError, RecursionError) as fault:
        raise msgspec.DecodeError(type(fault).__name__) from None

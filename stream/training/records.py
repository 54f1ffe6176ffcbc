"""Records of `examples` into examples."""

from __future__ import annotations

import msgspec

from models.example import Example
from stream.codec import Rejected

_DECODER = msgspec.json.Decoder(Example)


def read(value: bytes | None) -> Example:
    """Return the example in a record.

    Raises:
        Rejected: with the path of the fault.
    """
    if value is None:
        raise Rejected("no-value", "$", "expected a value")
    try:
        return _DECODER.decode(value)
    except msgspec.ValidationError as fault:
        text, _, path = str(fault).partition(" - at `")
        raise Rejected("invalid", path.rstrip("`") or "$", text) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Rejected("not-json", "$", str(fault)) from None

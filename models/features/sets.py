"""The set of features that is in force: its version, its order, and the vector it makes of a state.

A change of any feature, or of their order, is a new `VERSION`: a snapshot names the one it needs.
"""

from __future__ import annotations

import struct
from math import log1p

from models.features import activity, alive, balance, money, outflow, products, rhythm, season, service, usage
from models.features.base import Feature
from models.features.view import View
from stream.domain.business import Business
from stream.domain.state import State

VERSION = 1

FEATURES: tuple[Feature, ...] = (
    *rhythm.FEATURES,
    *alive.FEATURES,
    *activity.FEATURES,
    *money.FEATURES,
    *usage.FEATURES,
    *balance.FEATURES,
    *outflow.FEATURES,
    *products.FEATURES,
    *service.FEATURES,
    *season.FEATURES,
)
NAMES: tuple[str, ...] = tuple(item.name for item in FEATURES)

Vector = list[float | None]

_SCALE = 10_000
_MISSING = -(1 << 31)
_MOST = (1 << 31) - 1
_PLAN = tuple((item.ask, item.log) for item in FEATURES)
_FORM = struct.Struct(f"<{len(FEATURES)}i")


def vector(state: State, time: int, business: Business) -> Vector:
    """Return every feature of a state at `time` (epoch ms), in the order of `NAMES`; `None` is missing.

    Heavy-tailed ones as `log1p` (of the size, with the sign), all rounded to four decimals: what is scored is what is
    kept and sent.
    """
    view = View(state, time, business)
    found: Vector = []
    for ask, log in _PLAN:
        value = ask(view)
        if value is not None:
            if log:
                value = log1p(value) if value >= 0 else -log1p(-value)
            value = round(value * _SCALE)
            value = (value if -_MOST <= value <= _MOST else _MOST if value > 0 else -_MOST) / _SCALE
        found.append(value)
    return found


def pack(features: Vector) -> bytes:
    """Return the stored form: four bytes a feature, ten-thousandths, little-endian; missing is the least number."""
    return _FORM.pack(*[_MISSING if value is None else round(value * _SCALE) for value in features])


def unpack(stored: bytes) -> Vector:
    """Return the very vector that was packed.

    Raises:
        ValueError: it is not one of this set.
    """
    if len(stored) != _FORM.size:
        raise ValueError(f"{len(stored)} bytes are no vector of {len(FEATURES)} features")
    return [None if value == _MISSING else value / _SCALE for value in _FORM.unpack(stored)]

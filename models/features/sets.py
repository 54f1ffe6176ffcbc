"""The set of features that is in force: its version, its order, and the vector it makes of a state.

A change of any feature, or of their order, is a new `VERSION`: a snapshot names the one it needs.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from math import log1p
from typing import Any

import numpy as np
from msgspec import Struct

from models.features import (
    activity,
    alive,
    balance,
    complaints,
    contacts,
    credit,
    forwarding,
    group,
    holdings,
    money,
    outflow,
    payroll,
    rhythm,
    season,
    signs,
    standing,
    usage,
)
from models.features.base import Feature
from models.features.view import View
from stream.domain.business import Business
from stream.domain.state import State

VERSION = 3

Vector = list[float | None]


class Family(Struct, frozen=True):
    """Features that concern one part of the state.

    Where `known` says that this part is empty, `absent` is what each of them would say: a shop's customer has neither
    accounts nor a phone, and half of the features need not be asked.
    """

    features: tuple[Feature, ...]
    known: Callable[[View], bool] | None = None
    absent: tuple[float | None, ...] = ()


FAMILIES: tuple[Family, ...] = (
    Family((*rhythm.FEATURES, *alive.FEATURES, *activity.FEATURES, *money.FEATURES, *season.FEATURES)),
    Family(outflow.FEATURES),
    Family(usage.FEATURES, usage.known, usage.ABSENT),
    Family(balance.FEATURES, balance.known, balance.ABSENT),
    Family(payroll.FEATURES, payroll.known, payroll.ABSENT),
    Family(holdings.FEATURES, holdings.known, holdings.ABSENT),
    Family(credit.FEATURES, credit.known, credit.ABSENT),
    Family(standing.FEATURES, standing.known, standing.ABSENT),
    Family(complaints.FEATURES, complaints.known, complaints.ABSENT),
    Family(signs.FEATURES, signs.known, signs.ABSENT),
    Family(forwarding.FEATURES, forwarding.known, forwarding.ABSENT),
    Family(contacts.FEATURES, contacts.known, contacts.ABSENT),
    Family(group.FEATURES, group.known, group.ABSENT),
)
FEATURES: tuple[Feature, ...] = tuple(item for family in FAMILIES for item in family.features)
NAMES: tuple[str, ...] = tuple(item.name for item in FEATURES)

_SCALE = 10_000
_MISSING = -(1 << 31)
_PLAN = tuple(
    (
        family.known,
        tuple((item.ask, item.log) for item in family.features),
        tuple(_MISSING if value is None else round(value * _SCALE) for value in family.absent),
    )
    for family in FAMILIES
)
_ONE = struct.Struct("<i")
_FORM = struct.Struct(f"<{len(FEATURES)}i")


def taken(state: State, time: int, business: Business) -> bytes:
    """Return every feature of a state at `time` (epoch ms), in the order of `NAMES`, in the stored form.

    That is four bytes a feature, ten-thousandths, little-endian; missing is the least number. Heavy-tailed ones as
    `log1p` (of the size, with the sign). What is scored is what is kept and sent. A feature that is no logarithm keeps
    itself within +-200,000.
    """
    view = View(state, time, business)
    found: list[int] = []
    for known, asks, absent in _PLAN:
        if known is None or known(view):
            found += [
                _MISSING
                if (x := ask(view)) is None
                else round((x if not log else log1p(x) if x >= 0 else -log1p(-x)) * _SCALE)
                for ask, log in asks
            ]
        else:
            found += absent
    return _FORM.pack(*found)


def vector(state: State, time: int, business: Business) -> Vector:
    """Return the same as figures; `None` is missing."""
    return unpack(taken(state, time, business))


def rows(stored: Sequence[bytes]) -> Any:
    """Return stored vectors as one array (vectors, features); NaN is missing."""
    found = np.frombuffer(b"".join(stored), "<i4").reshape(len(stored), -1)
    return np.where(found == _MISSING, np.nan, found / _SCALE)


def pack(features: Vector) -> bytes:
    """Return the stored form of a vector."""
    return _FORM.pack(*[_MISSING if value is None else round(value * _SCALE) for value in features])


def unpack(stored: bytes) -> Vector:
    """Return the very vector that was packed, by this set or an older one: entries outlive the build that made them.

    Raises:
        ValueError: it is no vector of any set.
    """
    if not stored or len(stored) % 4:
        raise ValueError(f"{len(stored)} bytes are no vector")
    return [None if value == _MISSING else value / _SCALE for (value,) in _ONE.iter_unpack(stored)]

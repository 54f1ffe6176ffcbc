"""The ways of learning that are tried side by side: one pipeline a file, all with the same two verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MappingProxyType

from models.experts.base import Expert, Setup
from models.experts.logistic import Logistic

EXPERTS: MappingProxyType[str, Callable[[Setup], Expert]] = MappingProxyType({"logistic": Logistic})


def build(names: Iterable[str], setup: Setup) -> dict[str, Expert]:
    """Return new experts by name, in the order asked for. Raise `KeyError` for a name that there is none of."""
    return {name: EXPERTS[name](setup) for name in names}

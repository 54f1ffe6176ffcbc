"""The ways of learning that are tried side by side: one pipeline a file, all with the same two verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from types import MappingProxyType

from models.experts.base import Expert, Setup
from models.experts.binned import Binned
from models.experts.booster import DEEP, SHALLOW, Booster
from models.experts.forest import Forest
from models.experts.logistic import Logistic
from models.experts.tree import Tree

EXPERTS: MappingProxyType[str, Callable[[Setup], Expert]] = MappingProxyType(
    {
        "logistic": Logistic,
        "binned": Binned,
        "forest": Forest,
        "tree": Tree,
        "booster": partial(Booster, shape=SHALLOW),
        "deep_booster": partial(Booster, shape=DEEP),
    }
)
UNWEIGHTED = frozenset({"booster", "deep_booster"})
"""Those to whom a leaver counts no more than a stayer."""


def build(names: Iterable[str], setup: Setup) -> dict[str, Expert]:
    """Return new experts by name, in the order asked for. Raise `KeyError` for a name that there is none of."""
    return {name: EXPERTS[name](setup) for name in names}

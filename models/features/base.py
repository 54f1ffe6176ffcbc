"""A feature: a small named function of a customer's state at a moment, with its unit, meaning and source."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from models.features.view import View

Ask = Callable[["View"], float | None]


class Feature(Struct, frozen=True):
    """One figure. `ask` returns it in `unit`, or `None` where it cannot be known: missing is never a zero.

    `log`: heavy-tailed, the vector holds `log1p` of it (of its size, with its sign). `zh` and `en` are the words for an
    RM, with `{value}` for the figure in its unit (not the logarithm), formatted as the words say.
    """

    name: str
    unit: str
    meaning: str
    source: str
    log: bool
    zh: str
    en: str
    ask: Ask


def feature(*, unit: str, meaning: str, source: str, zh: str, en: str, log: bool = False) -> Callable[[Ask], Feature]:
    """Turn a function of a `View` into the feature of the same name."""

    def declare(ask: Ask) -> Feature:
        return Feature(ask.__name__, unit, meaning, source, log, zh, en, ask)

    return declare

"""The libraries that only a back-test needs, which stand in an extra of their own."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

INSTALL = 'pip install "churnwatch[backtest]"'


class MissingExtra(RuntimeError):
    """A library is not installed; the message says how to get it."""


def require(modules: Iterable[str], what: str) -> None:
    """Check before long work that what `what` needs can be imported.

    Raises:
        MissingExtra: naming the library and how to install it.
    """
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as fault:
            raise MissingExtra(f"{what} needs {module}, which cannot be imported ({fault}): {INSTALL}") from None

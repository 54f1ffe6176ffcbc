"""Lives for the contract: each module's `life()` is one customer's (`c`), and makes the rules of its matter speak."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

from support.timeline import Lines


def lives() -> dict[str, Callable[[], list[Lines]]]:
    """Return every life by its module's name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}").life for name in names}

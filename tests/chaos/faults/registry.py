"""Every fault, by name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from chaos import faults
from chaos.faults.base import Fault


def discover() -> dict[str, type[Fault]]:
    """Return each fault class of the package.

    Raises:
        ValueError: two have one name.
    """
    found: dict[str, type[Fault]] = {}
    for module in pkgutil.iter_modules(faults.__path__):
        for _, each in inspect.getmembers(importlib.import_module(f"{faults.__name__}.{module.name}"), inspect.isclass):
            if issubclass(each, Fault) and not inspect.isabstract(each) and each.__module__.endswith(module.name):
                if each.name in found:
                    raise ValueError(f"two faults are called {each.name}")
                found[each.name] = each
    return dict(sorted(found.items()))

"""Where a broker keeps its things: one directory a broker, one cache of jars for all."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def cache_dir(env: Mapping[str, str]) -> Path:
    """Return `CHURNWATCH_CACHE`, or `churnwatch` in the platform's cache directory."""
    if given := env.get("CHURNWATCH_CACHE"):
        return Path(given).expanduser().absolute()
    if base := env.get("XDG_CACHE_HOME"):
        return Path(base).absolute() / "churnwatch"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "churnwatch"


def jar_dir(cache: Path) -> Path:
    """Return the Maven repository layout that every broker shares."""
    return cache / "maven"


def node_dir(cache: Path, name: str) -> Path:
    """Return the directory of the broker called `name`.

    Raises:
        ValueError: `name` would not be one plain directory name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"broker name {name!r}: letters, digits, '.', '_' and '-', at most 64")
    return cache / "brokers" / name

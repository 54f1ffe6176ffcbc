"""What a check found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "look", "wrong"]
"""Fine; worth a look; a role will not work, or not for long."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `mend`: what to do, where something is to be done."""

    check: str
    verdict: Verdict
    said: str
    mend: str = ""


Findings = Iterator[Finding]


def ok(check: str, said: str) -> Finding:
    """Return that a check is fine."""
    return Finding(check, "ok", said)


def look(check: str, said: str, mend: str) -> Finding:
    """Return that somebody should look."""
    return Finding(check, "look", said, mend)


def wrong(check: str, said: str, mend: str) -> Finding:
    """Return that it does not work so."""
    return Finding(check, "wrong", said, mend)

"""A table of words: the same on the terminal and on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Table(NamedTuple):
    """A titled table; the first column is text, the others are figures unless `text` says otherwise."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""
    text: tuple[int, ...] = (0,)


Facts = Sequence[tuple[str, str]]
"""What was measured against what: a name and a sentence each."""

"""The beginning of an id, by an index on both databases and whatever PostgreSQL's locale is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

_LAST = "\U0010ffff"
"""Behind every character, in the order of bytes."""


class _Within(FunctionElement[bool]):
    """A column from one text up to before another, in the order of bytes."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Stay as it is: `... = 1` around it would keep SQLite from the index."""
        return self


def starts_with(column: Any, text: str) -> ColumnElement[bool]:
    """Return the condition that a column begins with a text, as it is written.

    On PostgreSQL the index must be of the operators `text_pattern_ops`.
    """
    return _Within(column, literal(text), literal(text + _LAST))


@compiles(_Within)
def _by_bytes(element: _Within, compiler: Any, **more: Any) -> str:
    column, first, last = (compiler.process(part, **more) for part in element.clauses)
    return f"({column} >= {first} AND {column} < {last})"


@compiles(_Within, "postgresql")
def _by_pattern(element: _Within, compiler: Any, **more: Any) -> str:
    column, first, last = (compiler.process(part, **more) for part in element.clauses)
    return f"({column} ~>=~ {first} AND {column} ~<~ {last})"

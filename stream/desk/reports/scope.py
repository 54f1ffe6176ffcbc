"""Whose figures, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class Scope:
    """Branches; an empty tuple is the whole house."""

    branch_ids: tuple[str, ...] = ()

    def of(self, column: Any) -> list[ColumnElement[bool]]:
        """Return the condition on a column that holds a branch."""
        return [column.in_(self.branch_ids)] if self.branch_ids else []


@dataclass(frozen=True, slots=True)
class Period:
    """Epoch ms; `until` is not in it."""

    since: int
    until: int

    def of(self, column: Any) -> list[ColumnElement[bool]]:
        """Return the condition on a column that holds a time."""
        return [column >= self.since, column < self.until]

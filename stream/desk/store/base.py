"""What all tables share: the declarative base, names of constraints, and types of columns."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer, LargeBinary, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints have names that follow from their columns, so that a migration can speak of them on both databases."""


def without_nul(text: str) -> str:
    """Replace U+0000, which PostgreSQL refuses in text: hostile input must not stop a batch."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


class Plain(TypeDecorator[str]):
    """Text of any length. How long an id or a name may be is checked at the edge, not here."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Keep out what PostgreSQL cannot store; a look-up is changed in the same way as the row was."""
        return value if value is None else without_nul(value)


Json = JSON().with_variant(JSONB(), "postgresql")
Long = BigInteger()
_Counter = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts only in INTEGER PRIMARY KEY

Key = Annotated[str, mapped_column(Plain())]
"""An id from outside or of our own."""
Word = Annotated[str, mapped_column(Plain())]
"""One of a few words, which the column's comment or type lists."""
Millis = Annotated[int, mapped_column(Long)]
"""Epoch milliseconds, UTC."""
Serial = Annotated[int, mapped_column(_Counter, primary_key=True, autoincrement=True)]
"""A number that only grows and is never given twice, not even after rows were deleted: with `COUNTED`."""
Sealed = Annotated[bytes, mapped_column(LargeBinary)]
"""What `Vault.seal` made."""

# Indexes of what is still open ask for `... IS NULL` and not for a state: a state that comes as a parameter would hide
# them from both databases' planners.

COUNTED = {"sqlite_autoincrement": True}
"""Table argument of tables with a `Serial`: SQLite gives the highest deleted number again otherwise."""


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        str: Plain(),
        int: Long,
        bytes: LargeBinary(),
        dict[str, Any]: Json,
        list[str]: Json,
        list[dict[str, Any]]: Json,
        list[list[str]]: Json,
    }

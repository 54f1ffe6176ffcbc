"""Lists that managers bring in, and figures kept month by month."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from stream.desk.store.base import Base, Key, Millis, Plain, Word


class ImportedList(Base):
    """A list of customers that a manager imported and assigned."""

    __tablename__ = "imported_lists"
    __table_args__ = (Index(None, "branch_id", "created_at"), Index(None, "created_at"))

    list_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    name: Mapped[str]
    branch_id: Mapped[Key | None]
    created_by: Mapped[Key]
    created_at: Mapped[Millis]
    due_at: Mapped[Millis | None]
    digest: Mapped[str]  # of the file: the same one is not imported twice unawares
    rows: Mapped[int]
    faults: Mapped[int]


class ImportedRow(Base):
    """A line of it: whom it is about and who has it, or why it could not be used."""

    __tablename__ = "imported_rows"
    __table_args__ = (Index(None, "customer_id"),)

    list_id: Mapped[Key] = mapped_column(
        Plain(), ForeignKey("imported_lists.list_id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1, as in the file
    customer_id: Mapped[Key | None]
    staff_id: Mapped[Key | None]
    task_id: Mapped[Key | None]
    fault: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class MonthlyFigure(Base):
    """One figure of one month, as it stood when the month was closed: later changes of profiles do not rewrite it."""

    __tablename__ = "monthly_figures"

    month: Mapped[str] = mapped_column(Plain(), primary_key=True)  # 2026-11, in the business's time zone
    branch_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)  # empty: the whole house
    measure: Mapped[Word] = mapped_column(Plain(), primary_key=True)  # customers, saved, lost, deposits, loans ...
    dimension: Mapped[Word] = mapped_column(Plain(), primary_key=True)  # all, class, segment, industry, product, rm ...
    value: Mapped[str] = mapped_column(Plain(), primary_key=True)  # of the dimension; empty: of `all`
    amount: Mapped[float]
    made_at: Mapped[Millis]

"""The section `[desk.reports]`: which products are deposits and loans, and whose loss weighs most."""

from __future__ import annotations

from pydantic import Field

from stream.settings.section import Section


class Reports(Section):
    """What the monthly retention report goes by."""

    deposit_kinds: frozenset[str] = Field(
        frozenset({"current", "savings", "deposit", "wealth"}), description="kinds of products that are deposits"
    )
    loan_kinds: frozenset[str] = Field(frozenset({"loan", "mortgage", "credit_used"}), description="that are debts")
    key_classes: frozenset[str] = Field(frozenset({"key"}), description="classes of key customers")
    lost_shown: int = Field(100, ge=0, le=10_000, description="lost customers named in a report, the largest first")
    close_day: int = Field(1, ge=1, le=28, description="of the month, on which the month before is closed ...")
    close_hour: int = Field(3, ge=0, le=23, description="... at this local hour")

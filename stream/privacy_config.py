"""The section `[privacy]`: how long a forgotten customer stays away, and pseudonyms on topics that leave."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

DAY_MS = 86_400_000


class Privacy(BaseModel):
    """What is done for customers' privacy; see `deploy/docs/security.md`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    remember_forgotten_days: float = Field(
        120, ge=1, le=3650, description="longer than any record may wait that could bring a forgotten customer back"
    )

    @property
    def remember_forgotten_ms(self) -> int:
        """Return the days in ms."""
        return round(self.remember_forgotten_days * DAY_MS)

"""The section `[privacy]`: how long a forgotten customer stays away, and pseudonyms on topics that leave."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from stream.settings.section import Section

DAY_MS = 86_400_000
Outgoing = Literal["alerts", "examples"]


class Privacy(Section):
    """What is done for customers' privacy; see `deploy/docs/security.md`."""

    remember_forgotten_days: float = Field(
        120, ge=1, le=3650, description="longer than any record may wait that could bring a forgotten customer back"
    )
    pseudonymise: frozenset[Outgoing] = Field(
        frozenset(), description="topics on which customers' ids are replaced: alerts, examples"
    )
    keys: SecretStr = Field(SecretStr(""), description="NAME:KEY, comma or line separated, newest first; 32 bytes each")

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        if self.pseudonymise and not self.keys.get_secret_value().strip():
            raise ValueError("pseudonymise needs keys (or keys_file): churnwatch pseudonyms new-key NAME")
        return self

    @property
    def remember_forgotten_ms(self) -> int:
        """Return the days in ms."""
        return round(self.remember_forgotten_days * DAY_MS)

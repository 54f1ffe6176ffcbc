"""The section `[desk.push]`: how often a person is bothered in a day, when not at all, and the pace of streams."""

from __future__ import annotations

import datetime as dt

from pydantic import Field, field_validator

from stream.settings.section import Section


class Push(Section):
    """What reaches a person at once. Each can set budget, quiet hours and time zone for themselves."""

    daily_budget: int = Field(20, ge=0, le=1000, description="notifications a day and person; critical ones pass")
    high_share: float = Field(1.0, ge=0, le=1, description="of the budget that severity high may use up")
    medium_share: float = Field(0.8, ge=0, le=1, description="the same for medium: the rest is kept for graver ones")
    low_share: float = Field(0.5, ge=0, le=1, description="the same for low")
    quiet_from: dt.time = Field(dt.time(20), description="local; from here on only the critical disturbs ...")
    quiet_to: dt.time = Field(dt.time(8), description="... until here, when a digest comes; the same = no quiet hours")
    quiet_on_days_off: bool = Field(True, description="days that are not worked on are quiet altogether")
    storm_every_min: float = Field(10, gt=0, le=1440, description="between two summaries of one storm")
    release_every_s: float = Field(2, gt=0, le=600, description="between two looks for what is to be released")
    heartbeat_s: float = Field(15, gt=0, le=300, description="a comment on a stream where nothing happens")
    stall_s: float = Field(20, gt=0, le=600, description="a stream that takes nothing for so long is ended; it resumes")
    poll_s: float = Field(2, gt=0, le=60, description="between two looks for what other processes of the desk wrote")

    @field_validator("quiet_from", "quiet_to")
    @classmethod
    def _is_local(cls, value: dt.time) -> dt.time:
        if value.tzinfo is not None or value.second or value.microsecond:
            raise ValueError("must be a local time in whole minutes, without a zone")
        return value

    @property
    def shares(self) -> dict[int, float]:
        """Return the share of the budget by priority (1 is critical)."""
        return {1: 1.0, 2: self.high_share, 3: self.medium_share, 4: self.low_share}

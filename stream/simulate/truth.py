"""What really happened, kept apart from the events: who leaves, when, why, and what could have told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stream.simulate.clock import rfc3339


@dataclass(slots=True)
class Truth:
    """One customer's. Only what came about within the run is noted; times are epoch seconds.

    `left_at` is the closing or port-out, for a silent leaver the last activity. `leaves_at` is set as soon as a
    precursor was planted, so that those who leave just after the end are not taken for stayers.
    """

    customer_id: str
    why: str | None = None
    left_at: int | None = None
    leaves_at: int | None = None
    precursors: list[tuple[str, int]] = field(default_factory=list)
    lookalikes: list[tuple[str, int]] = field(default_factory=list)

    def line(self) -> dict[str, Any]:
        """Return the line of the truth file."""
        known = self.left_at is not None or bool(self.precursors)
        return {
            "customer_id": self.customer_id,
            "left": self.left_at is not None,
            "left_at": None if self.left_at is None else rfc3339(self.left_at),
            "leaves_at": rfc3339(self.leaves_at) if known and self.leaves_at is not None else None,
            "why": self.why if known else None,
            "precursors": [{"kind": kind, "time": rfc3339(when)} for kind, when in self.precursors],
            "lookalikes": [{"kind": kind, "time": rfc3339(when)} for kind, when in self.lookalikes],
        }

"""What a learner has taken, counted."""

from __future__ import annotations

from msgspec import Struct, field

from models.example import Example
from models.snapshot import Arm, Span


class Ledger(Struct):
    """Counts of examples, by outcome and by what was done about the customer; the span learned from."""

    taken: int = 0
    stayed: int = 0
    churned: int = 0
    first: int = 0  # cut-off, epoch ms
    last: int = 0
    known_at: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    arms: dict[str, Arm] = field(default_factory=dict)

    @property
    def learned(self) -> int:
        """Examples learned from."""
        return self.stayed + self.churned

    @property
    def both(self) -> tuple[int, int]:
        """Learned from: who stayed, who churned."""
        return self.stayed, self.churned

    def count(self, example: Example) -> None:
        """Count an example, learned from or not; those taken for a report only are no outcome."""
        self.taken += 1
        if example.report:
            return
        self.outcomes[example.outcome] = self.outcomes.get(example.outcome, 0) + 1
        done = example.treatment
        name = "holdout" if done.holdout else "reached" if done.reached else "tried" if done.contacts else "none"
        arm = self.arms.get(name, Arm(0, 0))
        self.arms[name] = Arm(arm.examples + 1, arm.churned + example.label)

    def learn(self, example: Example) -> None:
        """Count an example as learned from."""
        self.first = min(self.first, example.cutoff) if self.learned else example.cutoff
        self.last = max(self.last, example.cutoff)
        self.known_at = max(self.known_at, example.known_at)
        if example.label:
            self.churned += 1
        else:
            self.stayed += 1

    def span(self) -> Span:
        """Return the span as a snapshot has it."""
        return Span(self.learned, self.churned, self.first, self.last)

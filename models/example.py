"""A training example: the features as they stood at a cut-off, and what is known of the customer since."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Outcome = Literal["left", "lost", "inactive", "collapsed", "involuntary", "migrated", "stayed"]
"""How the horizon ended.

`left`, `lost` (an RM's word), `inactive` and `collapsed` are voluntary churn; `involuntary` is arrears or closed by us,
`migrated` went over to a product of our own.
"""

CHURNED: frozenset[Outcome] = frozenset({"left", "lost", "inactive", "collapsed"})


def in_turn(example: Example) -> tuple[int, str]:
    """Return the key by which examples of all shards are put in order: when the label was known, then the id."""
    return example.known_at, example.event_id


class Treatment(Struct, frozen=True):
    """What was done about the customer within the horizon, so that its effect can be told apart."""

    contacts: bool = False  # an RM tried
    reached: bool = False  # and reached them
    holdout: bool = False  # one of those left without contact on purpose


class Example(Struct, frozen=True):
    """One record of `examples`. Times are epoch ms; features in the order of the set, `None` = missing.

    `event_id` is made of customer and cut-off: the same example has the same id wherever it is made.
    """

    event_id: str
    customer_id: str
    cutoff: int
    known_at: int  # when the label was known
    label: int  # 1 = churned of their own accord
    outcome: Outcome
    learn: bool  # whether this outcome is one of those learned from
    feature_set: int
    features: list[float | None]
    scores: dict[str, float] = {}  # expert -> what it said at the cut-off
    version: str | None = None  # of the snapshot that said it
    treatment: Treatment = Treatment()
    groups: dict[str, str] = {}  # class, segment, tenure, region -> which the customer was in
    report: bool = False  # taken at a date that a report asked for, and only for it: nobody learns from it

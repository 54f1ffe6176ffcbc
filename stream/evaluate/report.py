"""What an evaluation tells, as data: the JSON is this, and page and terminal show it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

SCHEMA = "churnwatch.evaluate.v1"

Family = Literal["champion", "online", "batch", "naive"]
"""The champion and the challengers learn online; `batch` models are fitted once on the same examples."""


class Figures(Struct, frozen=True):
    """How well scores rank and how far they can be believed; `None` where one label is missing.

    `lift`: churn among the tenth with the highest scores, over the base rate; `recall` and `precision`: of the share
    with the highest scores that the alert budget allows; `calibration_error`: expected, over ten bins of equal size.
    """

    n: int
    churned: int
    base_rate: float | None
    roc_auc: float | None
    pr_auc: float | None
    lift: float | None
    recall: float | None
    precision: float | None
    brier: float | None
    log_loss: float | None
    calibration_error: float | None


class Bin(Struct, frozen=True):
    """Customers of about the same score: how many, what was said on average, and what came of it."""

    n: int
    score: float
    churned: float


class Point(Struct, frozen=True):
    """Of the `share` of customers with the highest scores: the share of all churners among them (the gains curve)."""

    share: float
    churners: float


class Candidate(Struct, frozen=True):
    """One model at one date. `groups[by][which]`: the same figures for a part of the customers."""

    family: Family
    figures: Figures
    calibration: list[Bin]
    gains: list[Point]
    groups: dict[str, dict[str, Figures]]


class Date(Struct, frozen=True):
    """One report date. `examples`: known by then and learned from; `champion` is who was it then."""

    at: str
    date: str
    examples: int
    version: str | None
    champion: str
    candidates: dict[str, Candidate]


class Month(Struct, frozen=True):
    """One month of cut-offs: how each online candidate's scores of that month turned out."""

    month: str
    n: int
    base_rate: float | None
    known: int  # examples learned from by the month's end
    roc_auc: dict[str, float | None]
    pr_auc: dict[str, float | None]


class Drift(Struct, frozen=True):
    """A change that the trainer noticed."""

    at: str
    kind: str
    what: str


class Input(Struct, frozen=True):
    """What was read."""

    file: str
    records: int
    customers: int
    first: str
    last: str


class Label(Struct, frozen=True):
    """Who counts as churned, and who was asked about; days."""

    horizon_days: float
    active_within_days: float
    cutoff_every: str
    outcomes: dict[str, int]


class Cost(Struct, frozen=True):
    """What it took: seconds of wall time by part, and learning per example in microseconds."""

    seconds: dict[str, float]
    learn_us: float
    snapshots: int
    snapshot_bytes: int


class Scoreboard(Struct, frozen=True):
    """All of it."""

    schema: str
    input: Input
    label: Label
    feature_set: int
    features: list[str]
    dates: list[Date]
    learning: list[Month]
    drift: list[Drift]
    cost: Cost

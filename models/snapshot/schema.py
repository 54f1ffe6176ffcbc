"""The form of a snapshot.

One snapshot holds every expert, the stack that weighs them, and where the grades lie.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

SCHEMA = 1
STACK = "stack"
"""The name of the online stack among the candidates."""


class Term(Struct, frozen=True, omit_defaults=True):
    """One input of a linear model: `weight * (x - mean) / scale`; `missing` is what is added where x is not known.

    `(x - mean) / scale` is cut at ±`limit`, so that one wild figure cannot decide alone; 0 = no limit.

    `edges` cut x into bins first (binned inputs): bin i is edges[i-1] <= x < edges[i], and `bins` are their weights,
    which take the place of the first form.
    """

    weight: float = 0.0
    mean: float = 0.0
    scale: float = 1.0
    missing: float = 0.0
    limit: float = 0.0
    edges: list[float] = []
    bins: list[float] = []


class Linear(Struct, frozen=True, tag="linear", tag_field="form"):
    """The logit is `intercept` plus every term's."""

    intercept: float
    terms: dict[str, Term]


class Tree(Struct, frozen=True):
    """A tree as columns, the root first; a branch goes left where `x <= threshold`.

    `feature` is the index in the snapshot's `features`, -1 at a leaf; `missing_left` says where an unknown goes;
    `value` is the node's own statistic, at branches too, so that a path tells what each split added.
    """

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    missing_left: list[bool]
    value: list[float]


class Forest(Struct, frozen=True, tag="forest", tag_field="form"):
    """Trees together. `probability`: the weighted mean of leaf probabilities; `logit`: `base` plus the leaves' sum.

    Without trees, `probability` is `base`. `weights` empty = all weigh alike.
    """

    combine: Literal["probability", "logit"]
    base: float
    trees: list[Tree]
    weights: list[float] = []


class Expert(Struct, frozen=True):
    """One candidate: its form, and the line (`slope * logit + offset`) that makes its score a probability to trust."""

    model: Linear | Forest
    slope: float = 1.0
    offset: float = 0.0


class Stack(Struct, frozen=True):
    """The experts together: the logit is `bias` plus each expert's calibrated logit times its weight."""

    bias: float
    weights: dict[str, float]


class Grades(Struct, frozen=True):
    """From which score on a grade holds, and under which it ends again (the Schmitt trigger's two thresholds)."""

    near_churn: float
    churned: float
    hysteresis: float = 0.8  # a grade is left under this share of its threshold


class Quality(Struct, frozen=True):
    """Prequential figures over the sliding window: scored at the cut-off, judged when the label was known."""

    examples: int
    base_rate: float | None = None
    roc_auc: float | None = None
    pr_auc: float | None = None
    lift: float | None = None  # in the top decile
    recall: float | None = None  # at the alert budget
    precision: float | None = None  # at the alert budget
    calibration_error: float | None = None
    brier: float | None = None
    log_loss: float | None = None
    at_arrival: int = 0  # of the examples: scored only when they arrived, because there was no snapshot at the cut-off


class Span(Struct, frozen=True):
    """What was learned from: how many examples, how many churned, the first and last cut-off, epoch ms."""

    examples: int
    churned: int
    first: int
    last: int


class Arm(Struct, frozen=True):
    """Of the customers treated alike: how many examples, how many churned."""

    examples: int
    churned: int


class Snapshot(Struct, frozen=True):
    """One record of `models`."""

    schema: int
    version: str
    sequence: int
    made_at: int  # event time up to which labels were known, epoch ms
    feature_set: int
    features: list[str]
    champion: str  # an expert's name, or `stack`
    experts: dict[str, Expert]
    stack: Stack | None
    grades: Grades
    span: Span
    quality: dict[str, Quality]
    deciles: dict[str, list[float]] = {}  # of each feature, among what was learned: for the population stability index
    by_class: dict[str, Quality] = {}  # of the champion
    outcomes: dict[str, int] = {}  # examples by outcome, those not learned from too
    treatment: dict[str, Arm] = {}  # holdout, reached, tried, none: what was done within the horizon
    shift: dict[str, float] = {}  # features spread otherwise than some weeks before: population stability index

"""The back-test's figures as they stand in its JSON. Keys are stable: new ones may come, none goes or changes meaning.

Shares are of 1, times are days unless named otherwise, moments RFC 3339 in UTC, money in units of the base currency.
A share of nothing is null, never 0. `churnwatch backtest --schema` prints the JSON Schema made of these structs.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

SCHEMA = "churnwatch.backtest.v1"

Group = Literal["hard", "fact", "behavioural"]


class Share(Struct, frozen=True):
    """`hits` of `of`; `share` is null where `of` is 0."""

    hits: int
    of: int
    share: float | None


def share(hits: int, of: int) -> Share:
    """Return `hits` of `of`."""
    return Share(hits, of, hits / of if of else None)


class Spread(Struct, frozen=True):
    """A distribution: how many, and its lower quartile, median and upper quartile (null where there are none)."""

    count: int
    q1: float | None
    median: float | None
    q3: float | None


class Volume(Struct, frozen=True):
    """A distribution over books and days, days without anything included."""

    mean: float
    p95: float
    max: float


class Load(Struct, frozen=True):
    """What falls on one person a day.

    `opened`: new warnings per RM and day; `sent`: all alerts, endings too; `opened_500`, `sent_500`: the same for an
    RM of 500 customers: RMs' books are put together until they hold 500 and then scaled.
    """

    opened: Volume
    sent: Volume
    opened_500: Volume
    sent_500: Volume


class Counts(Struct, frozen=True):
    """Alerts by what they say, and the customers they are about."""

    opened: int
    updated: int
    resolved: int
    expired: int
    closed: int
    customers: int


class Quality(Struct, frozen=True):
    """How right the warnings were.

    `precision`: warnings whose customer left within the horizon after they opened, of those for which that is known;
    `undecided`: those opened less than a horizon before the end of what is known; `late`: those opened when the
    customer had left, or as they did, which are neither right nor wrong; `chance`: the precision that
    warnings at the same moments about anybody would have; `lift`: precision over chance; `recall`: leavers warned
    within the horizon before they left; `recall_signed`: the same of the leavers for whom signs were planted;
    `explained`: warnings that a planted sign accounts for: one that should lead to this kind, from the sign on until
    the customer leaves (both null where the truth knows of no signs); `lead`: from the first of these warnings to the
    leaving.
    """

    precision: Share
    undecided: int
    late: int
    chance: float | None
    lift: float | None
    recall: Share
    recall_signed: Share | None
    explained: Share | None
    lead: Spread


class RuleFigures(Struct, frozen=True):
    """One rule's part, or all rules' together."""

    behavioural: bool | None
    shadow: bool
    counts: Counts
    load: Load
    quality: Quality
    open_days: Spread  # of warnings that ended


class Planted(Struct, frozen=True):
    """One kind of sign in the truth, and what became of it.

    `found`: a warning of a matching kind opened within `days` after it (from `before` days before it for what can be
    known earlier) and before the customer left, or was open already (`open_before`); `delay` is from sign to
    warning; `too_new`: left out, because the customer had been known for too short a time; `undecided`: the
    window reaches past the end.
    """

    kind: str
    group: Group
    matching: list[str]
    before: float
    days: float
    found: Share
    open_before: int
    delay: Spread
    too_new: int
    undecided: int
    by: dict[str, int]


class Lookalike(Struct, frozen=True):
    """One kind of what only looks like a sign. `fired`: a warning of a kind it could deceive opened within `days`.

    `expected`: it is a fact worth a warning which then resolves; `resolved` counts those that did.
    """

    kind: str
    deceives: list[str]
    days: float
    expected: bool
    fired: Share
    resolved: int
    by: dict[str, int]


class Story(Struct, frozen=True):
    """Leavers by why they left: how many were warned within the horizon before."""

    why: str
    recall: Share


class Overlap(Struct, frozen=True):
    """`matrix[a][b]`: of the warnings of kind `a`, the share whose customer had one of kind `b` within `days`."""

    days: float
    matrix: dict[str, dict[str, float]]


class CutoffRule(Struct, frozen=True):
    """At a cut-off: who had been warned, and was it right."""

    warned: int
    precision: Share
    recall: Share
    lift: float | None


class Cutoff(Struct, frozen=True):
    """One cut-off of the inactivity label (`date`: in local time): the active customers, and who was not after it."""

    at: str
    date: str
    active: int
    churned: Share
    rules: dict[str, CutoffRule]
    overall: CutoffRule


class Cost(Struct, frozen=True):
    """What it costs, base currency, over the measured time; see `[backtest]` in the configuration.

    `without`: no warnings at all, every leaver is lost. `lost`: those who still leave; `contacts`: the RMs' time;
    `annoyance`: contacts of customers who would have stayed. `total` is their sum, `saved` what it is below `without`.
    """

    without: float
    lost: float
    contacts: float
    annoyance: float
    total: float
    saved: float


class Daily(Struct, frozen=True):
    """Warnings opened by local day and kind; days without any are there."""

    days: list[str]
    opened: dict[str, list[int]]


class Run(Struct, frozen=True):
    """One configuration's figures. `suppressed[stage][kind]`: how often a stage held a warning back."""

    name: str
    overall: RuleFigures
    rules: dict[str, RuleFigures]
    suppressed: dict[str, dict[str, int]]
    overlap: Overlap
    planted: list[Planted]
    lookalikes: list[Lookalike]
    stories: list[Story]
    cutoffs: list[Cutoff]
    cost: Cost | None
    daily: Daily
    records: dict[str, int]
    seconds: float


class Input(Struct, frozen=True):
    """What the events themselves tell."""

    file: str
    records: int
    customers: int
    rms: int
    first: str
    last: str
    days: int


class Label(Struct, frozen=True):
    """Which truth was taken, and how much of it there is. Leavers are those in the measured time."""

    kind: Literal["simulator", "left_at", "inactivity"]
    file: str | None
    horizon_days: float
    active_within_days: float | None
    known: int
    leavers: int
    leavers_signed: int | None
    unknown_customers: int  # in the truth, but not in the events: counted nowhere else


class Scope(Struct, frozen=True):
    """What was measured: warnings opened in [since, until), RFC 3339; leavers who left in it."""

    since: str
    until: str
    days: int
    history_days: float
    with_shadow: bool


class RuleDifference(Struct, frozen=True):
    """The second configuration's figure less the first's; null where either has none."""

    opened: int
    precision: float | None
    recall: float | None
    lead_median: float | None


class Difference(Struct, frozen=True):
    """Two configurations: the second less the first."""

    first: str
    second: str
    overall: RuleDifference
    rules: dict[str, RuleDifference]
    opened_500_mean: float
    cost_total: float | None
    cost_saved: float | None


class Report(Struct, frozen=True):
    """All of it."""

    schema: str
    input: Input
    label: Label
    scope: Scope
    runs: list[Run]
    difference: Difference | None

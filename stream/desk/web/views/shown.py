"""What is shown of a customer and their warnings. Times are epoch ms; money is in units of the base currency."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from stream.domain.alerts import Words


class NextStep(Struct, frozen=True, kw_only=True):
    """What to do, and by when."""

    what: Words
    due_at: int
    overdue: bool


class Said(Struct, frozen=True, kw_only=True):
    """What to say and what to offer, from the configuration."""

    say: Words | None = None
    offer: Words | None = None


class EpisodeShown(Struct, frozen=True, kw_only=True):
    """One warning. `ranked_because` is its rank in words."""

    episode_id: str
    customer_id: str
    kind: str
    severity: str
    state: str
    priority: int
    points: float
    title: Words
    reason: Words
    ranked_because: Words
    next_step: NextStep | None
    opened_at: int
    updated_at: int
    ended_at: int | None
    acknowledged_at: int | None
    acknowledged_by: str | None
    snoozed_until: int | None
    snooze_reason: str | None
    outcome: str | None
    loss_reason: str | None
    reason_source: str | None
    escalation: int
    held_by: str | None
    owner: str
    version: int
    new: bool  # nobody has answered it yet
    class_: str | None = field(name="class")


class CardShown(Struct, frozen=True, kw_only=True):
    """A customer on the worklist with what is open about them. `name` only for who may call."""

    customer_id: str
    name: str | None
    priority: int
    points: float
    due_at: int | None
    updated_at: int
    class_: str | None = field(name="class")
    tier: str | None
    segment: str | None
    owner: str
    episodes: list[EpisodeShown]


class WorklistShown(Struct, frozen=True, kw_only=True):
    """One page of the worklist. `more`: of these many only the first are in `total`; `more_counted`: in `counts`."""

    cards: list[CardShown]
    total: int
    offset: int
    limit: int
    counts: dict[str, int]
    more: bool = False
    more_counted: bool = False


class Moment(Struct, frozen=True, kw_only=True):
    """One line of the timeline. `text` is what somebody wrote: hostile input."""

    at: int
    what: str  # alert, action, contact, note, event, referral, movement
    word: str  # of the catalogue, within `what`
    title: Words | None = None
    text: str | None = None
    by: str | None = None
    severity: str | None = None
    details: dict[str, Any] = {}


class Chart(Struct, frozen=True, kw_only=True):
    """An alert's own series, with the line it is held against and the moment of the warning."""

    episode_id: str
    title: Words
    unit: str
    points: list[tuple[str, float]]
    baseline: float | None
    baseline_name: str | None
    warned_on: str  # ISO date


class Curve(Struct, frozen=True, kw_only=True):
    """The customer's balance or usage, with the line it is held against and the days of their warnings."""

    what: str  # balance, usage
    unit: str
    points: list[tuple[str, float]]  # ISO date, value
    baseline: float | None
    baseline_name: str | None
    warned_on: list[str]  # ISO dates


class ScoreShown(Struct, frozen=True, kw_only=True):
    """What the model said last, and what counted most."""

    score: float
    grade: str | None
    version: str | None
    reasons: list[Words]


class ProductShown(Struct, frozen=True, kw_only=True):
    """A product of the profile."""

    product_id: str
    kind: str | None
    amount: float | None
    matures_on: str | None


class Relative(Struct, frozen=True, kw_only=True):
    """Somebody of the same household, payroll group or circle; `open` warnings they have. Name where one may call."""

    customer_id: str
    relation: str
    name: str | None
    open: int
    within_reach: bool


class TaskShown(Struct, frozen=True, kw_only=True):
    """A next step with a time."""

    task_id: str
    kind: str
    customer_id: str
    customer_name: str | None
    episode_id: str | None
    owner: str
    due_at: int
    overdue: bool
    details: dict[str, Any]


class ApprovalShown(Struct, frozen=True, kw_only=True):
    """What somebody asks a manager for."""

    approval_id: str
    subject: str
    customer_id: str
    customer_name: str | None
    episode_id: str | None
    title: Words | None
    reason: Words | None
    value: float | None
    requested_by: str
    requested_at: int
    proposal: dict[str, Any]


class CustomerShown(Struct, frozen=True, kw_only=True):
    """A customer's page."""

    customer_id: str
    name: str | None
    phone: str | None
    masked: bool  # there is a name or number, and who looks may not have it
    tier: str | None
    class_: str | None = field(name="class")
    segment: str | None
    industry: str | None
    rm_id: str | None
    branch_id: str | None
    household_id: str | None
    since: str | None
    no_retention_contact: bool
    litigation: bool
    health: float | None
    value: float | None
    score: ScoreShown | None
    episodes: list[EpisodeShown]
    said: dict[str, Said]  # by kind
    products: list[ProductShown]
    relatives: list[Relative]
    tasks: list[TaskShown]
    timeline: list[Moment]
    charts: list[Chart]

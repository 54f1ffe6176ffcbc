"""The alert envelope: CloudEvents 1.0 in Kafka binary mode (attributes in `ce_*` headers, the body in the value)."""

from __future__ import annotations

import datetime as dt
from hashlib import blake2b
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from stream.domain.events import Severity
from stream.domain.signals import Figure
from stream.domain.worth import Basis

AlertState = Literal["opened", "updated", "resolved", "expired", "closed", "acknowledged", "escalated"]
"""From the engine, the last two from the desk alone; `closed` from either: the customer left, or an outcome."""
SOURCE = "urn:churnwatch:engine"
DESK_SOURCE = "urn:churnwatch:desk"
TYPE = "churnwatch.alert.{state}.v1"
PRIORITY: dict[str, int] = {"critical": 1, "high": 2, "medium": 3, "low": 4}


class Words(Struct, frozen=True):
    """The same in Chinese and in English."""

    zh: str
    en: str


class NextStep(Struct, frozen=True):
    """What to do, and by when (RFC 3339)."""

    zh: str
    en: str
    due: str


class Rank(Struct, frozen=True):
    """How much the warning matters, with the figures behind it: `points` is the product of the four.

    `value` is what the customer is worth in a year, in units of the base currency: what they paid in the last twelve
    months, or a margin on their assets, or a small figure where neither is known. `weight` is that of their class.
    """

    value: float
    value_basis: Basis
    likelihood: float  # that they leave, 0 to 1: the rule's usual share, or what the model says
    likelihood_basis: Literal["rule", "model"]
    urgency: float  # 0 to 1: by severity, and by the time that the next step has
    class_: str = field(name="class")
    weight: float
    top_fifth: bool  # by value, among the customers of the shard
    points: float


class ScoreReason(Struct, frozen=True):
    """One feature's part in a score: its value in its own unit (null = not known) and its share of the log-odds.

    A share above 0 speaks for leaving.
    """

    feature: str
    value: float | None
    contribution: float
    zh: str
    en: str


class Alert(Struct, frozen=True, omit_defaults=False):
    """The body. Times are RFC 3339 UTC; money is in units of the base currency; no names, no phone numbers.

    `score`, `grade`, `model_version` and `reasons` are what the model said last of the customer, null and empty as long
    as there is none (a cold start): `health`, 0 to 100, then says how the relation stands.

    `rm_id` and `branch_id` are those of the profile; `routes` says who gets it, first the one who looks after the
    customer now, which may be a deputy. `priority` is 1 (first) to 4.
    """

    alert_id: str
    episode_id: str
    sequence: int
    state: AlertState
    kind: str
    severity: Severity
    priority: int
    customer_id: str
    rm_id: str | None
    branch_id: str | None
    routes: list[str]
    title: Words
    reason: Words
    next_step: NextStep | None
    evidence: dict[str, Figure]
    series: list[tuple[str, float]]
    event_time: str
    rule: str
    rule_version: int
    causes: list[str]
    score: float | None = None
    grade: Literal["normal", "near-churn", "churned"] | None = None
    model_version: str | None = None
    reasons: list[ScoreReason] = []
    health: float | None = None
    rank: Rank | None = None
    storm_id: str | None = None  # the burst of this kind that it belongs to; only where it opens
    detected_at: str | UnsetType = UNSET  # wall clock; left out where two runs are compared


class Answer(Struct, frozen=True, kw_only=True):
    """What happened at the desk: who did it (a staff id, or `desk`) and, of an escalation, to whom it went."""

    action_id: str
    actor: str
    outcome: str | None = None
    loss_reason: str | None = None
    reason_source: Literal["customer", "rm"] | None = None
    step: int | None = None
    to: Literal["deputy", "branch", "manager"] | None = None


class DeskAlert(Alert, frozen=True, omit_defaults=False):
    """What the desk tells of an episode: the engine's newest alert of it with a state, an id and a time of the desk's.

    `sequence` is that of the engine's alert; `event_time` and `detected_at` are when it happened at the desk.
    """

    answer: Answer | None = None


def episode_id(customer: str, kind: str, opened_at: int, causes: tuple[str, ...]) -> str:
    """Return the same id for the same opening, whoever opens it: 128 bits of BLAKE2b in hex."""
    return _digest("episode", customer, kind, str(opened_at), *causes)


def alert_id(episode: str, sequence: int) -> str:
    """Return the id of an episode's `sequence`-th alert."""
    return _digest("alert", episode, str(sequence))


def desk_alert_id(episode: str, state: AlertState, action: str) -> str:
    """Return the id of what the desk tells of an episode because of an action: the same on a repeat."""
    return _digest("desk", episode, state, action)


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def rfc3339(time: int) -> str:
    """Write epoch ms as RFC 3339 in UTC."""
    return dt.datetime.fromtimestamp(time / 1000, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def headers(alert: Alert, source: str = SOURCE) -> list[tuple[str, bytes]]:
    """Return the CloudEvents attributes as Kafka headers (CloudEvents Kafka binding, binary mode)."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": alert.alert_id,
        "ce_source": source,
        "ce_type": TYPE.format(state=alert.state),
        "ce_subject": alert.episode_id,
        "ce_time": alert.event_time,
        "ce_partitionkey": alert.customer_id,
        "ce_severity": alert.severity,
        "content-type": "application/json",
    }
    return [(name, value.encode()) for name, value in attributes.items()]

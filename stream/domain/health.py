"""A customer's health, 0 to 100: how well the relation stands, from what is known of it.

Each part is a small function that says 0 (bad) to 1 (good), or `None` while nothing is known; the weights of those
that are known are taken up to the whole. It needs no model, which makes it the fall-back while there is none.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from stream.domain import holdings
from stream.domain.business import DAY_MS, Business
from stream.domain.state import ACTS, State

LONG = 84
"""Days of history that a comparison with the customer's own past needs."""

USUAL_CONTACT_DAYS = 90
"""Within so many days somebody should have been spoken to, where their class has no standard."""

_SPAN = 28
_COMPLAINT_DAYS = 90
_HELD = (0.0, 0.5, 0.75, 1.0)  # by the number of products
_GRAVE = {"critical": 0.75, "high": 0.5}
_GRADES = {
    **{"aaa": 1.0, "aa": 0.95, "a": 0.9, "bbb": 0.7, "bb": 0.55, "b": 0.4, "ccc": 0.2, "cc": 0.15, "c": 0.1, "d": 0.0},
    **{"low": 1.0, "medium": 0.5, "high": 0.1, "1": 1.0, "2": 0.8, "3": 0.5, "4": 0.2, "5": 0.0},
    **{"正常": 1.0, "关注": 0.6, "次级": 0.3, "可疑": 0.1, "损失": 0.0, "低": 1.0, "中": 0.5, "高": 0.1},
}
"""Ratings, levels of risk and the five categories of loans."""


class Weights(Struct, frozen=True):
    """How much each part counts; only their proportions matter."""

    contact: float = 0.2
    holdings: float = 0.15
    activity: float = 0.25
    balance: float = 0.2
    complaints: float = 0.1
    risk: float = 0.1


USUAL = Weights()


class Health(Struct, frozen=True):
    """The score, `None` where no part that counts is known, and each known part, 0 to 1."""

    score: float | None
    parts: dict[str, float]


def contact(state: State, today: int, business: Business) -> float | None:
    """Return 1 within the class's contact standard, falling to 0 at three times as long; `None` without contacts."""
    if state.contact is None:
        return None
    if not state.contact.reached_at:
        return 0.0
    standard = business.classes.of(state, today).contact_days or USUAL_CONTACT_DAYS
    over = (today - business.day(state.contact.reached_at)) / standard - 1
    return min(1.0, max(0.0, 1 - over / 2))


def products(state: State, today: int, business: Business) -> float | None:
    """Return 0 for no product to 1 for three or more; `None` where none was ever heard of."""
    if not state.products:
        return None
    held = sum(not product.ended_on for product in state.products.values())
    return _HELD[min(held, len(_HELD) - 1)]


def activity(state: State, today: int, business: Business) -> float | None:
    """Return the active days of four weeks over those of the eight before; `None` where there was little to compare."""
    if not state.first_seen or business.day(state.first_seen) > today - LONG:
        return None
    recent = before = 0
    for day, bucket in state.days.numbered():
        if bucket[ACTS] > 0 and day <= today:
            if day > today - _SPAN:
                recent += 1
            elif day > today - LONG:
                before += 1
    return min(1.0, 2 * recent / before) if before >= 4 else None


def balance(state: State, today: int, business: Business) -> float | None:
    """Return the holdings over their median of three months; `None` without a month of closings."""
    baseline = state.baseline
    if baseline is None or baseline.days < _SPAN or baseline.median <= 0:
        return None
    return min(1.0, max(0.0, holdings.current(state, today) / baseline.median))


def complaints(state: State, today: int, business: Business) -> float | None:
    """Return 1 without a complaint, less for each of the last three months that is not settled."""
    since = business.day_start(today) - _COMPLAINT_DAYS * DAY_MS
    lost = sum(
        _GRAVE.get(case.severity or "", 0.25)
        for case in state.complaints.values()
        if not case.satisfied and case.updated_at >= since
    )
    return max(0.0, 1 - lost)


def risk(state: State, today: int, business: Business) -> float | None:
    """Return 1 for the best risk grade to 0 for the worst; `None` for one that is not known."""
    grade = state.profile.risk_grade if state.profile is not None else None
    return None if grade is None else _GRADES.get(grade.strip().rstrip("+-").lower())


PARTS: dict[str, Callable[[State, int, Business], float | None]] = {
    "contact": contact,
    "holdings": products,
    "activity": activity,
    "balance": balance,
    "complaints": complaints,
    "risk": risk,
}
"""Every part by the name of its weight."""


def health(state: State, time: int, business: Business, weights: Weights = USUAL) -> Health:
    """Return how the relation with a customer stands at `time` (epoch ms)."""
    today = business.day(time)
    parts: dict[str, float] = {}
    total = scored = 0.0
    for name, part in PARTS.items():
        weight: float = getattr(weights, name)
        value = part(state, today, business) if weight > 0 else None
        if value is not None:
            parts[name] = value
            total += weight
            scored += weight * value
    return Health(round(100 * scored / total, 1) if total else None, parts)

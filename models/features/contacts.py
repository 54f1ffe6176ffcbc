"""How long nobody spoke to the customer, and whether they answer."""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View

_CONTACT = "practice: relationship managers' contact standards"


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return view.state.contact is not None


@feature(
    unit="days",
    meaning="since somebody last reached the customer",
    source=_CONTACT,
    log=True,
    zh="距上次联系成功{value:.0f}天",
    en="{value:.0f} days since they were last reached",
)
def since_reached(view: View) -> float | None:
    """Return the days; missing for who was never reached."""
    contact = view.state.contact
    return view.age(contact.reached_at) if contact is not None and contact.reached_at else None


@feature(
    unit="attempts",
    meaning="attempts without an answer since the last one that reached the customer",
    source=_CONTACT,
    log=True,
    zh="连续{value:.0f}次联系无回应",
    en="{value:.0f} attempts without an answer",
)
def unanswered(view: View) -> float | None:
    """Return the number; missing where nobody ever tried."""
    return None if view.state.contact is None else view.state.contact.unanswered


@feature(
    unit="ratio",
    meaning="days since the customer was last reached over the standard of the class that the profile names",
    source=_CONTACT,
    log=True,
    zh="联系间隔为标准的{value:.1f}倍",
    en="contact overdue: {value:.1f} times the standard",
)
def contact_overdue(view: View) -> float | None:
    """Return the ratio; missing without a standard or a contact."""
    state = view.state
    if state.contact is None or not state.contact.reached_at or state.profile is None or not state.profile.class_:
        return None
    standard = view.business.classes.of(state, view.today).contact_days
    return view.age(state.contact.reached_at) / standard if standard else None


FEATURES: tuple[Feature, ...] = (
    since_reached,
    unanswered,
    contact_overdue,
)
ABSENT: tuple[float | None, ...] = (None,) * len(FEATURES)

"""What happened with a customer, the newest first: events, alerts, what people did and wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.alerts import alerts_of
from stream.desk.store.tables import Action, Alert, Contact, CustomerEvent, Note, Referral
from stream.desk.store.vault import Vault, VaultError
from stream.desk.web.views.episodes import alert_in
from stream.desk.web.views.movements import Movements
from stream.desk.web.views.shown import Moment
from stream.domain.alerts import Answer

_MOST = 200
_WITH_OWN_LINE = ("note", "contact", "refer")  # shown by what they wrote, not a second time as an action
_LONGEST_TEXT = 4_000
_TOLD = ("channel", "severity", "cause", "forwarding", "product", "change")
"""What is shown of an event besides its words; of a product neither id nor amount, which its own line has."""
_ANSWERS = frozenset({"acknowledged", "closed"})
_REPEATS = _ANSWERS | {"escalated"}
"""States of the desk's own alerts, which have the reason of the one before in them."""


async def timeline_of(session: AsyncSession, customer_id: str, vault: Vault, *, texts: bool) -> list[Moment]:
    """Return the newest moments of everything; `texts`: with what customers and colleagues wrote."""
    found = [moment async for moment in _all(session, customer_id, vault, texts)]
    return sorted(found, key=lambda moment: -moment.at)[:_MOST]


def with_movements(moments: Sequence[Moment], moved: Movements) -> list[Moment]:
    """Return the moments with what moved, and what went to other houses, the newest first.

    A day on which money went elsewhere has a line of its own; ordinary days that follow each other share one.
    """
    lines: list[Moment] = []
    for moment in sorted([*moments, *_moved(moved)], key=lambda moment: -moment.at):
        if lines and _is_plain(moment) and _is_plain(lines[-1]):
            lines[-1] = _together(lines[-1], moment)
        else:
            lines.append(moment)
    return lines


def _is_plain(moment: Moment) -> bool:
    return moment.what == "movement" and moment.word in ("day", "days") and not moment.details["elsewhere"]


def _together(later: Moment, earlier: Moment) -> Moment:
    """Return one line of days that follow each other; `days`: each of them, the newest first."""
    one, other = later.details, earlier.details
    days = [*one.get("days", [one]), other]
    sums = {name: one[name] + other[name] for name in ("money_in", "money_out", "acts")}
    used = {
        unit: one["usage"].get(unit, 0) + other["usage"].get(unit, 0) for unit in {**one["usage"], **other["usage"]}
    }
    span = {"elsewhere": 0.0, "day": other["day"], "last_day": days[0]["day"]}
    return Moment(at=later.at, what="movement", word="days", details={**sums, **span, "usage": used, "days": days})


def _moved(moved: Movements) -> Iterator[Moment]:
    for day in moved.days:
        if day.acts or day.money_in or day.money_out or day.usage:
            yield Moment(at=day.ends_at, what="movement", word="day", details=msgspec.to_builtins(day))
    for flow in moved.went_away:
        yield Moment(at=flow.at, what="movement", word="went_away", details=msgspec.to_builtins(flow))


async def _all(session: AsyncSession, customer_id: str, vault: Vault, texts: bool) -> AsyncIterator[Moment]:
    for alert in await alerts_of(session, customer_id, limit=_MOST):
        if alert.state not in _ANSWERS or alert.topic_partition is not None:  # what was answered here has its action
            yield _of_alert(alert)
    for entity, time, made in _KINDS:
        rows = select(entity).where(entity.customer_id == customer_id).order_by(time.desc()).limit(_MOST)
        for row in await session.scalars(rows):
            for moment in made(row, vault, texts):
                yield moment


def _of_alert(alert: Alert) -> Moment:
    body = alert_in(alert.body)
    return Moment(
        at=alert.event_time,
        what="alert",
        word=alert.state,
        title=body.title if body else None,
        severity=alert.severity,
        details={
            "kind": alert.kind,
            "reason": body.reason if body and alert.state not in _REPEATS else None,
            "episode_id": alert.episode_id,
            "to": _escalated_to(alert),
        },
    )


class _Told(msgspec.Struct):
    answer: Answer | None = None


def _escalated_to(alert: Alert) -> str | None:
    """Return whom the desk escalated it to."""
    if alert.state != "escalated":
        return None
    try:
        answer = msgspec.json.decode(alert.body, type=_Told).answer
    except msgspec.DecodeError:
        return None
    return answer.to if answer is not None else None


def _of_event(event: CustomerEvent, vault: Vault, texts: bool) -> Iterator[Moment]:
    body = _opened(event.body_sealed, vault)
    said = " ".join(str(body[name]) for name in ("subject", "text") if body.get(name)) if texts else ""
    if event.topic == "contacts":
        return  # the contacts' own table has it
    details = {name: body[name] for name in _TOLD if body.get(name)}
    yield Moment(
        at=event.time, what="event", word=f"{event.topic}.{event.type}", text=said[:_LONGEST_TEXT] or None,
        details={**details, "subject_id": event.subject_id},
    )  # fmt: skip


def _opened(sealed: bytes, vault: Vault) -> dict[str, Any]:
    """Return an event's body; empty where it cannot be read."""
    try:
        body = msgspec.json.decode(vault.open_bytes(sealed))
    except (VaultError, msgspec.DecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(sealed: bytes | None, vault: Vault, texts: bool) -> str | None:
    try:
        return vault.open_if(sealed) if texts else None
    except VaultError:
        return None


def _of_note(note: Note, vault: Vault, texts: bool) -> Iterator[Moment]:
    yield Moment(at=note.at, what="note", word="written", text=_text(note.text_sealed, vault, texts), by=note.author)


def _of_contact(contact: Contact, vault: Vault, texts: bool) -> Iterator[Moment]:
    details = {"how": contact.how}
    yield Moment(at=contact.at, what="contact", word=contact.result, by=contact.staff_id, details=details)


def _of_referral(referral: Referral, vault: Vault, texts: bool) -> Iterator[Moment]:
    reason = _text(referral.reason_sealed, vault, texts)
    details = {"department": referral.department, "referral_id": referral.referral_id}
    yield Moment(at=referral.at, what="referral", word=referral.state, text=reason, by=referral.by, details=details)


def _of_action(action: Action, vault: Vault, texts: bool) -> Iterator[Moment]:
    if action.action in _WITH_OWN_LINE:
        return
    given = {
        "outcome": action.outcome,
        "loss_reason": action.loss_reason,
        "reason_source": action.reason_source,
        "until": action.until,
        "why": action.why,
        "receiver": action.receiver,
    }
    details = {name: value for name, value in given.items() if value is not None}
    yield Moment(at=action.at, what="action", word=action.action, by=action.actor, details=details)


_KINDS: tuple[tuple[Any, Any, Callable[[Any, Vault, bool], Iterator[Moment]]], ...] = (
    (CustomerEvent, CustomerEvent.time, _of_event),
    (Note, Note.at, _of_note),
    (Contact, Contact.at, _of_contact),
    (Referral, Referral.at, _of_referral),
    (Action, Action.at, _of_action),
)
"""Table, its time, and what makes moments of a row."""

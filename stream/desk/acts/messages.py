"""The messages that acts leave in the outbox: `feedback`, `contacts`, `alerts`. Ids are the same on a repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stream.desk.store.repositories.outbox import Message
from stream.desk.store.tables import Episode
from stream.domain.alerts import DESK_SOURCE, AlertState, Answer, DeskAlert, desk_alert_id, headers, rfc3339
from stream.domain.events import Contact, Feedback

_JSON = (("content-type", "application/json"),)
_DECODER = msgspec.json.Decoder(DeskAlert)


def feedback(episode: Episode, fields: Mapping[str, Any], action_id: str, actor: str, now: int) -> Message:
    """Return what the engine is told; `fields`: action, and until, outcome, loss_reason, reason_source."""
    event = Feedback(
        event_id=action_id,
        customer_id=episode.customer_id,
        time=now,
        action_id=action_id,
        episode_id=episode.episode_id,
        actor=actor,
        **fields,
    )
    return _message("feedback", event, action_id)


def contact(event: Contact) -> Message:
    """Return a contact that was logged here, so that the gap closes."""
    return _message("contacts", event, event.event_id)


def desk_alert(
    episode: Episode, state: AlertState, answer: Answer, now: int, also: Sequence[str] = ()
) -> tuple[DeskAlert, bytes]:
    """Return the newest alert of an episode with what the desk says of it, and its bytes; `also` gets it too."""
    newest = _DECODER.decode(episode.body)
    routes = list(dict.fromkeys([episode.owner, *newest.routes[1:], *also]))
    alert = msgspec.structs.replace(
        newest,
        alert_id=desk_alert_id(episode.episode_id, state, answer.action_id),
        sequence=episode.sequence,
        state=state,
        branch_id=episode.branch_id,
        routes=routes,
        event_time=rfc3339(now),
        detected_at=rfc3339(now),
        storm_id=None,  # only where it opens
        answer=answer,
    )
    return alert, msgspec.json.encode(alert)


def alert_message(alert: DeskAlert, body: bytes) -> Message:
    """Return the message to `alerts`."""
    return Message(
        message_id=f"alerts/{alert.alert_id}",
        topic="alerts",
        key=alert.customer_id.encode(),
        value=body,
        headers=tuple((name, value.decode()) for name, value in headers(alert, DESK_SOURCE)),
        customer_id=alert.customer_id,
    )


def _message(topic: str, event: Feedback | Contact, id_: str) -> Message:
    """Return an event's message, without what is empty."""
    fields = {name: value for name, value in msgspec.to_builtins(event).items() if value is not None}
    return Message(
        message_id=f"{topic}/{id_}",
        topic=topic,
        key=event.customer_id.encode(),
        value=msgspec.json.encode(fields),
        headers=_JSON,
        customer_id=event.customer_id,
    )

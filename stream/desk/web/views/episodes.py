"""An episode's row and its newest alert as what is shown."""

from __future__ import annotations

import msgspec

from stream.desk.store.tables import Episode
from stream.desk.web.views.ranking import in_words
from stream.desk.web.views.shown import EpisodeShown, NextStep
from stream.domain.alerts import Alert, Words

_DECODER = msgspec.json.Decoder(Alert)
_OWN = frozenset({"title", "reason", "ranked_because", "next_step", "snoozed_until", "snooze_reason", "new"})
_SAME = tuple(name for name in EpisodeShown.__struct_fields__ if name not in _OWN)
"""Fields that an episode's row has by the same name."""


def alert_in(body: bytes) -> Alert | None:
    """Return the alert of a body; None where it is none that this version reads."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def shown(episode: Episode, now: int, currency: str) -> EpisodeShown:
    """Return an episode as it is shown at `now`."""
    alert = alert_in(episode.body)
    plain = Words(episode.kind, episode.kind)
    answered = (episode.acknowledged_at, episode.ended_at, episode.outcome)
    snoozed = episode.snoozed_until if episode.snoozed_until is not None and episode.snoozed_until > now else None
    return EpisodeShown(
        **{name: getattr(episode, name) for name in _SAME},
        title=alert.title if alert else plain,
        reason=alert.reason if alert else Words("", ""),
        ranked_because=in_words(alert.rank if alert else None, episode, now, currency),
        next_step=_step(alert, episode, now),
        snoozed_until=snoozed,
        snooze_reason=episode.snooze_reason if snoozed else None,
        new=snoozed is None and all(value is None for value in answered),
    )


def _step(alert: Alert | None, episode: Episode, now: int) -> NextStep | None:
    if alert is None or alert.next_step is None or episode.due_at is None:
        return None
    step = alert.next_step
    overdue = episode.due_at < now and episode.acknowledged_at is None and episode.ended_at is None
    return NextStep(what=Words(step.zh, step.en), due_at=episode.due_at, overdue=overdue)

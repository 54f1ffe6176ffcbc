"""Alerts put together into warnings: when each opened, how it went on and when it ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MS = dt.timedelta(milliseconds=1)


class Episode(Struct, gc=False):
    """One warning. Times are epoch ms; `ended` is `None` while it is open, `end` says how it ended."""

    id: str
    customer: str
    kind: str
    rm: str | None
    opened: int
    severity: str
    ended: int | None = None
    end: str | None = None
    updates: int = 0


def episodes(alerts: Iterable[dict[str, Any]]) -> list[Episode]:
    """Return the warnings of alert bodies, in order of opening; an alert whose opening is not there is left out."""
    found: dict[str, Episode] = {}
    for alert in sorted(alerts, key=lambda body: (body["event_time"], body["episode_id"], body["sequence"])):
        state, time = alert["state"], epoch_ms(alert["event_time"])
        if state == "opened":
            found[alert["episode_id"]] = Episode(
                alert["episode_id"], alert["customer_id"], alert["kind"], alert["rm_id"], time, alert["severity"]
            )
            continue
        episode = found.get(alert["episode_id"])
        if episode is None:
            continue
        if state == "updated":
            episode.updates += 1
        elif state in ("resolved", "expired", "closed"):
            episode.ended, episode.end = time, state
    return list(found.values())


def epoch_ms(value: Any) -> int:
    """Read a moment: RFC 3339, or epoch ms as a number.

    Raises:
        ValueError: it is neither, or an RFC 3339 time without its offset.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{value!r} is not a time")
    if not isinstance(value, str):
        return int(value)
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no offset such as Z or +08:00")
    return (moment - _EPOCH) // _MS

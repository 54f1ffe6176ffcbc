"""Marks a burst of one kind, so that receivers can sum it up: a power cut is one piece of news and not a thousand."""

from __future__ import annotations

from stream.domain.business import Business
from stream.domain.storm import StormLimits
from stream.policy.base import Moment


def mark(kind: str, moment: Moment, limits: StormLimits, business: Business) -> str | None:
    """Count a warning that opens and return the id of the storm it belongs to, if there is one.

    The id is made of the kind and the business day on which the storm began: shards that are hit on the same day name
    it alike without talking to each other.
    """
    if not moment.teaches:
        return None
    since = moment.world.learn_warning(kind, moment.time, limits)
    return f"{kind}/{business.date(business.day(since)).isoformat()}" if since else None

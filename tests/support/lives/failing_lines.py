"""A customer whose lines fail for days, and then no more."""

from support.timeline import at


def life():
    start = at("2025-01-26 09:00")
    return [
        [start.plus(days=n).service("c", "service_incident", cause="dropped_call") for n in range(4)],
        start.plus(days=40).transaction("c", 1),
    ]

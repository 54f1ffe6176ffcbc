"""A customer whose money goes to another bank and comes back."""

from support.timeline import at, steady


def life():
    start = at("2025-03-12 10:00")
    return [
        steady("c", 300_000, days=70),
        at("2025-03-05 10:00").pays("c", 40),  # no more than that: nothing to look into
        start.pays("c", 180_000),
        start.plus(hours=1).balance("c", 120_000),
        start.plus(days=2).balance("c", 300_000),
        start.plus(days=4).balance("c", 300_000),
    ]

"""A buyer who comes every Tuesday, stays away for a month and comes again."""

from support.timeline import at


def life():
    weeks = [*range(10), 13]
    return [at("2025-05-06 11:00").plus(days=7 * week).transaction("c", 800, category="order") for week in weeks]

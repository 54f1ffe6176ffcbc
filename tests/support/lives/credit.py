"""A company that leaves its line unused and draws on it again."""

from support.timeline import every_day


def life():
    return [
        [m.balance("c", 10_000, "line", kind="credit_used", limit=800_000) for m in every_day("2025-01-01", 100)],
        [m.balance("c", 500_000, "line", kind="credit_used", limit=800_000) for m in every_day("2025-04-11", 3)],
    ]

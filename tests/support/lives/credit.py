"""A company that leaves its line unused, draws on it again, has it cut and gets it back."""

from support.timeline import at, every_day


def life():
    start = at("2025-05-02 09:00")
    return [
        [m.balance("c", 10_000, "line", kind="credit_used", limit=800_000) for m in every_day("2025-01-01", 100)],
        [m.balance("c", 500_000, "line", kind="credit_used", limit=800_000) for m in every_day("2025-04-11", 3)],
        start.service("c", "credit_limit_changed", change={"from": 800_000, "to": 500_000}),
        start.plus(days=1).service("c", "renewal_due", product={"product_id": "line", "matures_on": "2025-05-20"}),
        start.plus(days=9).service("c", "credit_limit_changed", change={"from": 500_000, "to": 800_000}),
    ]

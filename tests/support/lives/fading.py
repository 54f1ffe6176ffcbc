"""A customer whose relation fades on every side: fewer visits, less money, a complaint; and who comes back."""

from __future__ import annotations

from support.timeline import Lines, at, every_day


def life() -> list[Lines]:
    """Return the life of `c`."""
    return [
        at("2025-01-01 08:00").profile("c", rm_id="r", risk_grade="A", products=[{"product_id": "p", "kind": "card"}]),
        at("2025-01-02 08:00").event("contacts", "c", staff_id="r", how="call", result="reached"),
        [day.balance("c", 100_000) for day in every_day("2025-01-01", 100)],
        [day.transaction("c", 50, category="purchase") for day in every_day("2025-01-01", 100, "12:00")],
        [day.balance("c", 20_000) for day in every_day("2025-04-11", 40)],
        at("2025-04-14 10:00").complaint("c", "k", severity="high"),
        at("2025-05-21 10:00").event("contacts", "c", staff_id="r", how="call", result="reached"),
        at("2025-05-21 11:00").complaint("c", "k", "closed", satisfied=True),
        [day.transaction("c", 50, category="purchase") for day in every_day("2025-05-21", 40, "12:00")],
        [day.balance("c", 90_000) for day in every_day("2025-05-21", 40)],
    ]

"""A key customer whom nobody calls, whose orders fall under the floor of their class and stop."""

from __future__ import annotations

from support.timeline import Lines, at


def life() -> list[Lines]:
    """Return the life of `c`."""
    start = at("2025-01-02 09:00")
    orders = [60_000, 55_000, 58_000, 61_000, 4_000, 3_000, 2_000, 0, 0, 40_000]
    months = [at(f"2025-{month:02d}-10 10:00") for month in range(1, 11)]
    return [
        start.profile("c", class_="key", segment="corporate", rm_id="r", risk_grade="A"),
        start.event("contacts", "c", staff_id="r", how="call", result="reached"),
        [
            when.transaction("c", amount, category="order")
            for when, amount in zip(months, orders, strict=True)
            if amount
        ],
        at("2025-03-20 10:00").event("contacts", "c", staff_id="r", how="call", result="not_reached"),
        at("2025-10-11 10:00").event("contacts", "c", staff_id="r", how="visit", result="reached"),
        at("2025-10-12 10:00").passes(),
    ]

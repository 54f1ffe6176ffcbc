"""A customer whose assets near a tier's line, who falls in tier and class, and is back."""

from support.timeline import at, every_day, steady


def life():
    start = at("2025-03-20 12:00")
    return [
        at("2025-01-01 09:00").profile("c", tier="gold", class_="key"),
        steady("c", 400_000),
        [moment.balance("c", 250_000) for moment in every_day("2025-03-02", 15)],
        start.profile("c", tier="silver", class_="mass"),
        start.plus(days=5).service("c", "tier_changed", change={"from": "silver", "to": "gold"}),
        start.plus(days=6).profile("c", tier="gold", class_="key"),
    ]

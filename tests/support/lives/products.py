"""A customer whose products come to their end, one after the other."""

from support.timeline import at


def life():
    start = at("2025-01-06 10:00")
    return [
        start.product("c", "product_opened", "p1", kind="deposit", amount=50_000, matures_on="2025-04-06"),
        start.plus(days=87).product(
            "c", "product_opened", "p1", kind="deposit", amount=50_000, matures_on="2026-04-06"
        ),
        start.plus(days=100).passes(),
    ]

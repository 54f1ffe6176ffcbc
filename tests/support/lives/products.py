"""A customer whose products come to their end, one after the other."""

from support.timeline import at


def life():
    start = at("2025-01-06 10:00")
    return [
        start.product("c", "product_opened", "p1", kind="deposit", amount=50_000, matures_on="2025-04-06"),
        start.plus(days=87).product(
            "c", "product_opened", "p1", kind="deposit", amount=50_000, matures_on="2026-04-06"
        ),
        start.plus(days=90).product("c", "product_opened", "m1", kind="mortgage", amount=9e5, matures_on="2030-01-01"),
        start.plus(days=150).service("c", "mortgage_settled", product={"product_id": "m1"}),
        start.plus(days=160).product("c", "product_opened", "m2", kind="mortgage", amount=8e5),
        start.plus(days=170).product("c", "product_closed", "p1"),
        start.plus(days=180).product("c", "product_opened", "p2", kind="wealth", amount=60_000),
        start.plus(days=200).passes(),
    ]

"""A customer whose matured money leaves, and is put into a new product in the end."""

from support.timeline import at


def life():
    start = at("2025-04-06 09:00")
    return [
        start.plus(days=-60).product("c", "product_opened", "p1", kind="wealth", amount=500_000),
        start.product("c", "product_matured", "p1"),
        start.plus(days=2).pays("c", 480_000),
        start.plus(days=9).product("c", "product_opened", "p2", kind="deposit", amount=490_000),
    ]

"""A customer who is left with one product, does less and less, and comes back."""

from support.timeline import at, every_day


def life():
    start, end = at("2025-01-01 09:00"), at("2025-04-11 10:00")
    fund = {"kind": "fund", "amount": 1000}
    return [
        start.profile("c", rm_id="r", products=[{"product_id": "p", **fund}, {"product_id": "q", **fund}]),
        [moment.transaction("c", 20, category="purchase") for moment in every_day("2025-01-02", 75)],
        end.product("c", "product_matured", "p"),
        end.plus(days=3).product("c", "product_opened", "r", **fund),
    ]

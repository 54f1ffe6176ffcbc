"""A customer with a drop, forwardings and complaints."""

from support.timeline import at, every_day, steady


def life():
    start = at("2025-03-02 09:00")
    return [
        steady("c", 100_000),
        start.profile("c", rm_id="r", products=[{"product_id": "p", "amount": 5}]),
        start.plus(minutes=1).pays("c", 40_000),
        start.plus(minutes=2).balance("c", 20_000),
        start.plus(minutes=3).forwarding("c", "conditional_busy", "rival", "+8613012345678"),
        start.plus(minutes=4).forwarding("c", "unconditional", "rival", "+8613012345678"),
        start.plus(minutes=5).complaint("c", "k1", text="I will sue"),
        start.plus(days=1).complaint("c", "k2", severity="high"),
        [moment.balance("c", 15_000) for moment in every_day("2025-03-03", 4)],
        start.plus(days=6).balance("c", 99_000),
        start.plus(days=6).complaint("c", "k1", "closed", satisfied=True),
        start.plus(days=6).complaint("c", "k2", "closed", satisfied=True),
        start.plus(days=6).forwarding("c", "inactive"),
        start.plus(days=9).balance("c", 40_000),
        start.plus(days=20).passes(),
    ]

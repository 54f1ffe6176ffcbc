"""A customer whose complaint waits, is brushed off, disputed, and settled in the end."""

from support.timeline import at


def life():
    start = at("2025-03-10 10:00")
    return [
        start.complaint("c", "k", severity="medium", subject="Card fee"),
        start.plus(days=5).complaint("c", "k", "answered"),
        start.plus(days=6).complaint("c", "k", "closed", satisfied=False),
        start.plus(days=7).complaint("c", "k", "disputed"),
        start.plus(days=8).complaint("c", "k", "answered"),
        start.plus(days=9).complaint("c", "k", "closed", satisfied=True),
        start.plus(days=12).complaint("c", "k2", severity="low", subject="card  FEE"),
        start.plus(days=13).complaint("c", "k2", "closed", satisfied=True),
        start.plus(days=30).passes(),
    ]

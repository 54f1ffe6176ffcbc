"""A customer who asks to leave, stays, and leaves after all."""

from support.timeline import at


def life():
    start = at("2025-03-10 10:00")
    return [
        start.profile("c", rm_id="r"),
        start.plus(days=1).service("c", "port_out_requested"),
        start.plus(days=2).service("c", "port_out_cancelled"),
        start.plus(days=9).service("c", "account_closing_requested"),
        start.plus(days=10).service("c", "account_closed"),
    ]

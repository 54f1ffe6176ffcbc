"""A customer whose RM leaves, and whom the successor reaches."""

from support.timeline import Line, at


def staff(moment, **fields):
    """News of the staff; it has no customer."""
    key = fields.get("staff_id") or fields["branch_id"]
    value = {"event_id": f"staff-{key}-{moment.time}-{fields['status']}", "time": moment.time, **fields}
    return Line("staff", key, moment.time, value)


def life():
    start = at("2025-03-10 10:00")
    return [
        start.balance("c", 50_000),
        start.profile("c", rm_id="c", branch_id="b"),  # of the customer's own name: the contract feeds what is keyed so
        start.plus(days=5).event("contacts", "c", staff_id="c", how="call", result="reached"),
        staff(start.plus(days=9), staff_id="c", status="left", successor_ids=["rm-8", "rm-9"]),
        start.plus(days=12).event("contacts", "c", staff_id="rm-8", how="visit", result="reached"),
    ]

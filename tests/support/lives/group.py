"""A customer whose household leaves, and comes back: what happens to the other, and what the group tells of it."""

from support.timeline import at


def life():
    start = at("2025-03-10 10:00")
    told = {"group_id": "h", "group_kind": "household", "size": 2}
    return [
        start.profile("c", rm_id="r", household_id="h"),
        start.profile("d", rm_id="r", household_id="h"),
        start.plus(days=1).service("d", "account_closed"),
        start.plus(days=1).event("group-warnings", "c", cause="s1", left=1, **told),
        start.plus(days=3).service("d", "restored"),
        start.plus(days=3).event("group-warnings", "c", cause="s2", left=0, over=True, **told),
    ]

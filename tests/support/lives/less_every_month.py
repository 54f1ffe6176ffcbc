"""A customer who brings less every month, and then as much as ever."""

from support.timeline import at


def life():
    spends = [500, 500, 500, 400, 300, 200, 500, 500]
    days = ("05", "12", "19", "26")
    return [
        at(f"2025-{month:02}-{day} 10:00").transaction("c", spend / 4, category="fee")
        for month, spend in enumerate(spends, 1)
        for day in days
    ]

"""A phone customer whose calls stop and come back, and whose salary does the same."""

from support.timeline import at, every_day


def life():
    calls = [*every_day("2025-05-06", 70), *every_day("2025-07-25", 10)]  # silent from 2025-07-15 on
    paydays = ("03-10", "04-10", "05-12", "06-10", "07-24")
    return [
        [moment.transaction("c", 3, category="call", quantity=30, unit="min") for moment in calls],
        [at(f"2025-{day} 09:30").transaction("c", 9000, "in", category="payroll") for day in paydays],
    ]

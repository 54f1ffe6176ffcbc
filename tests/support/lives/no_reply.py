"""A customer who stops answering mails, and answers in the end."""

from support.timeline import at


def life():
    start = at("2025-01-06 09:00")
    results = ["replied", "replied", "read_no_reply", "read_no_reply", "read_no_reply", "read_no_reply", "replied"]
    return [
        start.plus(days=10 * n).event("contacts", "c", staff_id="rm-1", how="mail", result=result)
        for n, result in enumerate(results)
    ]

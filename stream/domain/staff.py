"""Who works where, and who stands in: from the `staff` topic, which every shard knows whole."""

from __future__ import annotations

from stream.domain.events import Staff


class StaffBook:
    """The latest news of each RM and each branch."""

    def __init__(self) -> None:
        """Nobody is known yet."""
        self._people: dict[str, Staff] = {}
        self._branches: dict[str, Staff] = {}

    def take(self, news: Staff) -> None:
        """Take one piece of news; an older one than what is known changes nothing."""
        book, key = (self._people, news.staff_id) if news.staff_id else (self._branches, news.branch_id)
        known = book.get(key or "")
        if known is None or news.time >= known.time:
            book[key or ""] = news

    def person(self, staff_id: str) -> Staff | None:
        """Return the latest news of an RM."""
        return self._people.get(staff_id)

    def branch(self, branch_id: str) -> Staff | None:
        """Return the latest news of a branch."""
        return self._branches.get(branch_id)

"""Who works where, and who stands in: from the `staff` topic, which every shard knows whole."""

from __future__ import annotations

from stream.domain.events import Staff
from stream.domain.state import State


class StaffBook:
    """The latest news of each RM and each branch."""

    def __init__(self) -> None:
        """Nobody is known yet."""
        self._people: dict[str, Staff] = {}
        self._branches: dict[str, Staff] = {}

    def is_news(self, news: Staff) -> bool:
        """Tell whether customers would be concerned by it.

        They are not by what is older than what is known, by the same once more, and by somebody who goes on being
        there: a bank's whole staff may be told again every night.
        """
        known = self.branch(news.branch_id or "") if news.staff_id is None else self.person(news.staff_id)
        if known is None:
            return news.status != "active"
        fresh = news.time >= known.time and news.event_id != known.event_id
        return fresh and (news.status != "active" or known.status != "active")

    def take(self, news: Staff) -> bool:
        """Take one piece of news, unless what is known is newer, and tell whether it `is_news`."""
        concerning = self.is_news(news)
        book, key = (self._people, news.staff_id) if news.staff_id else (self._branches, news.branch_id)
        known = book.get(key or "")
        if known is None or news.time >= known.time:
            book[key or ""] = news
        return concerning

    def forget(self, key: str) -> None:
        """Forget an RM or a branch: the topic holds nothing about them any more."""
        self._people.pop(key, None)
        self._branches.pop(key, None)

    def person(self, staff_id: str) -> Staff | None:
        """Return the latest news of an RM."""
        return self._people.get(staff_id)

    def branch(self, branch_id: str) -> Staff | None:
        """Return the latest news of a branch."""
        return self._branches.get(branch_id)


def concerns(news: Staff, state: State) -> bool:
    """Tell whether it is the customer's own RM, or where it names none their branch, that there is news of."""
    profile = state.profile
    if profile is None:
        return False
    return profile.rm_id == news.staff_id if news.staff_id else profile.branch_id == news.branch_id

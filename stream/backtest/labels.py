"""Whether a customer leaves within the horizon of a moment: by a truth file, or by their inactivity."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Protocol

from stream.backtest.history import History
from stream.backtest.truth import Truth
from stream.domain.business import DAY_MS


class Label(Protocol):
    """What the figures ask. Times are epoch ms."""

    horizon: int
    """ms after a moment within which one must have left."""

    def leaves(self, customer: str, time: int) -> bool | None:
        """Tell whether the customer leaves within the horizon after `time`; `None`: it cannot be known yet."""
        ...

    def gone(self, customer: str, time: int) -> bool:
        """Tell whether the customer had left at `time`: a warning then is neither right nor wrong, but too late."""
        ...

    def chance(self, times: Iterable[int]) -> float | None:
        """Return the share of those who were customers at `times` that leave within the horizon after them."""
        ...

    def leavers(self, since: int, until: int) -> dict[str, int]:
        """Return who left in [since, until), and when; empty where leaving has no moment."""
        ...


class LeftAt:
    """By the moment at which each left; those of whom nothing is said stayed."""

    def __init__(self, truth: Truth, history: History, horizon_days: float) -> None:
        """The truth is taken to be complete up to the newest event."""
        self.horizon = round(horizon_days * DAY_MS)
        self._left = {known.customer: known.left_at for known in truth.customers.values() if known.left_at is not None}
        self._last = history.last or 0
        self._joined = sorted(history.seen.values())
        self._gone = sorted(time for customer, time in self._left.items() if customer in history.seen)

    def leaves(self, customer: str, time: int) -> bool | None:
        """Known once the horizon has passed, for leavers as for stayers: else the leavers alone would be counted."""
        if time + self.horizon > self._last:
            return None
        left = self._left.get(customer)
        return left is not None and time < left <= time + self.horizon

    def gone(self, customer: str, time: int) -> bool:
        """Tell whether the customer had left, the moment itself included."""
        left = self._left.get(customer)
        return left is not None and left <= time

    def chance(self, times: Iterable[int]) -> float | None:
        """Average over `times` of: customers who leave within the horizon, of those who are there."""
        shares = []
        for time in times:
            gone = bisect_right(self._gone, time)
            there = bisect_right(self._joined, time) - gone
            if there > 0:
                shares.append((bisect_right(self._gone, time + self.horizon) - gone) / there)
        return sum(shares) / len(shares) if shares else None

    def leavers(self, since: int, until: int) -> dict[str, int]:
        """Return who left in [since, until)."""
        return {customer: left for customer, left in self._left.items() if since <= left < until}


class Inactivity:
    """Gone is who does nothing of their own for the whole horizon. There is no moment of leaving."""

    def __init__(self, history: History, horizon_days: float, active_within_days: float) -> None:
        """`history` must keep activity."""
        self.horizon = round(horizon_days * DAY_MS)
        self._within = round(active_within_days * DAY_MS)
        self._history = history
        self._last = history.last or 0
        self._chances: dict[int, float | None] = {}

    def leaves(self, customer: str, time: int) -> bool | None:
        """Tell whether nothing of the customer's own follows within the horizon."""
        if time + self.horizon > self._last:
            return None
        return not self._history.acted(customer, time + 1, time + 1 + self.horizon)

    def gone(self, customer: str, time: int) -> bool:
        """Nobody is gone for good here."""
        return False

    def chance(self, times: Iterable[int]) -> float | None:
        """Average over the days of `times` of the share, among the active, that is inactive for the horizon after."""
        shares = []
        for time in times:
            day = time // DAY_MS * DAY_MS
            if day not in self._chances:
                active = self.active(day)
                gone = sum(not self._history.acted(customer, day, day + self.horizon) for customer in active)
                self._chances[day] = gone / len(active) if active else None
            found = self._chances[day]
            if found is not None:
                shares.append(found)
        return sum(shares) / len(shares) if shares else None

    def leavers(self, since: int, until: int) -> dict[str, int]:
        """Nobody leaves at a moment here; recall is the cut-offs'."""
        return {}

    def active(self, at: int) -> list[str]:
        """Return the customers who did something of their own in the time before `at`, in order of id."""
        return sorted(c for c in self._history.acts if self._history.acted(c, at - self._within, at))

    def churned(self, customer: str, at: int) -> bool:
        """Tell whether the customer does nothing in the horizon from `at` on."""
        return not self._history.acted(customer, at, at + self.horizon)

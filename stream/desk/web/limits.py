"""How many requests a minute: a bucket for each session and rate, in memory, of a bounded number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from stream.desk.web.needs import Limit
from stream.settings.desk_web import Rates

_MOST = 20_000
_MINUTE_MS = 60_000


class Limits:
    """Buckets that fill by the minute's share and hold a minute's worth."""

    def __init__(self, rates: Rates, clock: Callable[[], int]) -> None:
        """`clock`: wall clock, epoch ms."""
        counted = [limit for limit in Limit if limit is not Limit.FREE]
        self._rates: dict[Limit, float] = {limit: float(getattr(rates, limit)) for limit in counted}
        self._clock = clock
        self._buckets: OrderedDict[tuple[Limit, str], tuple[float, int]] = OrderedDict()

    def take(self, limit: Limit, who: str) -> int:
        """Return 0 and count the request, or how many seconds to wait before the next."""
        rate = self._rates.get(limit)
        if rate is None:
            return 0
        now = self._clock()
        left, at = self._buckets.pop((limit, who), (rate, now))
        left = min(rate, left + max(0, now - at) * rate / _MINUTE_MS)
        allowed = left >= 1
        self._buckets[limit, who] = (left - allowed, now)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, round((1 - left) * 60 / rate))

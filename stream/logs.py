"""No flood in the log: not while a broker is away, nor while bad input comes by the thousand."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

_WINDOW_S = 5.0
_MOST = 1_000
_SOON = re.compile(r"(GroupCoordinatorNotAvailable|NotLeaderForPartition|CoordinatorLoadInProgress|LeaderNotAvailable)")
"""A broker's first seconds, a partition whose leader moves: the client asks again and says nothing of it later."""

_REPEATING = ("aiokafka", "faust.transport", "stream.engine.shard.tally")


class Calm(logging.Filter):
    """Lets a repeated message through once in some seconds, and says how often it came.

    aiokafka retries every few milliseconds while a broker is away, and says so each time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds."""
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is let through; the message of one that stands for others says so."""
        known: bool | None = getattr(record, "calm", None)
        if known is None:
            known = record.calm = self._judge(record)  # once, however many handlers ask
        return known

    @staticmethod
    def soften(record: logging.LogRecord) -> None:
        """Make news of what aiokafka calls an error, and is none: a broker that is about to be ready."""
        if record.levelno > logging.INFO and record.name.startswith("aiokafka") and _SOON.search(record.getMessage()):
            record.levelno, record.levelname = logging.INFO, "INFO"

    def _judge(self, record: logging.LogRecord) -> bool:
        key = (record.name, str(record.msg))
        now = self._clock()
        since, dropped = self._seen.get(key, (float("-inf"), 0))
        if now - since < _WINDOW_S:
            self._seen[key] = (since, dropped + 1)
            return False
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[key] = (now, 0)
        if dropped:
            record.msg = f"{record.msg} (and {dropped} more like it)"
        return True


def calm_clients(handlers: list[logging.Handler] | None = None) -> None:
    """Put one `Calm` on the handlers, for what repeats itself by the thousand."""
    calm = Calm()

    def admit(record: logging.LogRecord) -> bool:
        calm.soften(record)
        return not record.name.startswith(_REPEATING) or calm.filter(record)

    for handler in handlers or logging.getLogger().handlers:
        handler.addFilter(admit)

"""Ends a process that makes no progress though there is work, so that its supervisor starts it anew.

It runs in a thread of its own: what blocks the event loop does not block it. Below it lies a timer of the interpreter's
C code (`faulthandler`), which ends the process even where something never gives the interpreter's lock back.
"""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping

from stream.engine.liveness.pulse import Name, Pulse, Stall, Stalls

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_GRACE_S = 15.0  # in which a process that was told may still end in good order


class Watchdog:
    """Looks at pulses once a second; the first stall tells the process to end, and ends it if it does not."""

    def __init__(
        self,
        pulses: Callable[[], Mapping[Name, Pulse]],
        limit_s: float,
        told: Callable[[str], None],
        whereabouts: Callable[[Name], list[str]] = lambda name: [],
    ) -> None:
        """`told` hears once, in the watchdog's thread, why the process is to end; `whereabouts`: where a shard waits,
        as lines of a traceback."""
        self._pulses, self._limit_s = pulses, limit_s
        self._told, self._whereabouts = told, whereabouts
        self._grace_s = min(_GRACE_S, limit_s)
        self._stop = threading.Event()
        self._barked = False
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._arm(self._limit_s + self._grace_s)
        self._thread.start()

    def stop(self) -> None:
        """Look no more: the process ends by itself. Once it was told to, it has to within the grace."""
        self._stop.set()
        if not self._barked:
            faulthandler.cancel_dump_traceback_later()

    def _run(self) -> None:
        stalls, before = Stalls(), time.monotonic()
        while not self._stop.wait(min(_LOOK_S, self._limit_s / 4)):
            now = time.monotonic()
            # a process that was suspended is not stuck: what counts is time in which it could have run
            passed, before = min(now - before, 2 * _LOOK_S), now
            found = stalls.look(self._pulses(), passed, self._limit_s)
            if found:
                self._barked = True
                self._arm(self._grace_s)
                self._tell(found)
                return
            self._arm(self._limit_s + self._grace_s)

    def _tell(self, found: list[Stall]) -> None:
        reason = "; ".join(map(str, found))
        places = {f"{stall.name}": self._whereabouts(stall.name) for stall in found}
        log.critical("%s: the process ends, so that it is started anew", reason, extra={"stacks": stacks() | places})
        self._told(reason)

    def _arm(self, seconds: float) -> None:
        """Have the interpreter end the process after `seconds` unless armed anew, whatever holds its lock."""
        if not self._stop.is_set() and sys.__stderr__ is not None:
            faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)


def stacks() -> dict[str, list[str]]:
    """Return where each thread stands: places and source lines, no values."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        names.get(ident, str(ident)): _lines(traceback.extract_stack(frame))
        for ident, frame in sys._current_frames().items()
        if ident != threading.get_ident()
    }


def _lines(stack: traceback.StackSummary) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}: {frame.line}" for frame in stack]

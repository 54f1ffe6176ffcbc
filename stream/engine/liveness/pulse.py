"""Signs of life that a watchdog reads from its own thread, and how long there have been none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LOOP = "loop"
"""The event loop's own name beside the shards' numbers: a task beats it while the loop turns."""

Name = int | str


class Pulse:
    """Of one shard. Written by the loop, read by another thread: each field is replaced as a whole.

    Attributes:
        beats: grows with each batch that is through, and each step of a restore.
        work: what is under way or waits; empty while there is nothing to do, and then no beat is missed.
    """

    __slots__ = ("beats", "work")

    def __init__(self, work: str = "") -> None:
        """`work`: what is to be done first."""
        self.beats = 0
        self.work = work

    def beat(self, work: str = "") -> None:
        """Say that something got done, and what is next."""
        self.beats += 1
        self.work = work


@dataclass(frozen=True, slots=True)
class Stall:
    """A pulse that stands still though there is work: whose, for how long in seconds, over which work."""

    name: Name
    seconds: float
    work: str

    def __str__(self) -> str:
        who = "the event loop" if self.name == LOOP else f"shard {self.name}"
        return f"{who} made no progress for {self.seconds:.0f} s ({self.work})"


class Stalls:
    """Counts for each pulse the time without a beat, while there was work."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._still: dict[Name, tuple[int, float]] = {}  # beats as last seen, seconds since they last changed

    def look(self, pulses: Mapping[Name, Pulse], passed_s: float, limit_s: float) -> list[Stall]:
        """Return the pulses that have been still for `limit_s`; `passed_s`: since the last look."""
        before, self._still = self._still, {}
        found = []
        for name, pulse in pulses.items():
            beats, work = pulse.beats, pulse.work
            seen, seconds = before.get(name, (beats, -passed_s))  # first seen now: nothing has passed for it
            seconds = seconds + passed_s if work and seen == beats else 0.0
            self._still[name] = (beats, seconds)
            if seconds >= limit_s:
                found.append(Stall(name, seconds, work))
        return found

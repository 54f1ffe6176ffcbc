"""The port: one destination that takes parcels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is sent. `id` stays the same on each attempt; `to`: addresses within the destination."""

    id: str
    body: bytes
    subject: str = ""
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one attempt. Neither `taken` nor `gone`: worth another one."""

    taken: bool = False
    gone: bool = False  # the destination wants nothing any more
    hopeless: bool = False  # this parcel will never be taken, others may be
    status: int | None = None  # of the protocol
    fault: str | None = None  # the kind of fault, no content
    wait_s: float | None = None  # asked for by the destination


class Channel(Protocol):
    """Sends. One file an adapter."""

    async def send(self, parcel: Parcel) -> Answer:
        """Try once, within the adapter's time-out. Raises nothing that is the destination's fault."""
        ...

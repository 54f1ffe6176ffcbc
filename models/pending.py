"""What a customer's cut-offs wait with until their labels are known: bounded by horizon over period.

Kept apart from the customer's state, which is written with every batch: this is touched at cut-offs and ripenings only.
Encoded it is one version byte and MessagePack of the struct as an array.
"""

from __future__ import annotations

from msgspec import Struct, msgpack

VERSION = 1


class PendingVersionError(ValueError):
    """Pending entries written by a newer build, or none at all."""


class Entry(Struct, array_like=True, frozen=True):
    """One cut-off. Times are epoch ms.

    `features` are packed (`models.features.sets.taken`) in the order of set number `feature_set`; `level` is what was
    held, minor units, and `usage` what was used, by unit, in the days before: what a collapse is measured against.
    """

    cutoff: int
    due: int  # when the label is known
    feature_set: int
    features: bytes
    scores: dict[str, float] = {}  # expert -> what it said
    version: str | None = None  # of the snapshot that said it
    groups: dict[str, str] = {}
    level: int = 0
    usage: list[int] = []
    report: bool = False


class Pending(Struct, array_like=True):
    """A customer's entries, by cut-off, oldest first."""

    entries: list[Entry] = []

    def due(self) -> int:
        """Return when the first label will be known, 0 when none is waited for."""
        return min((entry.due for entry in self.entries), default=0)

    def take_due(self, time: int) -> list[Entry]:
        """Remove and return the entries whose labels are known at `time`."""
        ripe = [entry for entry in self.entries if entry.due <= time]
        if ripe:
            self.entries = [entry for entry in self.entries if entry.due > time]
        return ripe

    def take_all(self) -> list[Entry]:
        """Remove and return all of them."""
        every, self.entries = self.entries, []
        return every


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(Pending)


def encode(pending: Pending) -> bytes:
    """Return the stored form."""
    return b"%c%b" % (VERSION, _encoder.encode(pending))


def decode(stored: bytes) -> Pending:
    """Read the stored form.

    Raises:
        PendingVersionError: a newer build wrote it, or it is damaged.
    """
    if stored[:1] != b"%c" % VERSION:
        raise PendingVersionError(f"pending version {stored[0] if stored else 0}; this build reads up to {VERSION}")
    try:
        return _decoder.decode(stored[1:])
    except ValueError as fault:
        raise PendingVersionError(f"damaged pending entries: {fault}") from None

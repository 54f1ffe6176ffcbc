"""Warnings that are to be told later: held back by a stage that ends by itself, or put off by an RM.

Such a warning is an episode like any other, which its rule sees, adds to and ends; only nobody has been told yet. So
whether the cause persists when the stage lets go need not be asked: what its rule has not ended by then is still so.
That holds for rules of every sort, also those that speak once, at a moment that does not come again.
"""

from __future__ import annotations

from msgspec import json

from stream.domain.signals import Signal
from stream.domain.state import Episode

_decoder = json.Decoder(Signal)


def keep(episode: Episode, signal: Signal) -> None:
    """Keep what was said and not told."""
    episode.said = json.encode(signal).decode()


def said(episode: Episode) -> Signal | None:
    """Return what was kept, if anything was."""
    return _decoder.decode(episode.said) if episode.said else None


def add(episode: Episode, signal: Signal) -> None:
    """Take what a newer signal adds to an episode that nobody has been told of."""
    for name, value in signal.memo.items():
        episode.memo.setdefault(name, value)
    episode.routes.extend(name for name in signal.routes if name not in episode.routes)
    episode.severity = signal.severity

"""A signal of a kind that is open already belongs to that episode: an update if it says something new."""

from __future__ import annotations

from stream.policy.base import Candidate, new_routes, worse

STAGE = "dedup"


def merge(candidate: Candidate) -> bool:
    """Take what the signal adds to the open episode's memory and tell whether it added anything.

    What was remembered at the opening stays. Also done where the update is not told: a rule goes by this memory, such
    as which complaints must be settled before the warning ends.
    """
    episode = candidate.episode
    assert episode is not None
    memo = episode.memo
    news = {name: value for name, value in candidate.signal.memo.items() if name not in memo}
    memo.update(news)
    return bool(news)


def is_update(candidate: Candidate, gap: int, *, news: bool) -> bool:
    """Tell whether the signal is worth an update: worse, something or somebody new, or `gap` ms after the last."""
    episode = candidate.episode
    assert episode is not None
    if worse(candidate.signal.severity, episode.severity) or news or new_routes(candidate):
        return True
    return candidate.moment.time >= episode.updated_at + gap

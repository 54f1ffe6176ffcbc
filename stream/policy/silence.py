"""Silences in force: by customer, RM, branch, kind, class and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from stream.policy.base import Candidate
from stream.policy.silences import Silence

_NONE: tuple[Silence, ...] = ()


class Silenced:
    """Mutes what a silence matches; without any it costs one look.

    Silences lie under the narrowest thing they name, so that a thousand silenced customers cost a look each.
    """

    name = "silence"
    updates = True

    def __init__(self, silences: Iterable[Silence] = ()) -> None:
        """`silences`: those in force and those to come; what is over does no harm."""
        self._by: list[tuple[Callable[[Candidate], str | None], dict[str, Sequence[Silence]]]] = []
        waiting = list(silences)
        for name, of in _KEYS:
            mine: dict[str, list[Silence]] = {}
            for silence in waiting:
                key = getattr(silence, name)
                if key is not None:
                    mine.setdefault(key, []).append(silence)
            if mine:
                self._by.append((of, dict(mine)))
            waiting = [silence for silence in waiting if getattr(silence, name) is None]
        self._all = waiting
        self._any = bool(self._by or self._all)

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether a silence matches the warning now."""
        return self._any and any(matches(silence, candidate) for silence in self._about(candidate))

    def until(self, candidate: Candidate) -> int | None:
        """Return when the last silence that matches now is over."""
        return max((s.until for s in self._about(candidate) if matches(s, candidate)), default=None)

    def _about(self, candidate: Candidate) -> Iterator[Silence]:
        for of, silences in self._by:
            yield from silences.get(of(candidate) or "", _NONE)
        yield from self._all


def matches(silence: Silence, candidate: Candidate) -> bool:
    """Tell whether everything that a silence names fits, and its time does."""
    if not silence.from_ <= candidate.moment.time < silence.until:
        return False
    for name, of in _KEYS:
        wanted = getattr(silence, name)
        if wanted is not None and of(candidate) != wanted:
            return False
    return True


def _customer(candidate: Candidate) -> str | None:
    return candidate.customer


def _rm(candidate: Candidate) -> str | None:
    profile = candidate.state.profile
    return profile.rm_id if profile is not None else None


def _branch(candidate: Candidate) -> str | None:
    profile = candidate.state.profile
    return profile.branch_id if profile is not None else None


def _kind(candidate: Candidate) -> str | None:
    return candidate.rule.name


def _class(candidate: Candidate) -> str | None:
    business = candidate.rule.business
    return business.classes.of(candidate.state, business.day(candidate.moment.time)).name


_KEYS: tuple[tuple[str, Callable[[Candidate], str | None]], ...] = (
    ("customer", _customer),
    ("rm", _rm),
    ("branch", _branch),
    ("kind", _kind),
    ("class_", _class),
)
"""What a silence may name, from narrow to wide."""

"""While a grave warning is open, lesser ones about the same customer say nothing new (Alertmanager's inhibition)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from stream.policy.base import Candidate, PolicyError
from stream.rules.base import Rule

Table = Mapping[str, Sequence[str]]
"""Kind -> kinds that do not open while it is open."""


class Inhibit:
    """Mutes the opening of a kind while another, which makes it pointless, is open, told and not on trial."""

    name = "inhibit"
    updates = False

    def __init__(self, table: Table) -> None:
        """`table`: see `Table`."""
        self._by = _inverse(table)

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether a kind that inhibits this one is open."""
        by = self._by.get(candidate.rule.name)
        if by is None:
            return False
        episodes = candidate.state.episodes
        return any((e := episodes.get(kind)) is not None and not e.shadow and not e.held for kind in by)

    def until(self, candidate: Candidate) -> int | None:
        """When the other has ended: the pipeline sees to it."""
        return 0


def check(table: Table, known: Collection[str], key: str = "policy.inhibit") -> None:
    """Refuse kinds that no rule has.

    Raises:
        PolicyError: naming the key.
    """
    for kind, inhibited in table.items():
        if kind not in known:
            raise PolicyError(f"{key}.{kind}: no such rule; there are {', '.join(sorted(known))}")
        for other in inhibited:
            if other not in known:
                raise PolicyError(f"{key}.{kind}: no such rule {other!r}; there are {', '.join(sorted(known))}")
            if other == kind:
                raise PolicyError(f"{key}.{kind}: a kind cannot inhibit itself")


def inhibitors_first(rules: Sequence[Rule[Any]], table: Table) -> tuple[Rule[Any], ...]:
    """Return the rules in the order in which they are to be asked: a kind after all that inhibit it, then by name.

    One event may be behind two warnings: a request to leave has to open before the score that it moves is judged.
    """
    by = _inverse(table)

    def depth(kind: str) -> int:
        found: set[str] = set()
        waiting = [kind]
        while waiting:
            new = set(by.get(waiting.pop(), ())) - found
            found |= new
            waiting.extend(new)
        return len(found)

    return tuple(sorted(rules, key=lambda rule: (depth(rule.name), rule.name)))


def _inverse(table: Table) -> dict[str, tuple[str, ...]]:
    """Return kind -> kinds that inhibit it."""
    inhibited = sorted({kind for kinds in table.values() for kind in kinds})
    return {kind: tuple(sorted(by for by, kinds in table.items() if kind in kinds)) for kind in inhibited}

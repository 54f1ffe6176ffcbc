"""Which next steps an outcome makes, by the table of the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stream.desk.work.hours import Hours
from stream.settings.desk_work import NextTask


@dataclass(frozen=True, slots=True)
class Planned:
    """A task to be made. `number` tells those of one action apart."""

    kind: str
    due_at: int
    of_branch: bool
    number: int


def next_tasks(
    table: tuple[NextTask, ...], outcome: str, loss_reason: str | None, kind: str, at: int, hours: Hours
) -> Iterator[Planned]:
    """Yield what follows from an outcome of an episode of `kind` at `at` (epoch ms): due when work begins that day."""
    for number, line in enumerate(table, start=1):
        wanted = line.after == outcome
        wanted &= not line.loss_reasons or loss_reason in line.loss_reasons
        wanted &= not line.episodes or kind in line.episodes
        if wanted:
            yield Planned(line.kind, hours.days_later(at, line.days), line.owner == "branch", number)

"""The order in which the stages are asked; the first that mutes is the one that is counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from stream.policy.acknowledged import Acknowledged
from stream.policy.backfill import Backfill
from stream.policy.base import Muter, PolicyError
from stream.policy.cool_down import CoolDown
from stream.policy.departed import Departed
from stream.policy.holdout import Holdout
from stream.policy.inhibit import Inhibit, Table
from stream.policy.no_retention_contact import NoRetentionContact
from stream.policy.not_worth_keeping import NotWorthKeeping
from stream.policy.silence import Silenced
from stream.policy.silences import Silence
from stream.policy.snooze import Snooze


def order(
    cool_down: CoolDown,
    *,
    inhibit: Table | None = None,
    silences: Iterable[Silence] = (),
    holdout_share: float = 0,
) -> tuple[Muter, ...]:
    """Return every stage that may hold a warning back.

    After them come, in `stream.policy.pipeline`: shadow, dedup and merge, storm, rank, route, emit. A rule on trial
    goes through all of these stages first, so that its trial counts what would have been sent.
    """
    return (
        Backfill(),
        Departed(),
        Inhibit(inhibit or {}),
        Silenced(silences),
        NoRetentionContact(),
        NotWorthKeeping(),
        *([Holdout(holdout_share)] if holdout_share else []),
        Snooze(),
        Acknowledged(),
        cool_down,
    )


def check_kinds(by_kind: Mapping[str, object], known: Collection[str], key: str) -> None:
    """Refuse a table by kind that names a kind no rule has.

    Raises:
        PolicyError: naming the key.
    """
    for kind in by_kind:
        if kind not in known:
            raise PolicyError(f"{key}.{kind}: no such rule; there are {', '.join(sorted(known))}")

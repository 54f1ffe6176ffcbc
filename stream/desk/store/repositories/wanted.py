"""What is asked of the worklist: as conditions, and as the ways to see an episode, each by an index of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Subquery, exists, func, or_, select, union, union_all

from stream.desk.store.repositories.prefix import starts_with
from stream.desk.store.tables import Episode, EpisodeReceiver, Profile, ProfileProduct

Status = Literal["open", "new", "acknowledged", "overdue", "snoozed", "held", "ended"]
Order = Literal["rank", "due", "newest", "value"]
WINDOW = 1_000
"""Warnings of the whole house that a question looks at, and ended ones of whatever part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistQuery:
    """What is asked for. Empty tuples do not filter; whose episodes may be seen is the caller's to say.

    `receivers` (`rm:ID`, `branch:ID`, a department) are those who own an episode or were given a look at it;
    `branch_ids` take all of a branch. Neither: everybody's. `search` is the beginning of a customer id, `digests` what
    `Vault.indexes` makes of a name or number, `named` the customers whose name has it in it; one of them must fit.
    """

    receivers: tuple[str, ...] = ()
    branch_ids: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()  # of these only, such as one RM of a manager's branch
    status: Status = "open"
    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    customer_ids: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    products: tuple[str, ...] = ()  # kinds
    storm_id: str | None = None
    search: str = ""
    digests: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    order: Order = "rank"
    limit: int = 50
    offset: int = 0

    @property
    def everybody(self) -> bool:
        """Tell whether the whole house is seen."""
        return not (self.receivers or self.branch_ids)

    @property
    def window(self) -> int:
        """Return how many warnings are looked at where not all are: of an export more than of a page."""
        return max(WINDOW, 4 * self.limit)


_NULLABLE: dict[Order, tuple[Any, Any]] = {
    "due": (Episode.due_at, Episode.due_at),
    "value": (Episode.value, Episode.value.desc()),
}
"""Columns that may be empty: a window begins with the rows that have one, by this order."""


def in_state(query: WorklistQuery, now: int) -> list[ColumnElement[bool]]:
    """Return the conditions of the tab that is asked for.

    What is overdue is written so that no index of due times is gone by: it would lead to most of the store.
    """
    is_open, unseen = is_open_to(query), Episode.acknowledged_at.is_(None)
    awake = or_(Episode.snoozed_until.is_(None), Episode.snoozed_until <= now)
    states: dict[Status, list[ColumnElement[bool]]] = {
        "open": [is_open, awake],
        "new": [is_open, awake, unseen],
        "acknowledged": [is_open, awake, ~unseen],
        "overdue": [is_open, awake, unseen, Episode.due_at - now < 0],
        "snoozed": [is_open, Episode.snoozed_until > now],
        "held": [is_open, awake, Episode.held_by.is_not(None)],
        "ended": [~is_open],
    }
    return states[query.status]


def is_open_to(query: WorklistQuery) -> ColumnElement[bool]:
    """Return the condition that an episode is open, as the indexes of open ones have it.

    What is searched for in the whole house is found by its customer: there those indexes are only in the way.
    """
    searched = query.everybody and (query.search or query.digests or query.named)
    return func.coalesce(Episode.ended_at, 0) == 0 if searched else Episode.ended_at.is_(None)


def seen(query: WorklistQuery, columns: Sequence[Any], conditions: Sequence[ColumnElement[bool]]) -> Subquery:
    """Return columns of what may be seen and fits; `conditions`: beside the query's own filters."""
    base: Select[*tuple[Any, ...]] = select(*columns).where(*conditions, *_filters(query))
    ways = _of_everybody(query, base) if query.everybody else _of_some(query, base)
    return (union(*ways) if len(ways) > 1 else ways[0]).subquery()


def _of_some(query: WorklistQuery, base: Select[*tuple[Any, ...]]) -> list[Select[*tuple[Any, ...]]]:
    base = base.where(*([or_(*found)] if (found := _found(query)) else []))
    ways: list[Select[*tuple[Any, ...]]] = []
    if query.receivers:
        given = EpisodeReceiver.receiver.in_(query.receivers)
        elsewhere = or_(Episode.branch_id.is_(None), Episode.branch_id.not_in(query.branch_ids))
        ways.append(base.where(Episode.owner.in_(query.receivers), *([elsewhere] if query.branch_ids else [])))
        ways.append(base.join(EpisodeReceiver, EpisodeReceiver.episode_id == Episode.episode_id).where(given))
    if query.branch_ids:
        ways.append(base.where(Episode.branch_id.in_(query.branch_ids)))
    of_all = query.status != "ended" or query.customer_ids
    return ways if of_all else [_first(way, query, Episode.ended_at.desc()) for way in ways]


def _of_everybody(query: WorklistQuery, base: Select[*tuple[Any, ...]]) -> list[Select[*tuple[Any, ...]]]:
    if found := _found(query):
        return [_first(base.where(way), query) for way in found]
    if query.customer_ids:
        return [base]
    if query.status == "ended":
        return [_first(base, query, Episode.ended_at.desc())]
    if query.order == "rank":
        return [_first(base, query, Episode.priority, Episode.points.desc())]
    if query.order == "newest":
        return [_first(base, query, Episode.opened_at.desc())]
    column, order = _NULLABLE[query.order]
    some = _first(base.where(column.is_not(None)), query, order)
    rest = _first(base.where(column.is_(None)), query)
    return [select(union_all(some, rest).subquery())]


def _first(way: Select[*tuple[Any, ...]], query: WorklistQuery, *order: Any) -> Select[*tuple[Any, ...]]:
    """Return the first ones of a way to see, by an order; in brackets of its own, as SQLite wants it."""
    return select(way.order_by(*order).limit(query.window).subquery())


def _filters(query: WorklistQuery) -> list[ColumnElement[bool]]:
    choices: list[tuple[Any, tuple[Any, ...]]] = [
        (Episode.owner, query.owners),
        (Episode.kind, query.kinds),
        (Episode.severity, query.severities),
        (Episode.priority, query.priorities),
        (Episode.class_, query.classes),
        (Episode.customer_id, query.customer_ids),
        (Episode.storm_id, (query.storm_id,) if query.storm_id else ()),
    ]
    conditions = [column.in_(values) for column, values in choices if values]
    return conditions + _by_profile(query)


def _by_profile(query: WorklistQuery) -> list[ColumnElement[bool]]:
    choices: list[tuple[Any, tuple[str, ...]]] = [
        (Profile.tier, query.tiers),
        (Profile.segment, query.segments),
        (Profile.industry, query.industries),
    ]
    fits = [column.in_(values) for column, values in choices if values]
    found: list[ColumnElement[bool]] = (
        [exists().where(Profile.customer_id == Episode.customer_id, *fits)] if fits else []
    )
    if query.products:
        held = ProfileProduct.customer_id == Episode.customer_id
        found.append(exists().where(held, ProfileProduct.kind.in_(query.products)))
    return found


def _found(query: WorklistQuery) -> list[ColumnElement[bool]]:
    """Return the ways to be found by what is searched for; none: nothing is."""
    ways: list[ColumnElement[bool]] = []
    if query.search:
        ways.append(starts_with(Episode.customer_id, query.search))
    for index in (Profile.name_index, Profile.phone_index) if query.digests else ():
        named = select(Profile.customer_id).where(index.in_(query.digests))
        ways.append(Episode.customer_id.in_(named))
    if query.named:
        ways.append(Episode.customer_id.in_(query.named))
    return ways

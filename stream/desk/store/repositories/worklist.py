"""The worklist: one card a customer, ranked; with filter, search, order and page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, CompoundSelect, Select, Subquery, and_, exists, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.tables import Episode, EpisodeReceiver, Profile, ProfileProduct

Status = Literal["open", "new", "acknowledged", "overdue", "snoozed", "held", "ended"]
Order = Literal["rank", "due", "newest", "value"]


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


@dataclass(frozen=True, slots=True)
class Card:
    """A customer with the episodes that were asked for, by rank. Priority, points and due time are of the gravest."""

    customer_id: str
    priority: int
    points: float
    due_at: int | None
    updated_at: int
    episodes: tuple[Episode, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of cards. `total` customers fit the question; 0 too where the page lies behind the last."""

    cards: tuple[Card, ...]
    total: int


async def worklist(session: AsyncSession, query: WorklistQuery, now: int) -> Page:
    """Return one page; `now` (epoch ms) tells what is snoozed and overdue."""
    found = (await session.execute(page_statement(query, now))).all()
    if not found:
        return Page((), 0)
    customers = [row.customer_id for row in found]
    wanted = _subquery(query, [*_conditions(query, now), Episode.customer_id.in_(customers)])
    statement = select(Episode).join(wanted, wanted.c.episode_id == Episode.episode_id)
    by_customer: dict[str, list[Episode]] = {}
    for episode in await session.scalars(statement.order_by(Episode.priority, Episode.points.desc())):
        by_customer.setdefault(episode.customer_id, []).append(episode)
    cards = (
        Card(row.customer_id, row.priority, row.points, row.due_at, row.updated_at, tuple(by_customer[row.customer_id]))
        for row in found
    )
    return Page(tuple(cards), int(found[0].total))


async def worklist_counts(session: AsyncSession, query: WorklistQuery, now: int) -> dict[str, int]:
    """Return how many episodes are open, new, acknowledged, overdue, snoozed and held, for the tabs of the page."""
    mine = _subquery(query, [*_common(query), Episode.ended_at.is_(None)])
    snoozed = func.coalesce(mine.c.snoozed_until, 0) > now
    awake, unseen = ~snoozed, mine.c.acknowledged_at.is_(None)
    tabs = {
        "open": awake,
        "new": and_(awake, unseen),
        "acknowledged": and_(awake, ~unseen),
        "overdue": and_(awake, unseen, mine.c.due_at < now),
        "snoozed": snoozed,
        "held": and_(awake, mine.c.held_by.is_not(None)),
    }
    row = (await session.execute(select(*(func.count().filter(tab).label(name) for name, tab in tabs.items())))).one()
    return {name: int(getattr(row, name)) for name in tabs}


_NEVER = 2**62  # epoch ms, behind every due time
_LIGHT = (
    Episode.episode_id,
    Episode.customer_id,
    Episode.priority,
    Episode.points,
    Episode.value,
    Episode.due_at,
    Episode.updated_at,
    Episode.opened_at,
    Episode.snoozed_until,
    Episode.acknowledged_at,
    Episode.held_by,
)
"""What ranking needs: the bodies are read for one page only."""


def page_statement(query: WorklistQuery, now: int) -> Select[*tuple[Any, ...]]:
    """Return the query for the customers of a page, ranked."""
    mine = _subquery(query, _conditions(query, now))
    priority, points = func.min(mine.c.priority), func.max(mine.c.points)
    orders: dict[Order, tuple[Any, ...]] = {
        "rank": (priority, points.desc()),
        "due": (func.coalesce(func.min(mine.c.due_at), _NEVER), priority, points.desc()),
        "newest": (func.max(mine.c.opened_at).desc(),),
        "value": (func.coalesce(func.max(mine.c.value), -1).desc(), priority),
    }
    return (
        select(
            mine.c.customer_id,
            priority.label("priority"),
            points.label("points"),
            func.min(mine.c.due_at).label("due_at"),
            func.max(mine.c.updated_at).label("updated_at"),
            func.count().over().label("total"),
        )
        .group_by(mine.c.customer_id)
        .order_by(*orders[query.order], mine.c.customer_id)
        .limit(query.limit)
        .offset(query.offset)
    )


def _subquery(query: WorklistQuery, conditions: list[ColumnElement[bool]]) -> Subquery:
    return _seen(query, conditions).subquery()


def _seen(
    query: WorklistQuery, conditions: list[ColumnElement[bool]]
) -> Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]:
    """Return the light columns of what may be seen: each way to see an episode by an index of its own."""
    light: Select[*tuple[Any, ...]] = select(*_LIGHT).where(*conditions)
    ways: list[Select[*tuple[Any, ...]]] = []
    if query.receivers:
        given = EpisodeReceiver.receiver.in_(query.receivers)
        ways.append(light.where(Episode.owner.in_(query.receivers)))
        ways.append(light.join(EpisodeReceiver, EpisodeReceiver.episode_id == Episode.episode_id).where(given))
    if query.branch_ids:
        ways.append(light.where(Episode.branch_id.in_(query.branch_ids)))
    return union(*ways) if ways else light


def _conditions(query: WorklistQuery, now: int) -> list[ColumnElement[bool]]:
    is_open, unseen = Episode.ended_at.is_(None), Episode.acknowledged_at.is_(None)
    snoozed = func.coalesce(Episode.snoozed_until, 0) > now
    states: dict[Status, list[ColumnElement[bool]]] = {
        "open": [is_open, ~snoozed],
        "new": [is_open, ~snoozed, unseen],
        "acknowledged": [is_open, ~snoozed, ~unseen],
        "overdue": [is_open, ~snoozed, unseen, Episode.due_at < now],
        "snoozed": [is_open, snoozed],
        "held": [is_open, ~snoozed, Episode.held_by.is_not(None)],
        "ended": [~is_open],
    }
    return states[query.status] + _common(query)


def _common(query: WorklistQuery) -> list[ColumnElement[bool]]:
    """Return what does not depend on the time."""
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
    return conditions + _by_profile(query) + _by_search(query)


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


def _by_search(query: WorklistQuery) -> list[ColumnElement[bool]]:
    ways: list[ColumnElement[bool]] = []
    if query.search:
        ways.append(Episode.customer_id.startswith(query.search, autoescape=True))
    if query.digests:
        known = or_(Profile.name_index.in_(query.digests), Profile.phone_index.in_(query.digests))
        ways.append(exists().where(Profile.customer_id == Episode.customer_id, known))
    if query.named:
        ways.append(Episode.customer_id.in_(query.named))
    return [or_(*ways)] if ways else []


async def sealed_names(session: AsyncSession, query: WorklistQuery, limit: int) -> Sequence[tuple[str, bytes]]:
    """Return customer and sealed name of at most `limit` of those whom a question without its search would show."""
    plain = replace(query, search="", digests=(), named=())
    over = Episode.ended_at.is_not(None) if query.status == "ended" else Episode.ended_at.is_(None)
    mine = _subquery(plain, [*_common(plain), over])
    named = select(Profile.customer_id, Profile.name_sealed).where(Profile.name_sealed.is_not(None))
    rows = await session.execute(named.where(Profile.customer_id.in_(select(mine.c.customer_id))).limit(limit))
    return [(row.customer_id, row.name_sealed) for row in rows]

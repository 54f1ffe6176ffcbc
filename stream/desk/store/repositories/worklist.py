"""The worklist: one card a customer, ranked; with filter, search, order and page.

Who sees a part of the house is shown all of it, by indexes that hold what ranking asks for. Who sees the whole house
(an auditor) is shown a window: the first warnings by the order that was asked for. Of the ended ones everybody sees a
window, the newest. So no question reads the more the larger the store is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.wanted import Order, Status, WorklistQuery, in_state, is_open_to, seen
from stream.desk.store.tables import Episode, Profile

__all__ = ["Card", "Order", "Page", "Status", "WorklistQuery", "page_statement", "worklist", "worklist_counts"]


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
    """A page of cards. `total` customers fit the question, and `more` than these where only a window was looked at.

    `total` is 0 too where the page lies behind the last.
    """

    cards: tuple[Card, ...]
    total: int
    more: bool = False


async def worklist(session: AsyncSession, query: WorklistQuery, now: int) -> Page:
    """Return one page; `now` (epoch ms) tells what is snoozed and overdue."""
    found = (await session.execute(page_statement(query, now))).all()
    if not found:
        return Page((), 0)
    customers = [row.customer_id for row in found]
    theirs = replace(query, customer_ids=tuple(customers))
    wanted = seen(theirs, [Episode.episode_id], in_state(query, now))
    statement = select(Episode).join(wanted, wanted.c.episode_id == Episode.episode_id)
    by_customer: dict[str, list[Episode]] = {customer: [] for customer in customers}
    for episode in await session.scalars(statement.order_by(Episode.priority, Episode.points.desc())):
        by_customer[episode.customer_id].append(episode)
    cards = (
        Card(row.customer_id, row.priority, row.points, row.due_at, row.updated_at, tuple(by_customer[row.customer_id]))
        for row in found
        if by_customer[row.customer_id]
    )
    bounded = query.everybody or query.status == "ended"
    return Page(tuple(cards), int(found[0].total), bounded and int(found[0].looked_at) >= query.window)


async def worklist_counts(session: AsyncSession, query: WorklistQuery, now: int) -> dict[str, int]:
    """Return how many episodes are open, new, acknowledged, overdue, snoozed and held, for the tabs of the page.

    Of the whole house those of the window are counted, by rank.
    """
    mine = seen(replace(query, order="rank", status="open"), _COUNTED, [is_open_to(query)])
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
_COUNTED = (Episode.episode_id, Episode.snoozed_until, Episode.acknowledged_at, Episode.due_at, Episode.held_by)
_RANKED = (
    Episode.episode_id,
    Episode.customer_id,
    Episode.priority,
    Episode.points,
    Episode.due_at,
    Episode.updated_at,
)
"""What ranking needs: the bodies are read for one page only."""


def page_statement(query: WorklistQuery, now: int) -> Select[*tuple[Any, ...]]:
    """Return the query for the customers of a page, ranked."""
    also: dict[str, tuple[Any, ...]] = {"newest": (Episode.opened_at,), "value": (Episode.value,)}
    mine = seen(query, [*_RANKED, *also.get(query.order, ())], in_state(query, now))
    priority, points = func.min(mine.c.priority), func.max(mine.c.points)
    return (
        select(
            mine.c.customer_id,
            priority.label("priority"),
            points.label("points"),
            func.min(mine.c.due_at).label("due_at"),
            func.max(mine.c.updated_at).label("updated_at"),
            func.count().over().label("total"),
            func.sum(func.count()).over().label("looked_at"),
        )
        .group_by(mine.c.customer_id)
        .order_by(*_order(query.order, mine.c, priority, points), mine.c.customer_id)
        .limit(query.limit)
        .offset(query.offset)
    )


def _order(order: Order, of: Any, priority: Any, points: Any) -> tuple[Any, ...]:
    match order:
        case "due":
            return func.coalesce(func.min(of.due_at), _NEVER), priority, points.desc()
        case "newest":
            return (func.max(of.opened_at).desc(),)
        case "value":
            return func.coalesce(func.max(of.value), -1).desc(), priority
        case _:
            return priority, points.desc()


async def sealed_names(session: AsyncSession, query: WorklistQuery, limit: int) -> Sequence[tuple[str, bytes]]:
    """Return customer and sealed name of at most `limit` of those whom a question without its search would show."""
    plain = replace(query, search="", digests=(), named=())
    over = ~is_open_to(plain) if query.status == "ended" else is_open_to(plain)
    mine = seen(plain, [Episode.customer_id], [over])
    named = select(Profile.customer_id, Profile.name_sealed).where(Profile.name_sealed.is_not(None))
    rows = await session.execute(named.where(Profile.customer_id.in_(select(mine.c.customer_id))).limit(limit))
    return [(row.customer_id, row.name_sealed) for row in rows]

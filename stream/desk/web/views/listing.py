"""The worklist: what is asked for in a query string, and a page of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from multidict import MultiMapping
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.profiles import profiles_by_id
from stream.desk.store.repositories.worklist import (
    Card,
    Order,
    Status,
    WorklistQuery,
    sealed_names,
    worklist,
    worklist_counts,
)
from stream.desk.store.tables import Profile
from stream.desk.store.vault import Vault, as_typed
from stream.desk.web.faults import BadRequest
from stream.desk.web.person import Person
from stream.desk.web.site import Site
from stream.desk.web.views.episodes import shown
from stream.desk.web.views.names import name_of, opened
from stream.desk.web.views.shown import CardShown, WorklistShown

STATUSES, ORDERS = get_args(Status), get_args(Order)
LISTS = ("kinds", "severities", "classes", "tiers", "segments", "industries", "products", "owners")
_LONGEST_SEARCH = 200
_FARTHEST = 1_000_000


def asked(given: MultiMapping[str], person: Person, site: Site) -> WorklistQuery:
    """Return the query of a query string, within the person's reach.

    Raises:
        BadRequest: a status, an order or a number that is none.
    """
    size = site.settings.desk.web.page_size
    search = given.get("search", "").strip()[:_LONGEST_SEARCH]
    return WorklistQuery(
        receivers=person.reach.receivers,
        branch_ids=person.reach.branch_ids,
        status=_one_of(given, "status", STATUSES, "open"),
        order=_one_of(given, "order", ORDERS, "rank"),
        search=search,
        digests=tuple(site.vault.indexes(search)) if search and person.may_call else (),
        storm_id=given.get("storm") or None,
        limit=_number(given, "limit", size, 1, 500),
        offset=_number(given, "offset", 0, 0, _FARTHEST),
        priorities=tuple(int(p) for p in _all(given, "priorities") if p in "1234"),
        **{name: _all(given, name) for name in LISTS},
    )


def _all(given: MultiMapping[str], name: str) -> tuple[str, ...]:
    return tuple(value for value in given.getall(name, []) if value)[:50]


def _one_of(given: MultiMapping[str], name: str, allowed: Sequence[str], default: str) -> Any:
    value = given.get(name) or default
    if value not in allowed:
        raise BadRequest(f"{name}: expected one of {', '.join(allowed)}")
    return value


def _number(given: MultiMapping[str], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name) or str(default)
    if not (value.isascii() and value.isdigit()) or not least <= int(value[:12]) <= most:
        raise BadRequest(f"{name}: expected a number from {least} to {most}")
    return int(value)


async def looked_up(session: AsyncSession, query: WorklistQuery, person: Person, site: Site) -> WorklistQuery:
    """Return the question with the customers whose name has in it what is searched for.

    Names lie sealed, and an index of their beginnings would give them away by how often each occurs: those of the
    customers within reach are opened and looked through, of a bounded number, and kept nowhere.
    """
    most, wanted = site.settings.desk.web.search_names, as_typed(query.search)
    if not (most and person.may_call and any(sign.isalpha() for sign in wanted)):
        return query
    sealed = await sealed_names(session, query, most)
    return replace(query, named=tuple(await asyncio.to_thread(_fitting, sealed, wanted, site.vault)))


def _fitting(sealed: Sequence[tuple[str, bytes]], wanted: str, vault: Vault) -> list[str]:
    return [customer for customer, name in sealed if wanted in as_typed(opened(vault, name) or "")]


async def listed(
    session: AsyncSession, query: WorklistQuery, person: Person, site: Site, counted: WorklistQuery | None = None
) -> WorklistShown:
    """Return one page, with the counts of all tabs; `counted`: of another question, as for one card of a list."""
    if person.reach.nobody:
        return WorklistShown(cards=[], total=0, offset=0, limit=query.limit, counts={})
    now = site.clock()
    page = await worklist(session, query, now)
    counts = await worklist_counts(session, replace(counted or query, status="open"), now)
    cards = await cards_of(session, page.cards, person, site, now)
    return WorklistShown(
        cards=cards,
        total=page.total,
        offset=query.offset,
        limit=query.limit,
        counts=counts,
        more=page.more,
        more_counted=query.everybody and counts["open"] + counts["snoozed"] >= query.window,
    )


async def cards_of(
    session: AsyncSession, cards: Sequence[Card], person: Person, site: Site, now: int
) -> list[CardShown]:
    """Return cards as they are shown."""
    profiles = await profiles_by_id(session, [card.customer_id for card in cards])
    return [_card(card, profiles.get(card.customer_id), person, site, now) for card in cards]


def _card(card: Card, profile: Profile | None, person: Person, site: Site, now: int) -> CardShown:
    first = card.episodes[0]
    return CardShown(
        customer_id=card.customer_id,
        name=name_of(profile, person, site.vault),
        priority=card.priority,
        points=card.points,
        due_at=card.due_at,
        updated_at=card.updated_at,
        class_=first.class_ or (profile.class_ if profile else None),
        tier=profile.tier if profile else None,
        segment=profile.segment if profile else None,
        owner=first.owner,
        episodes=[shown(episode, now, site.business.currency) for episode in card.episodes],
    )

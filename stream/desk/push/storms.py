"""A storm is one summary: many openings of one kind are told as one, first at once and then now and then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.push import told
from stream.desk.push.habits import HabitsOf
from stream.desk.push.news import News
from stream.desk.push.speaking import speak
from stream.desk.push.watching import change_of
from stream.desk.store.repositories.pushes import NewPush, append_pushes
from stream.desk.store.repositories.rows import chunks, insert_into, table
from stream.desk.store.tables import Episode, Holdback, Storm
from stream.desk.work.budget import CRITICAL

_OLD_MS = 7 * 86_400_000  # a storm that has been still for so long has nothing more to tell
_CORE = {"synchronize_session": False}


async def take(tx: AsyncSession, news: Sequence[News], habits_of: HabitsOf, now: int) -> frozenset[str]:
    """Add openings to their storms, tell what is to be told at once, and return who has a new push."""
    if not news:
        return frozenset()
    counts = Counter((str(one.storm_id), one.receiver) for one in news)
    kinds = {str(one.storm_id): one.kind for one in news}
    since = {"first_at": now, "last_at": now, "told": 0}
    rows = [
        {"storm_id": id_, "receiver": receiver, "kind": kinds[id_], "episodes": many, **since}
        for (id_, receiver), many in counts.items()
    ]
    statement = insert_into(tx, Storm)
    old, new = table(Storm).c, statement.excluded
    more = {"episodes": old.episodes + new.episodes, "last_at": new.last_at}
    await tx.execute(statement.on_conflict_do_update(index_elements=["storm_id", "receiver"], set_=more), rows)
    await told.hold(tx, [(one, "storm", None) for one in news], now)
    habits_of.rules.metrics.decided.labels("storm").inc(len(news))
    told_now = await tell(tx, list(counts), habits_of, now)
    return told_now | await _show(tx, [one for one in news if one.receiver not in told_now], now)


async def _show(tx: AsyncSession, news: Sequence[News], now: int) -> set[str]:
    """Let open pages follow where no summary is due: one change a person, without a word."""
    customers: dict[str, dict[str, None]] = {}
    for one in news:
        customers.setdefault(one.receiver, {})[one.customer_id] = None
    await append_pushes(tx, [change_of(receiver, list(some)) for receiver, some in customers.items()], now)
    return set(customers)


async def due(tx: AsyncSession, every_ms: int, now: int) -> list[tuple[str, str]]:
    """Return the storms (id, receiver) of which there is more to tell, and time for it."""
    waited = or_(Storm.told_at.is_(None), Storm.told_at <= now - every_ms)
    fits = Storm.last_at > now - _OLD_MS, Storm.told < Storm.episodes, waited
    rows = await tx.execute(select(Storm.storm_id, Storm.receiver).where(*fits).limit(500))
    return [(row.storm_id, row.receiver) for row in rows]


async def tell(tx: AsyncSession, keys: Iterable[tuple[str, str]], habits_of: HabitsOf, now: int) -> frozenset[str]:
    """Write the summaries that are due, unless it is quiet and none of what they sum up is critical.

    The first one of a storm notifies; those that follow change the page only.
    """
    every = round(habits_of.rules.settings.storm_every_min * 60_000)
    woken: set[str] = set()
    for some in chunks(sorted(set(keys))):
        found = await tx.execute(select(*table(Storm).c).where(tuple_(Storm.storm_id, Storm.receiver).in_(some)))
        for storm in found.all():
            if storm.told < storm.episodes and (storm.told_at is None or storm.told_at <= now - every):
                woken |= await _tell(tx, storm, habits_of, now)
    return frozenset(woken)


async def _tell(tx: AsyncSession, storm: Any, habits_of: HabitsOf, now: int) -> set[str]:
    hours = habits_of(storm.receiver).hours
    members = select(Episode.episode_id).where(Episode.storm_id == storm.storm_id)
    waiting = (
        Holdback.receiver == storm.receiver,
        Holdback.why == "storm",
        Holdback.released_at.is_(None),
        Holdback.episode_id.in_(members),
    )
    gravest = await tx.scalar(select(func.min(Holdback.priority)).where(*waiting))
    if hours.until(now) is not None and (gravest is None or gravest > CRITICAL):
        return set()
    first = storm.told_at is None
    data = {"storm_id": storm.storm_id, "kind": storm.kind, "episodes": storm.episodes, "priority": gravest}
    await speak(tx, [NewPush(receiver=storm.receiver, event="storm", notify=first, data=data)], habits_of, now)
    if first:
        await told.count(tx, {(storm.receiver, hours.local_date(now), "pushed"): 1})
    key = Storm.storm_id == storm.storm_id, Storm.receiver == storm.receiver
    await tx.execute(update(Storm).where(*key).values(told=storm.episodes, told_at=now), execution_options=_CORE)
    done = update(Holdback).where(*waiting).values(released_at=now, released_by="summary")
    released = list(await tx.scalars(done.returning(Holdback.episode_id), execution_options=_CORE))
    await told.mark(tx, released, None, None)
    habits_of.rules.metrics.released.labels("summary").inc(len(released))
    return {storm.receiver}

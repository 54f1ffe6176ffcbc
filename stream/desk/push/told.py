"""Verdicts into rows: pushes, hold-backs, what was told on a day, and what the worklist shows as held."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.push.habits import HabitsOf
from stream.desk.push.news import News
from stream.desk.push.speaking import speak
from stream.desk.push.verdicts import HELD, Verdict
from stream.desk.store.repositories.pushes import NewPush
from stream.desk.store.repositories.rows import chunks, insert_into, table
from stream.desk.store.tables import Episode, Holdback, PushDay

_COUNTED = {"now": "pushed", "passed": "passed", "quiet": "held", "budget": "held"}


async def write(tx: AsyncSession, verdicts: Sequence[Verdict], habits_of: HabitsOf, now: int) -> frozenset[str]:
    """Write them and return who has a new push: of what is held back too, for an open page follows without a word."""
    pushes = [_push(verdict) for verdict in verdicts]
    await speak(tx, pushes, habits_of, now)
    held = [verdict for verdict in verdicts if verdict.how in HELD]
    await hold(tx, [(verdict.news, verdict.how, verdict.release_at) for verdict in held], now)
    await count(tx, Counter((v.news.receiver, v.day, _COUNTED[v.how]) for v in verdicts if v.how in _COUNTED))
    for how, many in Counter(verdict.how for verdict in verdicts).items():
        habits_of.rules.metrics.decided.labels(how).inc(many)
    return frozenset(push.receiver for push in pushes)


def _push(verdict: Verdict) -> NewPush:
    if verdict.how in HELD:
        return push_of(replace(verdict.news, event="change"), notify=False)
    return push_of(verdict.news, notify=verdict.how != "silent")


def push_of(news: News, *, notify: bool) -> NewPush:
    """Return the push: words of the configuration and ids only."""
    return NewPush(
        receiver=news.receiver,
        event=news.event,
        notify=notify,
        customer_id=news.customer_id,
        episode_id=news.episode_id,
        alert_id=news.alert_id,
        data={"kind": news.kind, "severity": news.severity, "state": news.state, "priority": news.priority},
    )


async def hold(tx: AsyncSession, held: Sequence[tuple[News, str, int | None]], now: int) -> None:
    """Hold back, each alert once a person, and let the worklist show why."""
    if not held:
        return
    rows = [
        {
            "receiver": news.receiver,
            "alert_id": news.alert_id,
            "episode_id": news.episode_id,
            "customer_id": news.customer_id,
            "why": why,
            "priority": news.priority,
            "points": news.points,
            "held_at": now,
            "release_at": release_at,
        }
        for news, why, release_at in held
    ]
    statement = insert_into(tx, Holdback).on_conflict_do_nothing(index_elements=["receiver", "alert_id"])
    await tx.execute(statement, rows)
    by_end: dict[tuple[str, int | None], set[str]] = {}
    for news, why, release_at in held:
        by_end.setdefault((why, release_at), set()).add(news.episode_id)
    for (why, release_at), ids in by_end.items():
        await mark(tx, ids, why, release_at)


async def mark(tx: AsyncSession, episode_ids: Iterable[str], why: str | None, until: int | None) -> None:
    """Let the worklist show an episode as held back, or no longer."""
    for some in chunks(sorted(set(episode_ids))):
        changed = update(Episode).where(Episode.episode_id.in_(some)).values(held_by=why, held_until=until)
        await tx.execute(changed.execution_options(synchronize_session=False))


async def let_go(tx: AsyncSession, episode_ids: Iterable[str], by: str, now: int) -> None:
    """End all waiting for these episodes: they are over, or a graver alert is judged anew."""
    for some in chunks(sorted(set(episode_ids))):
        waiting = Holdback.episode_id.in_(some), Holdback.released_at.is_(None)
        done = update(Holdback).where(*waiting).values(released_at=now, released_by=by)
        freed = done.returning(Holdback.episode_id).execution_options(synchronize_session=False)
        await mark(tx, list(await tx.scalars(freed)), None, None)


async def count(tx: AsyncSession, counted: Mapping[tuple[str, dt.date, str], int]) -> None:
    """Add to what people were told on their local days."""
    rows: dict[tuple[str, dt.date], dict[str, Any]] = {}
    for (receiver, day, what), many in counted.items():
        none = {"receiver": receiver, "day": day, "pushed": 0, "passed": 0, "held": 0}
        rows.setdefault((receiver, day), none)[what] += many
    if not rows:
        return
    statement = insert_into(tx, PushDay)
    old, new = table(PushDay).c, statement.excluded
    sums = {name: old[name] + new[name] for name in ("pushed", "passed", "held")}
    await tx.execute(
        statement.on_conflict_do_update(index_elements=["receiver", "day"], set_=sums), list(rows.values())
    )

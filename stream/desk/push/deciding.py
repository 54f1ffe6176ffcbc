"""Who is bothered by new alerts, and who later: pushes, hold-backs and storms, in the intake's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.push import storms, told, watching
from stream.desk.push.habits import Habits, HabitsOf, Rules, load_habits
from stream.desk.push.news import News, Standing, of_alerts
from stream.desk.push.receivers import reached
from stream.desk.push.verdicts import Verdict, judge
from stream.desk.store.repositories.alerts import Incoming
from stream.desk.store.repositories.people import Directory
from stream.desk.store.repositories.pushes import append_pushes
from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Alert, Episode, PushDay
from stream.desk.work.budget import Budget

_ENDS = frozenset({"resolved", "expired", "closed"})


async def decide(tx: AsyncSession, fresh: Sequence[Incoming], rules: Rules, now: int) -> frozenset[str]:
    """Write what new alerts mean for people, and return who to wake after the commit: `hub.committed(...)`.

    Args:
        tx: the ordered transaction in which `take_alerts` wrote them.
        fresh: what `take_alerts` returned.
        rules: settings, calendar and metrics.
        now: wall clock, epoch ms.
    """
    standing = await _standing(tx, {item.episode_id for item in fresh}, now)
    updated = {item.episode_id for item in fresh if item.alert["state"] == "updated"}
    routes = {route for one in standing.values() for route in (one.owner, *one.routes)}
    branches = {f"branch:{one.branch_id}" for one in standing.values() if one.branch_id}  # whose managers watch
    directory = await reached(tx, routes | branches)
    news = of_alerts(fresh, standing, await _severities(tx, updated), directory)
    over = {item.episode_id for item in fresh if item.alert["state"] in _ENDS}
    await told.let_go(tx, over, "ended", now)
    watched = watching.changes(directory, _seen(fresh, standing, news))
    await append_pushes(tx, watched, now)
    return await admit(tx, news, directory, rules, now) | {push.receiver for push in watched}


def _seen(fresh: Sequence[Incoming], standing: Mapping[str, Standing], news: Iterable[News]) -> Iterator[watching.Seen]:
    """Yield what happened to whom, with who hears of it anyway."""
    told_by: dict[str, set[str]] = {}
    for one in news:
        told_by.setdefault(one.alert_id, set()).add(one.receiver)
    for item in fresh:
        if (episode := standing.get(item.episode_id)) is not None:
            told_too = frozenset(told_by.get(item.alert_id, ()))
            yield watching.Seen(item.alert["customer_id"], episode.owner, episode.branch_id, told_too)


async def admit(tx: AsyncSession, news: Sequence[News], directory: Directory, rules: Rules, now: int) -> frozenset[str]:
    """Write what may be told now, hold back the rest, and return who to wake after the commit.

    For anything that wants to notify: an escalation, a task that falls due.
    """
    if not news:
        return frozenset()
    habits_of = await load_habits(tx, rules, directory, [one.receiver for one in news])
    stormy = [one for one in news if one.storm_id is not None and one.tells]
    verdicts = await _judged(tx, [one for one in news if one.storm_id is None or not one.tells], habits_of, now)
    await told.let_go(tx, {one.episode_id for one in news if one.state == "updated" and one.tells}, "graver", now)
    woken = await told.write(tx, verdicts, habits_of, now)
    return woken | await storms.take(tx, stormy, habits_of, now)


async def _judged(tx: AsyncSession, news: Iterable[News], habits_of: HabitsOf, now: int) -> list[Verdict]:
    """Return a verdict on each, person by person."""
    by_receiver: dict[str, list[News]] = {}
    for one in news:
        by_receiver.setdefault(one.receiver, []).append(one)
    habits = {receiver: habits_of(receiver) for receiver in by_receiver}
    used = await _used(tx, habits, now)
    shares = habits_of.rules.settings.shares
    return [
        verdict
        for receiver, theirs in by_receiver.items()
        for verdict in judge(
            theirs, habits[receiver].hours, Budget(habits[receiver].budget, used.get(receiver, 0), shares), now
        )
    ]


async def _used(tx: AsyncSession, habits: dict[str, Habits], now: int) -> dict[str, int]:
    """Return how often each was notified on their local day."""
    days = {receiver: own.hours.local_date(now) for receiver, own in habits.items()}
    found: dict[str, int] = {}
    for some in chunks(sorted(days)):
        columns = select(PushDay.receiver, PushDay.day, PushDay.pushed)
        rows = await tx.execute(columns.where(PushDay.receiver.in_(some), PushDay.day.in_(set(days.values()))))
        found.update({row.receiver: row.pushed for row in rows if row.day == days[row.receiver]})
    return found


async def _standing(tx: AsyncSession, ids: Iterable[str], now: int) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    columns = (Episode.episode_id, Episode.owner, Episode.routes, Episode.acknowledged_at, Episode.ended_at)
    for some in chunks(sorted(ids)):
        rows = await tx.execute(
            select(*columns, Episode.branch_id, Episode.snoozed_until).where(Episode.episode_id.in_(some))
        )
        for row in rows:
            found[row.episode_id] = Standing(
                row.owner,
                tuple(row.routes),
                row.acknowledged_at is not None,
                (row.snoozed_until or 0) > now,
                row.ended_at is not None,
                row.branch_id,
            )
    return found


async def _severities(tx: AsyncSession, ids: Iterable[str]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for some in chunks(sorted(ids)):
        columns = select(Alert.episode_id, Alert.sequence, Alert.severity)
        for row in await tx.execute(columns.where(Alert.episode_id.in_(some), Alert.source == "engine")):
            found.setdefault(row.episode_id, {})[row.sequence] = row.severity
    return found

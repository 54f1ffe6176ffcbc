"""Carries out what falls due of itself: digests, room in a budget, summaries of storms. The rows are the timers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.push import digests, rooms, storms
from stream.desk.push.habits import HabitsOf, Rules, load_habits
from stream.desk.push.hub import Hub
from stream.desk.store.database import Database, name_of
from stream.desk.store.repositories.people import directory

_log = logging.getLogger(__name__)
_SEARCH_MS = 60_000  # an episode that ends by itself makes room, too, and nobody acted
_SLACK_MS = 10_000  # what was dated before the last look may be committed after it
_MOST = 100_000
_AT_ONCE = 20  # people in one transaction: others write in between
_Release = Callable[[AsyncSession, str, HabitsOf, int], Awaitable[frozenset[str]]]


class Releaser:
    """Looks again and again; safe to run in several processes, and to be killed at any time."""

    def __init__(self, database: Database, hub: Hub, rules: Rules, clock: Callable[[], int]) -> None:
        """`clock`: wall clock, epoch ms."""
        self._database, self._hub, self._rules, self._clock = database, hub, rules, clock
        self._looked_at = self._searched_at = 0

    async def run(self) -> None:
        """Go on until cancelled; while the database is away it waits."""
        while True:
            try:
                self._hub.committed(await self._look(self._clock()))
            except (SQLAlchemyError, OSError) as fault:
                _log.warning("what is held back cannot be released: %s", name_of(fault))
            await asyncio.sleep(self._rules.settings.release_every_s)

    async def _look(self, now: int) -> frozenset[str]:
        """Room is looked for with those who acted since the last look, and now and then with everybody."""
        everybody = now >= self._searched_at + _SEARCH_MS
        since, self._looked_at = None if everybody else self._looked_at - _SLACK_MS, now
        self._searched_at = now if everybody else self._searched_at
        return await release_due(self._database, self._rules, now, since)


async def release_due(database: Database, rules: Rules, now: int, acted_since: int | None = None) -> frozenset[str]:
    """Release all that is due at `now` (epoch ms) and return who has a new push; all of it is committed.

    `acted_since`: look for room only with people who did something since then.
    """
    every = round(rules.settings.storm_every_min * 60_000)
    woken: set[str] = set()
    async with database.reading() as look:
        for_digests, for_storms = await digests.due(look, now, _MOST), await storms.due(look, every, now)
        for_rooms = await _with_room(look, rules, await rooms.waiting(look, acted_since), now)
    for some in _some(for_digests):
        woken |= await _each(database, rules, some, digests.release, now)
    for some in _some(for_rooms):
        woken |= await _each(database, rules, some, rooms.release, now)
    if for_storms:
        async with database.transaction() as tx:
            habits = await load_habits(tx, rules, await directory(tx), [receiver for _, receiver in for_storms])
            woken |= await storms.tell(tx, for_storms, habits, now)
    return frozenset(woken)


async def _with_room(look: AsyncSession, rules: Rules, waiting: Sequence[str], now: int) -> list[str]:
    if not waiting:
        return []
    habits, shares = await load_habits(look, rules, await directory(look), waiting), rules.settings.shares
    return [one for one in waiting if await rooms.choose(look, one, habits(one), shares, now)]


async def _each(
    database: Database, rules: Rules, receivers: Sequence[str], release: _Release, now: int
) -> frozenset[str]:
    woken: set[str] = set()
    async with database.transaction() as tx:
        habits = await load_habits(tx, rules, await directory(tx), receivers)
        for receiver in receivers:
            woken |= await release(tx, receiver, habits, now)
    return frozenset(woken)


def _some(receivers: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(receivers), _AT_ONCE):
        yield receivers[start : start + _AT_ONCE]

"""Carries out what the town's RMs do by habit: the very acts of the desk's page, in transactions of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from stream.demo.clock import TownClock
from stream.demo.habits import Habit, Move, next_move
from stream.desk import acting
from stream.desk.pauses import Pauses
from stream.desk.service import DeskService
from stream.desk.store.database import away, is_away
from stream.desk.store.tables import Episode
from stream.desk.work.commands import Actor, Refused

_EVERY_S = 0.2
_PART = "colleagues"
_SEEN = (
    Episode.episode_id,
    Episode.customer_id,
    Episode.owner,
    Episode.branch_id,
    Episode.opened_at,
    Episode.acknowledged_at,
    Episode.snoozed_until,
    Episode.first_contact_at,
    Episode.outcome,
    Episode.version,
)


class Colleagues:
    """Looks again and again at who has what, does what is due by the town's clock, and lets the clock move on."""

    def __init__(
        self,
        desk: DeskService,
        context: acting.Context,
        clock: TownClock,
        habits: Mapping[str, Habit],
        leaves: Callable[[str], bool],
    ) -> None:
        """`habits`: by staff id, only of those who ever answer; `leaves`: the town's truth about a customer."""
        self._desk, self._context, self._clock = desk, context, clock
        self._habits, self._leaves = habits, leaves
        self._reasons = tuple(context.settings.work.loss_reasons)
        self._over: set[str] = set()  # episodes that wait for a manager, or for nobody
        self.acts = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set; what is under way is finished. While the database is away they wait, as all do."""
        pauses = Pauses()
        while not stop.is_set():
            try:
                await self.live_until(self._clock.ahead())
            except (SQLAlchemyError, OSError) as fault:
                if not is_away(fault):
                    raise
                self._desk.standings.trouble(_PART, away(fault))
                await pauses.wait()
            else:
                pauses.over()
                self._desk.standings.well(_PART)
                await asyncio.sleep(_EVERY_S)

    async def live_until(self, to: int) -> None:
        """Do everything that is due until `to` (epoch ms), the earliest first, then move the desk's clock on."""
        while moves := [one for one in await self._moves() if one[1].at <= to]:
            for who, move in sorted(moves, key=lambda one: one[1].at):
                await self._do(who, move)
        self._clock.move_on(to)
        if self._desk.parts is not None:  # in the pause between two looks of its own the town lives through days
            await self._desk.parts.timers.look()

    async def _moves(self) -> list[tuple[Actor, Move]]:
        if not self._habits:
            return []
        theirs = Episode.owner.in_([f"rm:{rm}" for rm in self._habits])
        wanted = select(*_SEEN).where(theirs, Episode.ended_at.is_(None), Episode.outcome.is_(None))
        async with self._desk.database.reading() as session:
            rows: Sequence[Any] = (await session.execute(wanted)).all()
        found = [(row, self._next(row)) for row in rows if row.episode_id not in self._over]
        return [(_actor(row), move) for row, move in found if move is not None]

    def _next(self, row: Any) -> Move | None:
        habit = self._habits[row.owner.removeprefix("rm:")]
        leaves, lived = self._leaves(row.customer_id), self._clock.now()
        return next_move(habit, row, leaves=leaves, lived=lived, reasons=self._reasons)

    async def _do(self, who: Actor, move: Move) -> None:
        """Act at the move's time. What is refused because the warning changed meanwhile is looked at again."""
        episode_id = getattr(move.command, "episode_id", None) or ""
        try:
            async with self._desk.database.transaction() as tx:
                done = await acting.act(tx, who, move.command, move.at, self._context)
        except Refused as why:
            if why.reason != "changed":
                self._over.add(episode_id)
            return
        if done.approval_id is not None or done.repeated:
            self._over.add(episode_id)
        self.acts += not done.repeated
        if self._desk.parts is not None:
            self._desk.parts.timers.committed(done.receivers)
            self._desk.parts.timers.wake()


def _actor(row: Any) -> Actor:
    return Actor(staff_id=row.owner.removeprefix("rm:"), role="rm", branch_id=row.branch_id)

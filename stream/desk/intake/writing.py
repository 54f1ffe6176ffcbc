"""What was read into rows, in the transaction given: people first, alerts last. Decides nothing itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts.deed import Context
from stream.desk.acts.notes import take_contact
from stream.desk.intake import customers, staff, timeline
from stream.desk.intake.alerts import take
from stream.desk.intake.edge import Item
from stream.desk.intake.forgotten import without_forgotten
from stream.desk.store.repositories.alerts import Incoming
from stream.settings.privacy import Privacy

After = Callable[[AsyncSession, Sequence[Incoming], int], Awaitable[set[str]]]
"""Called with the alerts that are new, in the transaction of their rows; returns the receivers of pushes it wrote."""


@dataclass(slots=True)
class Written:
    """What a batch left behind: who was pushed to, and how many records were not new."""

    receivers: set[str] = field(default_factory=set)
    known: int = 0


@dataclass(frozen=True, slots=True)
class Writer:
    """`after`: who decides on pushes, and who writes deliveries; `remember_ms`: how long a forgotten customer is."""

    context: Context
    after: tuple[After, ...] = ()
    remember_ms: int = Privacy().remember_forgotten_ms

    async def write(self, tx: AsyncSession, items: Sequence[Item], now: int, since: int = 0) -> Written:
        """Write a batch; the topics come in the order of `reading.TOPICS`, so that each is written whole.

        Of alerts whose records are older than `since` (epoch ms) nobody is told: see `history`.
        """
        by_topic: dict[str, list[Item]] = {}
        for item in items:
            if item.value is not None:
                by_topic.setdefault(item.came.topic, []).append(item)
        done = Written()
        for topic, some in by_topic.items():
            wanted = some if topic in ("staff", "customers") else await without_forgotten(tx, some)
            if wanted:
                await self._write_topic(tx, topic, wanted, now, since, done)
        return done

    async def _write_topic(
        self, tx: AsyncSession, topic: str, items: Sequence[Item], now: int, since: int, done: Written
    ) -> None:
        events = [item.value for item in items]
        if topic == "staff":
            done.receivers |= await staff.take(tx, events, now, self.context)
        elif topic == "customers":
            await customers.take(tx, events, now, self.context, self.remember_ms)
        elif topic == "contacts":
            done.known += [await take_contact(tx, event, source="topic") for event in events].count(False)
            await timeline.keep(tx, topic, events, self.context)
        elif topic == "alerts":
            await self._alerts(tx, items, now, since, done)
        else:
            await timeline.keep(tx, topic, events, self.context)

    async def _alerts(self, tx: AsyncSession, items: Sequence[Item], now: int, since: int, done: Written) -> None:
        history = frozenset(item.value.alert_id for item in items if item.came.record.timestamp < since)
        fresh = await take(tx, items, now, self.context, history)
        done.known += len(items) - len(fresh)
        if told := [one for one in fresh if one.alert_id not in history]:
            for decide in self.after:
                done.receivers |= await decide(tx, told, now)

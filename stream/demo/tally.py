"""What stands in the demo's desk, in a few figures for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from stream.desk.store.database import Database
from stream.desk.store.tables import Action, Alert, Escalation, Outbox

_ANSWERS = ("ack", "snooze", "outcome")


@dataclass(frozen=True, slots=True)
class Tally:
    """`rows`: the engine's alerts; `contacts`, `feedback`, `staff`: published to these topics; `waiting`: not yet."""

    rows: int = 0
    answers: int = 0
    contacts: int = 0
    escalated: int = 0
    feedback: int = 0
    waiting: int = 0
    staff: int = 0

    @property
    def from_desk(self) -> int:
        """Messages of the desk's that the engine reads."""
        return self.feedback + self.contacts + self.staff


async def tally(database: Database) -> Tally:
    """Count what stands in the store."""
    count = func.count()
    rows = select(count).select_from(Alert).where(Alert.source == "engine")
    answers = select(count).select_from(Action).where(Action.action.in_(_ANSWERS))
    escalated = select(count).select_from(Escalation).where(Escalation.state == "done")
    waiting = select(count).select_from(Outbox).where(Outbox.published_at.is_(None))

    def sent(topic: str) -> Select[Any]:
        taken = Outbox.published_at.is_not(None), Outbox.fault.is_(None)
        return select(count).select_from(Outbox).where(Outbox.topic == topic, *taken)

    wanted = (rows, answers, sent("contacts"), escalated, sent("feedback"), waiting, sent("staff"))
    async with database.reading() as session:
        return Tally(*[await session.scalar(one) or 0 for one in wanted])

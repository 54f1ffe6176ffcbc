"""A push, and beside it the mail or robot's message that the person asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.notify.fanout import personal
from stream.desk.push.habits import HabitsOf
from stream.desk.store.repositories.pushes import NewPush, append_pushes


async def speak(tx: AsyncSession, pushes: Sequence[NewPush], habits_of: HabitsOf, now: int) -> None:
    """Write the pushes, and notices of those that notify."""
    await append_pushes(tx, pushes, now)
    rules = habits_of.rules
    titled = [
        replace(push, data={**push.data, "title": dict(rules.titles.get(str(push.data.get("kind")), {}))})
        for push in pushes
        if push.notify
    ]
    await personal(tx, titled, habits_of.preferences, rules.notify, now)

"""Whole customers given to another: with their open and snoozed episodes, and their tasks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from stream.desk.acts import planning, tasks
from stream.desk.acts.deed import Deed
from stream.desk.store.repositories.rows import insert_into, table
from stream.desk.store.tables import Assignment, Episode, Profile
from stream.desk.work import words
from stream.desk.work.commands import HandOver

RETURN = "return"
"""Kind of the timer that gives a customer back; its key is the customer's id."""


async def hand_over(deed: Deed, command: HandOver) -> Episode | None:
    """Give a customer with all that is open to another, for good or until a time."""
    if command.until is not None and command.until <= deed.now:
        raise words.in_past()
    to = await _receiver(deed, command.to)
    moved = await open_episodes(deed, command.customer_id)
    await deed.note_action(
        "handover", command.customer_id, receiver=to, until=command.until, why=command.why,
        details={"episodes": [episode.episode_id for episode in moved]},
    )  # fmt: skip
    if to.startswith("rm:"):
        await assign(deed, command.customer_id, to.removeprefix("rm:"), "handover", until=command.until)
    for number, episode in enumerate(moved):
        await deed.feedback(episode, {"action": "handover"}, f"{deed.action_id}/{number}" if number else None)
    before = {episode.owner for episode in moved} | {f"rm:{await _rm(deed, command.customer_id)}"}
    await move(deed, command.customer_id, moved, sorted(before), to, "handover", fixed=True)
    return moved[0] if moved else None


async def open_episodes(deed: Deed, customer_id: str) -> list[Episode]:
    """Return a customer's open and snoozed episodes, the gravest first."""
    mine = select(Episode).where(Episode.customer_id == customer_id, Episode.ended_at.is_(None))
    return list(await deed.tx.scalars(mine.order_by(Episode.priority, Episode.points.desc(), Episode.episode_id)))


async def move(
    deed: Deed,
    customer_id: str,
    moved: Sequence[Episode],
    owners: Sequence[str],
    to: str,
    why: str,
    *,
    fixed: bool,
    lent_by: str | None = None,
) -> None:
    """Give a customer's episodes, and the open tasks of `owners`, to another; escalation begins anew.

    Args:
        deed: what is done.
        customer_id: whose.
        moved: episodes, open or snoozed.
        owners: whose tasks go along, as in an alert's routes.
        to: as in an alert's routes.
        why: for the pages.
        fixed: from now on the engine's routes no longer move the episodes.
        lent_by: who gets the tasks back after a leave.
    """
    for episode in moved:
        old = episode.owner
        await planning.call_off(deed.tx, episode.episode_id, deed.now)
        await deed.change(episode, {"owner": to, "owner_fixed": fixed, "escalation": 0})
        await planning.forget_steps(deed.tx, episode.episode_id)
        await planning.plan(deed.tx, episode, deed.now, deed.context)
        await deed.show_change(episode, why, also=[old])
    await tasks.hand_over(deed, customer_id, owners, to, lent_by)


async def assign(
    deed: Deed, customer_id: str, staff_id: str, why: str, *, until: int | None = None, list_id: str | None = None
) -> None:
    """Note who looks after a customer from now on, whatever the profile says."""
    row = {
        "customer_id": customer_id,
        "staff_id": staff_id,
        "instead_of": await _rm(deed, customer_id),
        "why": why,
        "by": deed.actor.staff_id,
        "at": deed.now,
        "until": until,
        "list_id": list_id,
    }
    statement = insert_into(deed.tx, Assignment).values(row)
    changes = {name: statement.excluded[name] for name in row if name != "customer_id"}
    await deed.tx.execute(statement.on_conflict_do_update(index_elements=["customer_id"], set_=changes))
    if until is None:
        await planning.stop_timer(deed.tx, RETURN, customer_id)
    else:
        await planning.set_timer(deed.tx, RETURN, customer_id, until, customer_id)


async def unassign(deed: Deed, customer_id: str) -> str | None:
    """Have the profile's RM look after a customer again; return who that is."""
    await deed.tx.execute(delete(table(Assignment)).where(table(Assignment).c.customer_id == customer_id))
    return await _rm(deed, customer_id)


async def _rm(deed: Deed, customer_id: str) -> str | None:
    """Return a customer's RM by the profile, or where the desk has none by the newest alert."""
    profile = await deed.tx.get(Profile, customer_id)
    if profile is not None:
        return profile.rm_id
    newest = select(Episode.rm_id).where(Episode.customer_id == customer_id).order_by(Episode.updated_at.desc())
    return await deed.tx.scalar(newest.limit(1))


async def _receiver(deed: Deed, to: str) -> str:
    known = await deed.directory()
    if to.startswith("branch:"):
        if to.removeprefix("branch:") not in known.branches:
            raise words.nobody_there()
        return to
    person = known.staff.get(to.removeprefix("rm:"))
    if person is None or person.status not in ("active", "moved"):
        raise words.nobody_there()
    return f"rm:{person.staff_id}"

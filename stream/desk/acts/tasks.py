"""Tasks: what an outcome makes by the table, what somebody writes down, and what is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from stream.desk.acts import planning
from stream.desk.acts.deed import Deed
from stream.desk.store.repositories.rows import insert_into
from stream.desk.store.tables import Episode, Task
from stream.desk.work import words
from stream.desk.work.commands import AddTask, FinishTask
from stream.desk.work.tasks import Planned, next_tasks

LENT_BY = "lent_by"
"""Detail of a task that another has during a leave: who gets it back."""
REMINDER = "task"
"""Kind of the timer that says that a task is due; its key is the task's id."""


async def follow(deed: Deed, episode: Episode) -> None:
    """Make the tasks that follow from an episode's outcome."""
    table, hours = deed.context.settings.work.next_tasks, deed.context.hours
    outcome = episode.outcome or ""
    for planned in next_tasks(table, outcome, episode.loss_reason, episode.kind, deed.now, hours):
        owner = f"branch:{episode.branch_id}" if planned.of_branch and episode.branch_id else episode.owner
        await make(deed, episode.customer_id, planned, owner, episode)


async def add(deed: Deed, command: AddTask) -> Episode | None:
    """Write down a next step of one's own."""
    kinds = deed.context.settings.work.task_kinds
    if command.kind not in kinds:
        raise words.not_allowed("kind", sorted(kinds))
    if command.due_at <= deed.now:
        raise words.in_past()
    episode = None if command.episode_id is None else await deed.episode(command.episode_id)
    await deed.note_action("task", command.customer_id, episode, until=command.due_at)
    planned = Planned(command.kind, command.due_at, of_branch=False, number=0)
    await make(deed, command.customer_id, planned, f"rm:{deed.actor.staff_id}", episode)
    about: dict[str, Any] = {"customer_id": command.customer_id, "episode_id": command.episode_id}
    await deed.show("task", [], data={"what": "added"}, **about)
    return episode


async def finish(deed: Deed, command: FinishTask) -> Task:
    """Mark a task as done, or as no longer needed."""
    task = await deed.tx.get(Task, command.task_id)
    if task is None:
        raise words.unknown("task", "任务")
    if task.done_at is not None:
        raise words.already_answered()
    state = "cancelled" if command.cancelled else "done"
    details = {"task_id": task.task_id, "state": state}
    await deed.note_action("task", task.customer_id, details=details)
    task.state, task.done_at, task.done_by, task.result = state, deed.now, deed.actor.staff_id, command.result
    await deed.tx.flush()
    await planning.stop_timer(deed.tx, REMINDER, task.task_id)
    await deed.show("task", [task.owner], data={"what": state}, customer_id=task.customer_id)
    return task


async def call_off(deed: Deed, episode: Episode) -> None:
    """Cancel what an earlier outcome of an episode had planned."""
    planned = select(Task).where(
        Task.episode_id == episode.episode_id, Task.done_at.is_(None), Task.details["after"].as_string() != ""
    )
    for task in list(await deed.tx.scalars(planned)):
        task.state, task.done_at, task.done_by = "cancelled", deed.now, deed.actor.staff_id
        await planning.stop_timer(deed.tx, REMINDER, task.task_id)
    await deed.tx.flush()


async def hand_over(deed: Deed, customer_id: str, owners: Sequence[str], to: str, lent_by: str | None = None) -> None:
    """Give a customer's open tasks to another; `lent_by` gets them back after a leave."""
    theirs = select(Task).where(Task.customer_id == customer_id, Task.done_at.is_(None), Task.owner.in_(owners))
    for task in list(await deed.tx.scalars(theirs)):
        task.owner = to
        if lent_by is not None:
            task.details = {**task.details, LENT_BY: lent_by}
    await deed.tx.flush()


async def give_back(deed: Deed, person: str) -> None:
    """Give somebody back the tasks that others had during a leave."""
    lent = select(Task).where(Task.done_at.is_(None), Task.details[LENT_BY].as_string() == person)
    for task in list(await deed.tx.scalars(lent)):
        task.owner = f"rm:{person}"
        task.details = {name: value for name, value in task.details.items() if name != LENT_BY}
    await deed.tx.flush()


async def make(deed: Deed, customer_id: str, planned: Planned, owner: str, episode: Episode | None) -> str:
    """Write a task, once by the action that makes it, with the timer that reminds; return its id."""
    origin = f"{deed.action_id}/{planned.kind}/{planned.number}"
    row = {
        "task_id": origin,
        "origin": origin,
        "kind": planned.kind,
        "customer_id": customer_id,
        "episode_id": None if episode is None else episode.episode_id,
        "owner": owner,
        "branch_id": None if episode is None else episode.branch_id,
        "state": "open",
        "due_at": planned.due_at,
        "created_at": deed.now,
        "created_by": deed.actor.staff_id,
        "details": {"after": episode.outcome} if episode is not None and planned.number else {},
    }
    made = insert_into(deed.tx, Task).values(row).on_conflict_do_nothing(index_elements=["origin"])
    await deed.tx.execute(made)
    await planning.set_timer(deed.tx, REMINDER, origin, planned.due_at, customer_id)
    deed.task_ids.append(origin)
    return origin

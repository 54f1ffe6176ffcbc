"""One step of an escalation carried out: to whom, who is told, and what the topic `alerts` hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import owners, planning
from stream.desk.acts.deed import Context, Deed
from stream.desk.acts.referrals import give
from stream.desk.push.deciding import admit
from stream.desk.push.habits import Rules
from stream.desk.push.news import News
from stream.desk.push.receivers import people_of
from stream.desk.store.repositories.people import Directory, directory
from stream.desk.store.tables import Audit, Episode, Escalation
from stream.desk.timing.guard import LATER_MS, guarded
from stream.desk.work import escalation
from stream.desk.work.commands import Actor
from stream.domain.alerts import Answer
from stream.domain.staff import StaffBook
from stream.policy.route import branch_now

DESK = Actor(staff_id="desk:escalation", role="system")
_AT_ONCE = 100

Target = Literal["deputy", "branch", "manager"]


async def escalate_due(
    tx: AsyncSession, now: int, context: Context, rules: Rules
) -> tuple[Mapping[str, int], set[str], bool]:
    """Carry out the steps that are due at `now`; return how many went to whom, who was pushed to, and if more wait."""
    due = select(Escalation).where(Escalation.done_at.is_(None), Escalation.due_at <= now)
    steps = list(await tx.scalars(due.order_by(Escalation.due_at, Escalation.episode_id).limit(_AT_ONCE)))
    if not steps:
        return {}, set(), False
    known, staff = await directory(tx), await owners.staff_book(tx)
    went: dict[str, int] = {}
    woken: set[str] = set()
    for step in steps:
        deed = Deed(tx, DESK, _action_id(step), now, context, known)
        done = await guarded(tx, _one(deed, step, known, staff, rules))
        if done is None:  # it must not keep the others waiting
            await _put_off(tx, step, now)
        to, told = done or ("failed", frozenset())
        went[to] = went.get(to, 0) + 1
        woken |= told
    return went, woken, len(steps) == _AT_ONCE


async def _one(
    deed: Deed, step: Escalation, known: Directory, staff: StaffBook, rules: Rules
) -> tuple[str, frozenset[str]]:
    """Take one step; return to whom it went, and who was pushed to."""
    to = await _take(deed, step, known, staff)
    if to in ("cancelled", "skipped"):
        return to, frozenset()
    told = await admit(deed.tx, await _news(deed, step, known), known, rules, deed.now)
    return to, frozenset(deed.receivers) | told


async def _put_off(tx: AsyncSession, step: Escalation, now: int) -> None:
    await tx.refresh(step)
    step.due_at = now + LATER_MS
    await tx.flush()


def _action_id(step: Escalation) -> str:
    """Name a step for ever: taken again after a kill it is the same, planned anew for another owner it is not."""
    return f"escalation/{step.episode_id}/{step.step}/{step.planned_at}"


async def _take(deed: Deed, step: Escalation, known: Directory, staff: StaffBook) -> str:
    episode = await deed.episode(step.episode_id)
    if episode.ended_at is not None or episode.acknowledged_at is not None or (episode.snoozed_until or 0) > deed.now:
        await planning.call_off(deed.tx, episode.episode_id, deed.now)
        await deed.tx.refresh(step)
        return "cancelled"
    branch = branch_now(_branch_of(episode, known), staff)
    target = escalation.receiver(cast(Target, step.to), episode.owner, branch, known.staff, known.branches)
    step.done_at, step.state, step.receiver = deed.now, "skipped" if target is None else "done", target
    await deed.tx.flush()
    if target is not None:
        await _tell(deed, step, episode, target)
    await deed.change(episode, {"escalation": step.step})
    await planning.note_next(deed.tx, episode)
    if target is not None:
        await deed.show_change(episode, "escalated")
    return "skipped" if target is None else step.to


async def _tell(deed: Deed, step: Escalation, episode: Episode, target: str) -> None:
    await give(deed, episode, target, "escalation")
    answer = Answer(action_id=deed.action_id, actor="desk", step=step.step, to=cast(Target, step.to))
    step.alert_id = await deed.tell(episode, "escalated", answer, also=[target])
    audit = Audit(
        at=deed.now,
        actor=DESK.staff_id,
        role=DESK.role,
        act="escalate",
        object_kind="episode",
        object_id=episode.episode_id,
        customer_id=episode.customer_id,
        episode_id=episode.episode_id,
        allowed=True,
        details={"to": step.to, "receiver": target, "step": step.step},
    )
    deed.tx.add(audit)
    await deed.tx.flush()


async def _news(deed: Deed, step: Escalation, known: Directory) -> Sequence[News]:
    episode = await deed.episode(step.episode_id)
    return [
        News(
            receiver=person,
            event="alert",
            alert_id=step.alert_id or episode.alert_id,
            episode_id=episode.episode_id,
            customer_id=episode.customer_id,
            kind=episode.kind,
            severity=episode.severity,
            state="escalated",
            priority=episode.priority,
            points=episode.points,
        )
        for person in people_of(known, step.receiver or "")
    ]


def _branch_of(episode: Episode, known: Directory) -> str | None:
    """Return the branch that answers for an episode, or the owner's where it names none."""
    kind, _, id_ = episode.owner.partition(":")
    if kind == "branch":
        return id_
    person = known.staff.get(id_) if kind == "rm" else None
    return episode.branch_id or (person.branch_id if person is not None else None)

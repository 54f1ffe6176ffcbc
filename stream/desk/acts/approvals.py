"""What a manager must allow: asked for, granted, refused. Only what was granted reaches the engine."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from stream.desk.acts.deed import Deed
from stream.desk.acts.ending import end
from stream.desk.store.tables import Approval, Episode
from stream.desk.work import answers, words
from stream.desk.work.commands import Approve, Outcome, Reject

SUBJECT = "not_worth_keeping"


async def ask(deed: Deed, episode: Episode, command: Outcome) -> None:
    """Ask the branch's manager; the warning stays as it is until then."""
    pending = select(Approval.approval_id).where(
        Approval.episode_id == episode.episode_id, Approval.decided_at.is_(None)
    )
    if (await deed.tx.scalars(pending)).first() is not None:
        raise words.already_asked()
    await deed.note_action("ask", episode.customer_id, episode, outcome=command.outcome)
    row = Approval(
        approval_id=deed.action_id,
        action_id=deed.action_id,
        subject=SUBJECT,
        episode_id=episode.episode_id,
        customer_id=episode.customer_id,
        branch_id=episode.branch_id,
        requested_by=deed.actor.staff_id,
        requested_at=deed.now,
        proposal=_proposal(command),
    )
    deed.tx.add(row)
    await deed.tx.flush()
    deed.approval_id = row.approval_id
    await deed.change(episode, {})
    await deed.show_change(episode, "ask")
    about = {"customer_id": episode.customer_id, "episode_id": episode.episode_id}
    asked = [f"branch:{episode.branch_id}"] if episode.branch_id else []
    await deed.show("approval", asked, data={"what": "asked", "approval_id": row.approval_id}, notify=True, **about)


async def approve(deed: Deed, command: Approve) -> Episode | None:
    """Carry out what was asked for; the manager answers for it."""
    approval = await _pending(deed, command.approval_id)
    episode = await deed.episode(approval.episode_id or "")
    asked = msgspec.convert(approval.proposal, Outcome)
    await _decide(deed, approval, "approved", command.why)
    granted = answers.ended(asked, approval.requested_by, deed.now)
    await end(deed, episode, granted, approval_id=approval.approval_id)
    await _tell(deed, approval, "approved")
    return episode


async def reject(deed: Deed, command: Reject) -> Episode | None:
    """Refuse it: the warning goes on."""
    approval = await _pending(deed, command.approval_id)
    episode = await deed.episode(approval.episode_id or "")
    await _decide(deed, approval, "rejected", command.why)
    await deed.note_action("reject", approval.customer_id, episode, details={"approval_id": approval.approval_id})
    await deed.change(episode, {})
    await _tell(deed, approval, "rejected")
    return episode


async def withdraw(deed: Deed, episode: Episode) -> None:
    """Take back what was asked for, because the episode got another outcome."""
    pending = select(Approval).where(Approval.episode_id == episode.episode_id, Approval.decided_at.is_(None))
    for approval in list(await deed.tx.scalars(pending)):
        await _decide(deed, approval, "withdrawn", None)


async def _pending(deed: Deed, approval_id: str) -> Approval:
    approval = await deed.tx.get(Approval, approval_id, populate_existing=True)
    if approval is None:
        raise words.unknown("request", "申请")
    answers.may_decide(deed.actor, approval.branch_id)
    if approval.decided_at is not None:
        raise words.already_decided()
    return approval


async def _decide(deed: Deed, approval: Approval, decision: str, why: str | None) -> None:
    approval.decision, approval.why = decision, why
    approval.decided_by, approval.decided_at = deed.actor.staff_id, deed.now
    deed.approval_id = approval.approval_id
    await deed.tx.flush()


async def _tell(deed: Deed, approval: Approval, what: str) -> None:
    about = {"customer_id": approval.customer_id, "episode_id": approval.episode_id}
    data = {"what": what, "approval_id": approval.approval_id}
    await deed.show("approval", [f"rm:{approval.requested_by}"], data=data, notify=True, **about)


def _proposal(command: Outcome) -> dict[str, Any]:
    """Return the command without its note, which is kept sealed."""
    plain: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(command, note=None))
    return plain

"""A change of an episode carried out, with all who hear of it; and what its end brings with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from stream.desk.acts import planning, tasks
from stream.desk.acts.deed import Deed
from stream.desk.acts.planning import SNOOZE
from stream.desk.store.tables import Episode
from stream.desk.work.answers import Change
from stream.domain.alerts import Answer


async def end(deed: Deed, episode: Episode, change: Change, **details: Any) -> None:
    """Carry an outcome out, correct what an earlier one had planned, and plan what follows from this one."""
    if episode.outcome is not None:
        details["instead_of"] = episode.outcome
    told = {name: change.episode[name] for name in ("outcome", "loss_reason", "reason_source")}
    await tasks.call_off(deed, episode)
    await carry_out(deed, episode, change, **told, details=details)
    await planning.stop_timer(deed.tx, SNOOZE, episode.episode_id)
    await tasks.follow(deed, episode)
    if episode.outcome == "not_worth_keeping":
        await _let_go(deed, episode)


async def _let_go(deed: Deed, episode: Episode) -> None:
    """Call off the escalation of the customer's other episodes: nobody is to be chased to keep them."""
    others = select(Episode.episode_id).where(Episode.customer_id == episode.customer_id, Episode.ended_at.is_(None))
    for other in list(await deed.tx.scalars(others)):
        await planning.call_off(deed.tx, other, deed.now)


async def carry_out(deed: Deed, episode: Episode, change: Change, **of_action: Any) -> None:
    """Write a change with its action, what the engine and the topic `alerts` are told, and the pushes."""
    await deed.note_action(change.action, episode.customer_id, episode, **of_action)
    if change.tells is not None:
        answer = Answer(
            action_id=deed.action_id,
            actor=deed.actor.staff_id,
            outcome=change.episode.get("outcome"),
            loss_reason=change.episode.get("loss_reason"),
            reason_source=change.episode.get("reason_source"),
        )
        await deed.tell(episode, change.tells, answer)
    await deed.change(episode, {**change.episode, **({"next_escalation_at": None} if change.quiet else {})})
    if change.quiet:
        await planning.call_off(deed.tx, episode.episode_id, deed.now)
    if change.feedback:
        await deed.feedback(episode, change.feedback)
    await deed.show_change(episode, change.action)

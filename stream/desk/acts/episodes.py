"""Acknowledge, snooze, outcome: what is done to one episode."""

from __future__ import annotations

from stream.desk.acts import approvals, notes, planning
from stream.desk.acts.deed import Deed
from stream.desk.acts.ending import carry_out, end
from stream.desk.acts.planning import SNOOZE
from stream.desk.store.tables import Episode
from stream.desk.work import answers
from stream.desk.work.commands import Acknowledge, Outcome, Snooze, Unsnooze


async def acknowledge(deed: Deed, command: Acknowledge) -> Episode:
    """Somebody sees to it."""
    episode = await deed.episode(command.episode_id, command.version)
    await carry_out(deed, episode, answers.acknowledge(episode, deed.actor, deed.now))
    return episode


async def snooze(deed: Deed, command: Snooze) -> Episode:
    """Off the list until a time; a timer brings it back."""
    episode = await deed.episode(command.episode_id, command.version)
    change = answers.snooze(episode, command, deed.actor, deed.now, deed.context.settings.work)
    await carry_out(deed, episode, change, why=command.why, until=command.until)
    await planning.set_timer(deed.tx, SNOOZE, episode.episode_id, command.until, episode.customer_id)
    return episode


async def unsnooze(deed: Deed, command: Unsnooze) -> Episode:
    """Back on the list now, and escalation goes on."""
    episode = await deed.episode(command.episode_id, command.version)
    await carry_out(deed, episode, answers.unsnooze(episode, deed.now), until=deed.now)
    await planning.stop_timer(deed.tx, SNOOZE, episode.episode_id)
    await planning.plan(deed.tx, episode, deed.now, deed.context)
    return episode


async def outcome(deed: Deed, command: Outcome) -> Episode:
    """How it ended; or a manager is asked first."""
    episode = await deed.episode(command.episode_id, command.version)
    change = answers.outcome(episode, command, deed.actor, deed.now, deed.context.settings.work)
    if change.wants_approval:
        await approvals.ask(deed, episode, command)
    else:
        await approvals.withdraw(deed, episode)
        await end(deed, episode, change)
    if command.note is not None:
        await notes.keep(deed, episode.customer_id, command.note, episode.episode_id)
    return episode

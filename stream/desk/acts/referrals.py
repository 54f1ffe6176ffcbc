"""An episode passed on to another department, which has it on its list from then on."""

from __future__ import annotations

from stream.desk.acts.deed import Deed
from stream.desk.store.repositories.rows import insert_into
from stream.desk.store.tables import Episode, EpisodeReceiver, Referral
from stream.desk.work import words
from stream.desk.work.commands import Refer


async def refer(deed: Deed, command: Refer) -> Episode:
    """Pass it on, with the reason sealed."""
    departments = deed.context.settings.work.departments
    if command.department not in departments:
        raise words.not_allowed("department", sorted(departments))
    receiver = departments[command.department].receiver
    episode = await deed.episode(command.episode_id, command.version)
    await deed.note_action("refer", episode.customer_id, episode, receiver=receiver)
    row = Referral(
        referral_id=deed.action_id,
        action_id=deed.action_id,
        episode_id=episode.episode_id,
        customer_id=episode.customer_id,
        department=command.department,
        by=deed.actor.staff_id,
        at=deed.now,
        reason_sealed=deed.context.vault.seal_if(command.reason),
        state_at=deed.now,
    )
    deed.tx.add(row)
    await deed.tx.flush()
    await give(deed, episode, receiver, "referral")
    await deed.change(episode, {})
    await deed.show_change(episode, "refer")
    return episode


async def give(deed: Deed, episode: Episode, receiver: str, why: str) -> None:
    """Put an episode on somebody else's list too."""
    row = {"episode_id": episode.episode_id, "receiver": receiver, "why": why, "since": deed.now}
    await deed.tx.execute(insert_into(deed.tx, EpisodeReceiver).values(row).on_conflict_do_nothing())

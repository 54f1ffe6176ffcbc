"""Notes and contacts: what is written down about a customer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import messages
from stream.desk.acts.deed import Deed
from stream.desk.store.repositories.rows import insert_into
from stream.desk.store.tables import Contact, Episode, Note
from stream.desk.work import commands, words
from stream.domain.contacts import ANSWERS
from stream.domain.events import Contact as Event


async def note(deed: Deed, command: commands.Note) -> Episode | None:
    """Keep a text, sealed; the engine hears that there is one, not what it says."""
    episode = None if command.episode_id is None else await deed.episode(command.episode_id)
    if episode is not None and episode.customer_id != command.customer_id:
        raise words.unknown("warning", "预警")
    await deed.note_action("note", command.customer_id, episode)
    await keep(deed, command.customer_id, command.text, command.episode_id)
    if episode is not None:
        await deed.feedback(episode, {"action": "note"})
        await deed.change(episode, {})
        await deed.show_change(episode, "note")
    return episode


async def keep(deed: Deed, customer_id: str, text: str, episode_id: str | None) -> None:
    """Write a note of this action."""
    row = Note(
        note_id=f"{deed.action_id}/note",
        action_id=deed.action_id,
        customer_id=customer_id,
        episode_id=episode_id,
        author=deed.actor.staff_id,
        at=deed.now,
        text_sealed=deed.context.vault.seal(text),
    )
    deed.tx.add(row)
    await deed.tx.flush()


async def log_contact(deed: Deed, command: commands.LogContact) -> Episode | None:
    """Log a contact, for the topic and for the time to the first one."""
    work = deed.context.settings.work
    if command.how not in work.contact_ways:
        raise words.not_allowed("how", sorted(work.contact_ways))
    at = deed.now if command.at is None else command.at
    if at > deed.now:
        raise words.in_future()
    episode = None if command.episode_id is None else await deed.episode(command.episode_id)
    await deed.note_action("contact", command.customer_id, episode, details={"how": command.how})
    event = Event(
        event_id=deed.action_id,
        customer_id=command.customer_id,
        time=at,
        staff_id=deed.actor.staff_id,
        how=command.how,
        result=command.result,
    )
    await take_contact(deed.tx, event, source="desk", episode_id=command.episode_id, action_id=deed.action_id)
    await deed.send(messages.contact(event))
    about: dict[str, Any] = {"customer_id": command.customer_id, "episode_id": command.episode_id}
    routes = [] if episode is None else [episode.owner]
    await deed.show("change", routes, data={"what": "contact"}, **about)
    return episode


async def take_contact(
    tx: AsyncSession, event: Event, *, source: str, episode_id: str | None = None, action_id: str | None = None
) -> bool:
    """Write a contact, once by its event id, and when the customer's open episodes first had one; tell if it was new.

    A contact is made when the customer answers; that somebody tried is in the list of contacts.
    """
    row = {
        "contact_id": event.event_id,
        "customer_id": event.customer_id,
        "staff_id": event.staff_id,
        "at": event.time,
        "how": event.how,
        "result": event.result,
        "episode_id": episode_id,
        "action_id": action_id,
        "source": source,
    }
    statement = insert_into(tx, Contact).values(row).on_conflict_do_nothing(index_elements=["contact_id"])
    new = (await tx.execute(statement.returning(Contact.contact_id))).first() is not None
    if new and event.result in ANSWERS:
        waiting = update(Episode).where(
            Episode.customer_id == event.customer_id,
            Episode.ended_at.is_(None),
            Episode.opened_at <= event.time,
            (Episode.first_contact_at.is_(None)) | (Episode.first_contact_at > event.time),
        )
        await tx.execute(waiting.values(first_contact_at=event.time, version=Episode.version + 1))
    return new

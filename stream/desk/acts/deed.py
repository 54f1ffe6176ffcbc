"""One command under way: what it writes, gathered, and written in an order that others rely on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import messages
from stream.desk.notify.fanout import fan_out
from stream.desk.push.receivers import people_of
from stream.desk.push.watching import watchers
from stream.desk.store.repositories.alerts import incoming, take_alerts
from stream.desk.store.repositories.outbox import Message, append_messages
from stream.desk.store.repositories.people import Directory, directory
from stream.desk.store.repositories.pushes import NewPush, append_pushes
from stream.desk.store.tables import Action, Audit, Episode, EpisodeReceiver
from stream.desk.store.vault import Vault
from stream.desk.work import words
from stream.desk.work.commands import Actor
from stream.desk.work.hours import Hours
from stream.domain.alerts import AlertState, Answer
from stream.domain.business import Business
from stream.settings.desk import Desk


@dataclass(frozen=True, slots=True)
class Context:
    """What acting goes by besides the store."""

    settings: Desk
    business: Business
    vault: Vault

    @property
    def hours(self) -> Hours:
        """Return the business hours that tasks go by."""
        return self.hours_in(None)

    def hours_in(self, zone: ZoneInfo | None) -> Hours:
        """Return the business hours by the clocks of a branch; `None`: of the business."""
        opens, closes = self.settings.work.hours
        return Hours(zone or self.business.zone, self.business.calendar, opens, closes)


@dataclass(slots=True)
class Deed:
    """`tx` is an ordered transaction; `now` wall clock, epoch ms; `action_id` names the command for ever."""

    tx: AsyncSession
    actor: Actor
    action_id: str
    now: int
    context: Context
    known: Directory | None = None  # staff and branches; several deeds of one transaction share it
    receivers: set[str] = field(default_factory=set)
    task_ids: list[str] = field(default_factory=list)
    approval_id: str | None = None

    async def directory(self) -> Directory:
        """Return staff and branches, read once."""
        if self.known is None:
            self.known = await directory(self.tx)
        return self.known

    async def episode(self, episode_id: str, version: int | None = None) -> Episode:
        """Return an episode.

        Raises:
            Refused: there is none, or it is not as the actor saw it.
        """
        found = await self.tx.get(Episode, episode_id, populate_existing=True)
        if found is None:
            raise words.unknown("warning", "预警")
        if version is not None and version != found.version:
            raise words.changed()
        return found

    async def change(self, episode: Episode, columns: Mapping[str, Any]) -> None:
        """Change columns of the desk's, and count the episode's version up."""
        changed = update(Episode).where(Episode.episode_id == episode.episode_id)
        await self.tx.execute(changed.values(**columns, version=Episode.version + 1))
        await self.tx.refresh(episode)

    async def note_action(self, action: str, customer_id: str, episode: Episode | None = None, **more: Any) -> None:
        """Write the action and its entry in the audit."""
        of = {} if episode is None else {"branch_id": episode.branch_id, "kind": episode.kind}
        episode_id = None if episode is None else episode.episode_id
        instead = _instead_of(episode, self.actor)
        common = {"actor": self.actor.staff_id, "on_behalf_of": instead, "customer_id": customer_id}
        action_row = Action(
            action_id=self.action_id, action=action, at=self.now, episode_id=episode_id, **common, **of, **more
        )
        audit = Audit(
            at=self.now,
            role=self.actor.role,
            act=action,
            object_kind="customer" if episode is None else "episode",
            object_id=episode_id or customer_id,
            episode_id=episode_id,
            allowed=True,
            address=self.actor.address,
            request_id=self.actor.request_id,
            details={"action_id": self.action_id},
            **common,
        )
        self.tx.add_all([action_row, audit])
        await self.tx.flush()

    async def feedback(self, episode: Episode, fields: Mapping[str, Any], action_id: str | None = None) -> None:
        """Tell the engine."""
        actor = self.actor.staff_id
        await self.send(messages.feedback(episode, fields, action_id or self.action_id, actor, self.now))

    async def tell(self, episode: Episode, state: AlertState, answer: Answer, also: Sequence[str] = ()) -> str:
        """Tell the topic `alerts`, and keep it in the history as if it had come from there; return its id.

        `also`: who gets it besides those who have it, as in an alert's routes.
        """
        alert, body = messages.desk_alert(episode, state, answer, self.now, also)
        row = incoming(alert, body, self.now, owner=episode.owner, branch_id=episode.branch_id, source="desk")
        await fan_out(self.tx, await take_alerts(self.tx, [row]), self.context.settings.notify, self.now)
        await self.tx.refresh(episode)
        await self.send(messages.alert_message(alert, body))
        return alert.alert_id

    async def send(self, message: Message) -> None:
        """Put a message into the outbox."""
        await append_messages(self.tx, [message], self.now)

    async def show(self, event: str, routes: Iterable[str], notify: bool = False, **about: Any) -> None:
        """Push to everybody whose page a route reaches, and to whoever acts: the other tab follows.

        `about`: `customer_id`, `episode_id`, and `data` without names, numbers or amounts.
        """
        known = await self.directory()
        people = {person for route in routes for person in people_of(known, route)}
        if self.actor.role != "system":
            people.add(self.actor.staff_id)
        pushes = [NewPush(receiver=person, event=event, notify=notify, **about) for person in sorted(people)]
        await append_pushes(self.tx, pushes, self.now)
        self.receivers |= people

    async def show_change(self, episode: Episode, what: str, also: Iterable[str] = ()) -> None:
        """Push that an episode is not as it was: to who has it, and to the managers who watch."""
        given = [row.receiver for row in await self.tx.scalars(_receivers(episode))]
        managers = [f"manager:{id_}" for id_ in watchers(await self.directory(), episode.owner, episode.branch_id)]
        about: dict[str, Any] = {"customer_id": episode.customer_id, "episode_id": episode.episode_id}
        data = {"what": what, "version": episode.version}
        await self.show("change", [episode.owner, *given, *also, *managers], data=data, **about)


def _receivers(episode: Episode) -> Select[EpisodeReceiver]:
    return select(EpisodeReceiver).where(EpisodeReceiver.episode_id == episode.episode_id)


def _instead_of(episode: Episode | None, actor: Actor) -> str | None:
    """Return whose work somebody else does."""
    kind, _, owner = (episode.owner if episode is not None else "").partition(":")
    return owner if kind == "rm" and owner != actor.staff_id else None

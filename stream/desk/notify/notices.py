"""The queue of mails, or of one robot, in the store. Words are made when they are sent, in the receiver's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.notify.book import Attempt, Claim, Item
from stream.desk.notify.channel import Channel, Parcel
from stream.desk.notify.metrics import NotifyMetrics
from stream.desk.notify.schedule import next_at
from stream.desk.notify.templates import Templates
from stream.desk.store.database import Database
from stream.desk.store.tables import Notice, Preference, Staff, WebhookEndpoint
from stream.desk.store.vault import Vault
from stream.settings.desk_notify import Notify

_CORE = {"synchronize_session": False}
_LEASE_MS = 120_000  # what was claimed and never recorded is due again


def link_to(page_url: str, episode_id: str | None, data: Mapping[str, Any]) -> str:
    """Return the address of the case, or of what a storm is about: by ids that tell nobody who the customer is.

    >>> link_to("https://desk.example/", "a1", {})
    'https://desk.example/episodes/a1'
    >>> link_to("", "a1", {})
    ''
    """
    at = page_url.rstrip("/")
    if not at:
        return ""
    if data.get("storm_id"):
        return f"{at}/?storm={quote(str(data['storm_id']), safe='')}"
    return f"{at}/episodes/{quote(episode_id, safe='')}" if episode_id else f"{at}/"


@dataclass(frozen=True, slots=True)
class NoticeBook:
    """Of one channel: `mail`, or `bot:NAME`."""

    database: Database
    vault: Vault
    name: str
    channel: Channel
    settings: Notify
    templates: Templates
    metrics: NotifyMetrics

    async def claim(self, limit: int, now: int) -> Claim | None:
        """Take some that are due, in their order."""
        async with self.database.reading() as look:
            if not (await look.execute(self._due(now).limit(1))).all():
                return None
        async with self.database.transaction(ordered=False) as tx:
            rows = (await tx.execute(self._due(now).limit(limit).with_for_update(skip_locked=True))).all()
            claimed = update(Notice).where(Notice.id.in_([row.id for row in rows]))
            await tx.execute(claimed.values(next_at=now + _LEASE_MS), execution_options=_CORE)
            items = [Item(str(row.id), await self._parcel(tx, row), row.attempts) for row in rows]
        return Claim(self.channel, items) if items else None

    def _due(self, now: int) -> Any:
        columns = (Notice.id, Notice.origin, Notice.receiver, Notice.template, Notice.data, Notice.attempts,
                   Notice.episode_id)  # fmt: skip
        mine = Notice.channel == self.name, Notice.ended_at.is_(None), Notice.next_at <= now
        return select(*columns).where(*mine).order_by(Notice.next_at, Notice.id)

    async def _parcel(self, tx: AsyncSession, row: Any) -> Parcel:
        to, language = await self._whom(tx, row.receiver)
        link = link_to(self.settings.page_url, row.episode_id, row.data)
        subject, text = self.templates.render(row.template, row.data, language, link)
        return Parcel(id=f"notice-{row.id}", body=text.encode(), subject=subject, to=to)

    async def _whom(self, tx: AsyncSession, receiver: str) -> tuple[tuple[str, ...], str]:
        """Return addresses and language: of a route, of a robot's group, of an endpoint's owner, or of a person."""
        kind, _, name = receiver.partition(":")
        if kind == "route":
            return self.settings.mail.routes.get(name, ()), self.settings.language
        if kind == "bot" and name in self.settings.bots:
            return (), self.settings.bots[name].language
        if kind == "endpoint":
            return await self._owner(tx, name), self.settings.language
        own, person = await tx.get(Preference, receiver), await tx.get(Staff, receiver)
        sealed = None if own is None else own.mail_sealed if self.name == "mail" else own.bot_sealed
        spoken = (own and own.language) or (person and person.language) or self.settings.language
        return ((self.vault.open(sealed),) if sealed is not None else ()), spoken

    async def _owner(self, tx: AsyncSession, endpoint_id: str) -> tuple[str, ...]:
        endpoint = await tx.get(WebhookEndpoint, endpoint_id)
        sealed = None if endpoint is None else endpoint.contact_sealed
        return () if sealed is None else (self.vault.open(sealed),)

    async def record(self, attempts: Sequence[Attempt], now: int) -> None:
        """Write what came of them."""
        async with self.database.transaction(ordered=False) as tx:
            for attempt in attempts:
                row = Notice.id == int(attempt.item.key), Notice.ended_at.is_(None)
                done = update(Notice).where(*row).values(**self._result(attempt, now))
                await tx.execute(done, execution_options=_CORE)

    def _result(self, attempt: Attempt, now: int) -> dict[str, Any]:
        answer, made = attempt.answer, attempt.item.attempts + 1
        again = None
        if not (answer.taken or answer.gone or answer.hopeless):
            again = next_at(made, self.settings.retries_s, now, jitter=0, chance=0, asked_s=answer.wait_s)
        result = "taken" if answer.taken else "given_up" if again is None else "again"
        self.metrics.attempts.labels(self.name, result).inc()
        ended = answer.taken or again is None
        return {
            "state": "sent" if answer.taken else "failed" if ended else "pending",
            "attempts": made,
            "next_at": again,
            "ended_at": now if ended else None,
            "last_fault": answer.fault,
        }

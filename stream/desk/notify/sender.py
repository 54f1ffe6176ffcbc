"""Carries out what the rows say: a worker for each destination, started and stopped as endpoints come and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from stream.desk.notify.bot import BotChannel
from stream.desk.notify.deliveries import DeliveryBook
from stream.desk.notify.fanout import WEBHOOK, destination
from stream.desk.notify.mail import MailChannel
from stream.desk.notify.metrics import NotifyMetrics
from stream.desk.notify.notices import NoticeBook
from stream.desk.notify.templates import Templates
from stream.desk.notify.webhook import Posts
from stream.desk.notify.worker import Worker
from stream.desk.store.database import Database, name_of
from stream.desk.store.tables import Notice, WebhookDelivery, WebhookEndpoint
from stream.desk.store.vault import Vault
from stream.settings.desk_notify import Notify

_log = logging.getLogger(__name__)
_SURVEY_S = 5.0  # between two looks at which endpoints there are


class Sender:
    """Of one process. Several may run: what one has claimed the others leave alone."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        settings: Notify,
        clock: Callable[[], int],
        *,
        metrics: NotifyMetrics | None = None,
        posts: Callable[[], Posts] = Posts,
        survey_s: float = _SURVEY_S,
    ) -> None:
        """`clock`: wall clock, epoch ms; `posts`: makes the HTTP clients, within the event loop."""
        self._database, self._vault, self._settings, self._clock = database, vault, settings, clock
        self._metrics, self._make_posts, self._survey_s = metrics or NotifyMetrics(), posts, survey_s
        self._workers: dict[str, Worker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._surveyed = asyncio.Event()

    def wake(self, destinations: Collection[str]) -> None:
        """Something was committed for these that may be due at once. The store says so while the sender runs."""
        for name in destinations:
            if name in self._workers:
                self._workers[name].wake()
            else:
                self._surveyed.set()  # an endpoint added a moment ago

    async def run(self) -> None:
        """Go on until cancelled."""
        posts = self._make_posts()
        try:
            with self._database.hearing(self.wake):
                self._start_channels(posts)
                while True:
                    self._surveyed.clear()
                    await self._survey(posts)
                    await self._rest()
        finally:
            await self._stop(list(self._tasks))
            await posts.close()

    def _start_channels(self, posts: Posts) -> None:
        templates, settings = Templates.load(), self._settings
        if settings.mail.host:
            self._start_notices("mail", MailChannel(settings.mail), templates, settings.mail.at_once, 0.0)
        for name, bot in settings.bots.items():
            channel = BotChannel(bot, posts, self._clock)
            self._start_notices(f"bot:{name}", channel, templates, 1, 60 / bot.per_minute)

    def _start_notices(
        self, name: str, channel: MailChannel | BotChannel, templates: Templates, at_once: int, pause_s: float
    ) -> None:
        book = NoticeBook(self._database, self._vault, name, channel, self._settings, templates, self._metrics)
        self._start(name, Worker(
            book, label=name, at_once=at_once, look_every_s=self._settings.webhooks.look_every_s, clock=self._clock,
            metrics=self._metrics, pause_s=pause_s,
        ))  # fmt: skip

    async def _survey(self, posts: Posts) -> None:
        """Start a worker for each endpoint that is enabled, stop those of others, count what waits."""
        try:
            there = await self._endpoints()
        except (SQLAlchemyError, OSError) as fault:
            _log.warning("endpoints cannot be read: %s", name_of(fault))
            return
        gone = [name for name in self._tasks if name.startswith(f"{WEBHOOK}/") and name not in there]
        await self._stop(gone)
        for name, endpoint_id in there.items():
            if name not in self._tasks or self._tasks[name].done():
                self._start(name, self._webhook(posts, endpoint_id))

    def _webhook(self, posts: Posts, endpoint_id: str) -> Worker:
        settings, clock, metrics = self._settings.webhooks, self._clock, self._metrics
        book = DeliveryBook(
            self._database, self._vault, posts, endpoint_id, self._settings, clock=clock, metrics=metrics
        )
        return Worker(
            book,
            label=WEBHOOK,
            at_once=settings.per_endpoint,
            look_every_s=settings.look_every_s,
            clock=clock,
            metrics=metrics,
        )

    async def _endpoints(self) -> dict[str, str]:
        async with self._database.reading() as look:
            ids = list(await look.scalars(select(WebhookEndpoint.endpoint_id).where(WebhookEndpoint.enabled)))
            pending = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.ended_at.is_(None))
            self._metrics.waiting.labels(WEBHOOK).set(await look.scalar(pending) or 0)
            notices = select(Notice.channel, func.count()).where(Notice.ended_at.is_(None)).group_by(Notice.channel)
            waiting = {row[0]: row[1] for row in await look.execute(notices)}
            for channel in ("mail", "bot"):  # also where none waits any more
                self._metrics.waiting.labels(channel).set(waiting.get(channel, 0))
            failing = select(func.count()).where(WebhookEndpoint.enabled, WebhookEndpoint.failing_since.is_not(None))
            self._metrics.failing.set(await look.scalar(failing) or 0)
        return {destination(id_): id_ for id_ in ids}

    def _start(self, name: str, worker: Worker) -> None:
        self._workers[name] = worker
        self._tasks[name] = asyncio.create_task(worker.run(), name=name)

    async def _stop(self, names: list[str]) -> None:
        tasks = [self._tasks.pop(name) for name in names]
        for name, task in zip(names, tasks, strict=True):
            self._workers.pop(name, None)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._survey_s):
                await self._surveyed.wait()
        except TimeoutError:
            return

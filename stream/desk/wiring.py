"""The parts of a desk and how they fit together. The only place that knows all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncSession

from stream.clock import wall_ms
from stream.config import Settings
from stream.desk.acts.deed import Context
from stream.desk.intake.edge import Edge
from stream.desk.intake.loop import Intake
from stream.desk.intake.loop import Parts as IntakeParts
from stream.desk.intake.reading import Source
from stream.desk.intake.writing import Writer
from stream.desk.leading import Lead
from stream.desk.notify.fanout import fan_out
from stream.desk.notify.metrics import NotifyMetrics
from stream.desk.notify.sender import Sender
from stream.desk.outbox.publisher import Publisher
from stream.desk.push.deciding import decide
from stream.desk.push.event import Pace
from stream.desk.push.habits import Rules
from stream.desk.push.hub import Hub
from stream.desk.push.metrics import PushMetrics
from stream.desk.push.releasing import Releaser
from stream.desk.push.titles import titles_of_kinds
from stream.desk.reports.closer import MonthCloser
from stream.desk.standing import Standings
from stream.desk.store.database import Database
from stream.desk.store.repositories.alerts import Incoming
from stream.desk.store.vault import Vault
from stream.desk.timing.loop import Timers
from stream.desk.web.application import build as application
from stream.desk.web.asking import WorkersAsker
from stream.desk.web.site import Site
from stream.desk_metrics import DeskMetrics
from stream.engine.assemble import business, codec
from stream.engine.kafka.sender import KafkaSender
from stream.engine.log.port import Message
from stream.engine.shard.pseudonyms import pseudonyms
from stream.http_log import http_logger
from stream.metrics import Metrics
from stream.settings.desk_notify import Notify

_ALERT_BYTES = 1 << 20  # what a broker takes


class Page:
    """The web application and the hub of its live events."""

    def __init__(self, site: Site) -> None:
        """Nothing listens until `start`."""
        self._site, self._app = site, application(site)
        self._runner: web.AppRunner | None = None

    async def start(self) -> tuple[str, int]:
        """Listen, and return where."""
        self._site.hub.start()
        runner = self._runner = web.AppRunner(
            self._app, access_log=None, handler_cancellation=True, logger=http_logger()
        )
        await runner.setup()
        desk = self._site.settings.desk
        await web.TCPSite(runner, desk.host, desk.port).start()
        return desk.host, int(runner.addresses[0][1])

    async def stop(self) -> None:
        """End the streams, then the requests under way."""
        await self._site.hub.close()
        if self._runner is not None:
            await self._runner.cleanup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`workers` run as long as the desk does, and need the database only."""

    intake: Intake
    publisher: Publisher
    timers: Timers
    page: Page
    dead_letters: KafkaSender
    workers: tuple[Callable[[], Awaitable[None]], ...]
    registries: Sequence[CollectorRegistry]
    leads: tuple[Lead, ...]
    database: Database

    async def give_up(self) -> None:
        """Let another process lead at once."""
        for lead in self.leads:
            await lead.give_up(self.database)


def build(
    settings: Settings,
    database: Database,
    vault: Vault,
    metrics: DeskMetrics,
    standings: Standings,
    *,
    holder: str,
    clock: Callable[[], int] = wall_ms,
) -> Parts:
    """Return the parts; nothing is connected yet. `holder`: the same for this desk whenever it starts.

    `clock`: what work goes by, epoch ms; leases, sessions and deliveries to the outside go by the wall clock.

    Raises:
        PublicAddress: the development sign-in, where others could reach it.
    """
    units = business(settings)
    context, pushing, notifying = Context(settings.desk, units, vault), PushMetrics(), NotifyMetrics()
    rules = Rules(settings.desk.push, units, pushing, settings.desk.notify, titles_of_kinds())
    push = settings.desk.push
    pace = Pace(heartbeat_s=push.heartbeat_s, stall_s=push.stall_s)
    hub = Hub(database, metrics=pushing, poll_s=push.poll_s, pace=pace)
    links = {"page_url": settings.desk.notify.page_url or settings.desk.web.public_url}
    notifier = Sender(database, vault, settings.desk.notify.model_copy(update=links), wall_ms, metrics=notifying)
    leads = tuple(Lead(part, holder, wall_ms, metrics) for part in ("intake", "outbox", "timers"))
    publisher = Publisher(settings, database, leads[1], metrics, standings, clock)
    sender = KafkaSender(settings)
    timers = Timers(
        database=database,
        context=context,
        rules=rules,
        lead=leads[2],
        metrics=metrics,
        standings=standings,
        clock=clock,
        committed=hub.committed,
        wake=publisher.wake,
    )
    site = Site(
        database=database,
        vault=vault,
        settings=settings,
        business=units,
        clock=clock,
        wall=wall_ms,
        hub=hub,
        asker=WorkersAsker(settings),
        metrics=Metrics(),
        wake=publisher.wake,
        standing=lambda: standings.troubles,
    )
    return Parts(
        intake=Intake(
            lambda: Source(settings),
            IntakeParts(
                database=database,
                writer=Writer(
                    context,
                    (_pushes(rules), _leaves(settings.desk.notify)),
                    settings.privacy.remember_forgotten_ms,
                ),
                edge=Edge(codec(settings), max_bytes=_ALERT_BYTES, pseudonyms=pseudonyms(settings)),
                lead=leads[0],
                metrics=metrics,
                standings=standings,
                clock=clock,
                dead_letters=lambda letter: _send(sender, letter),
                committed=hub.committed,
            ),
        ),
        publisher=publisher,
        timers=timers,
        page=Page(site),
        dead_letters=sender,
        workers=(
            Releaser(database, hub, rules, clock).run,
            notifier.run,
            MonthCloser(database, units, settings.desk.reports, clock).run,
        ),
        registries=(metrics.registry, pushing.registry, notifying.registry),
        leads=leads,
        database=database,
    )


def _pushes(rules: Rules) -> Callable[[AsyncSession, Sequence[Incoming], int], Awaitable[set[str]]]:
    async def decided(tx: AsyncSession, fresh: Sequence[Incoming], now: int) -> set[str]:
        return set(await decide(tx, fresh, rules, now))

    return decided


def _leaves(settings: Notify) -> Callable[[AsyncSession, Sequence[Incoming], int], Awaitable[set[str]]]:
    async def fanned_out(tx: AsyncSession, fresh: Sequence[Incoming], now: int) -> set[str]:
        await fan_out(tx, fresh, settings, now)
        return set()

    return fanned_out


async def _send(sender: KafkaSender, letter: Message) -> None:
    await sender.send(letter.topic, letter.key, letter.value, list(letter.headers))

"""The desk of the demo: in the demo's own folder and process, by the town's clock, with links that sign in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import select

from stream.clock import wall_ms
from stream.config import Settings
from stream.demo.clock import TownClock
from stream.demo.colleagues import Colleagues
from stream.demo.habits import habits_of
from stream.demo.tally import Tally, tally
from stream.desk.acting import Context
from stream.desk.service import DeskService
from stream.desk.store.repositories.rows import insert_into
from stream.desk.store.tables import Staff
from stream.desk.web.sessions import Seals
from stream.engine.assemble import business
from stream.settings.desk import Database, Keys, Retention
from stream.settings.desk_notify import Notify
from stream.settings.desk_work import Label
from stream.simulate import params
from stream.simulate.population import rm_id
from stream.simulate.staff import always_there, manager_id
from stream.simulate.town import Town

AUDITOR, ADMINISTRATOR = "demo-auditor", "demo-admin"
_READY_S = 60.0
_POLL_S = 0.1
_FOR_EVER_DAYS = 36_500  # years of the town pass in minutes, and what came of it is counted at the end
_NOTICE = Label(
    zh="演示：客户、事件与同事的答复均为模拟；时间为模拟城镇的时间，数据灌入时飞快流逝。",
    en="Demo: customers, events and the colleagues' answers are simulated; times are the simulated town's, "
    "whose days fly by while it is fed.",
)


class DeskError(OSError):
    """The desk of the demo did not come up; the message says why."""


class DemoDesk:
    """A running desk, and who answers at it."""

    def __init__(self, service: DeskService, context: Context, clock: TownClock, town: Town | None) -> None:
        """`town`: `None` when something else is fed; then nobody answers by habit."""
        self.service = service
        self.rms = [] if town is None else _rms(town)
        own = [self.rms[-1], manager_id(int(self.rms[-1].removeprefix("rm-")))] if self.rms else []
        self.people = [*own, AUDITOR, ADMINISTRATOR] if own else [AUDITOR]
        self.habits = habits_of(self.rms)
        self.colleagues = Colleagues(service, context, clock, self.habits, _leaving(town))

    def link(self, staff_id: str) -> str:
        """Return a link that signs somebody in within five minutes."""
        token = Seals(self.service.vault, wall_ms).link(staff_id)
        return f"{self.service.url}/sign-in/link?token={token}"

    async def known(self) -> None:
        """Wait until the desk knows those whom the links are for: a link to somebody unknown signs nobody in."""
        while True:
            async with self.service.database.reading() as session:
                found = set(await session.scalars(select(Staff.staff_id).where(Staff.staff_id.in_(self.people))))
            if found >= set(self.people):
                return
            await asyncio.sleep(_POLL_S)

    async def tally(self) -> Tally:
        """Count what stands in the store."""
        return await tally(self.service.database)


@asynccontextmanager
async def running(
    settings: Settings, folder: Path, clock: TownClock, town: Town | None, port: int = 0
) -> AsyncIterator[DemoDesk]:
    """Run a desk until the context ends, and yield it once it serves its page and reads `alerts`.

    Raises:
        DeskError: it does not come up.
    """
    settings = _own(settings, folder, port)
    service = DeskService(settings, clock=clock.now)
    try:
        await service.start()
        await _ready(service)
        await _add(service, {AUDITOR: "auditor", ADMINISTRATOR: "admin"}, clock.now())
        yield DemoDesk(service, Context(settings.desk, business(settings), service.vault), clock, town)
    finally:
        await service.stop()


def _own(settings: Settings, folder: Path, port: int) -> Settings:
    """Return settings with a store of this run's alone, on the loopback address, that writes to nobody outside."""
    kept = Retention(**{name: _FOR_EVER_DAYS for name in Retention.model_fields if name != "chunk"})
    store = Database(url=SecretStr(f"sqlite:///{folder / 'desk.db'}"))
    web = settings.desk.web.model_copy(update={"sign_in": "development", "public_url": "", "notice": _NOTICE})
    ours = {
        "host": "127.0.0.1", "port": port, "state_dir": folder / "desk", "database": store, "keys": Keys(),
        "retention": kept,         "notify": Notify(), "web": web,
    }  # fmt: skip
    http = settings.http.model_copy(update={"host": "127.0.0.1", "port": 0})
    return settings.model_copy(update={"desk": settings.desk.model_copy(update=ours), "http": http})


async def _ready(service: DeskService) -> None:
    deadline = time.monotonic() + _READY_S
    while not (service.serving.is_set() and service.parts is not None and service.parts.intake.caught_up.is_set()):
        if service.failing or time.monotonic() > deadline:
            raise DeskError(f"the desk did not come up: {service.failing or 'not ready in time'}")
        await asyncio.sleep(_POLL_S)


async def _add(service: DeskService, people: Mapping[str, str], now: int) -> None:
    """Make known whom the topic `staff` does not tell of: who sees everybody, and who keeps the desk."""
    rows = [
        {"staff_id": id_, "time": now, "status": "active", "role": role, "successor_ids": []}
        for id_, role in people.items()
    ]
    async with service.database.transaction() as tx:
        await tx.execute(insert_into(tx, Staff), rows)


def _rms(town: Town) -> list[str]:
    """Return the town's RMs; the last one, whose link is printed, is there all the time if anybody is."""
    options = town.options
    rms = [rm_id(number) for number in range(-(-options.customers // params.RM_CUSTOMERS))]
    staying = always_there(options.customers, options.seed, town.clock) or rms
    return [*(rm for rm in rms if rm != staying[-1]), staying[-1]]


def _leaving(town: Town | None) -> Callable[[str], bool]:
    """Return who is on the way out, as far as the town has lived."""
    truths = {} if town is None else {life.profile.customer_id: life.truth for life in town.lives}

    def leaves(customer_id: str) -> bool:
        truth = truths.get(customer_id)
        return truth is not None and (truth.left_at is not None or bool(truth.precursors))

    return leaves


def words(desk: DemoDesk) -> Sequence[str]:
    """Return what to say of it on a terminal."""
    habits = [(rm, desk.habits.get(rm)) for rm in desk.rms[:-1]]
    answering = ", ".join(f"{rm} {habit.name if habit else 'never'}" for rm, habit in habits)
    lines = [f"desk       {desk.service.url} (development sign-in; links are good for five minutes)"]
    lines += [f"  as {person:<12} {desk.link(person)}" for person in desk.people]
    if answering:
        lines.append(f"  simulated answers: {answering}; {desk.people[0]} is yours: nobody else answers")
    return lines

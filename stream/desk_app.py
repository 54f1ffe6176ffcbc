"""The Faust application of the desk: its service, and an agent that keeps what operators did in the audit."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import faust
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from stream.app import build_app, control_topic, record_of
from stream.codec import Rejected
from stream.config import Settings
from stream.desk.service import DeskService
from stream.desk.store.database import is_away
from stream.desk.store.tables import Audit
from stream.domain.events import Control
from stream.engine.assemble import codec
from stream.engine.deadletter import describe

log = logging.getLogger(__name__)

_AGAIN_S = 1.0


def build_desk(settings: Settings) -> tuple[faust.App, DeskService]:
    """Return the desk's app and service.

    What must be read exactly once is read by the service, not by agents: see `stream.desk.intake`. The agent keeps
    operators' commands, which change what RMs are told, in the desk's audit.

    Raises:
        VaultError, PublicAddress: see `DeskService`.
    """
    app = build_app(settings, role="desk")
    desk = DeskService(settings, beacon=app.beacon, loop=app.loop)
    reader = codec(settings)

    async def audited(stream: Any) -> None:
        async for event in stream.events():
            record = record_of(event)
            try:
                read = reader.decode("control", record.key, record.value, record.timestamp)
                await desk.migrated.wait()
                await _keep(desk, read)
            except Rejected:
                continue  # a worker says so
            except Exception as fault:  # Faust would acknowledge the event and forget it
                log.error("control: a command is not in the audit: %s", describe(fault))

    app.agent(control_topic(app, settings), name="audited", concurrency=1)(audited)
    return app, desk


async def _keep(desk: DeskService, command: Control) -> None:
    """Write a command into the audit, once; while the database is away, wait."""
    while True:
        try:
            async with desk.database.transaction() as tx:
                known = select(Audit.id).where(
                    Audit.actor == command.actor, Audit.object_kind == "control", Audit.object_id == command.event_id
                )
                if (await tx.scalars(known)).first() is None:
                    entry = Audit(
                        at=command.time,
                        actor=command.actor,
                        role="operator",
                        act=command.command,
                        object_kind="control",
                        object_id=command.event_id,
                        allowed=True,
                        details={"arguments": command.arguments},
                    )
                    tx.add(entry)
                return
        except (SQLAlchemyError, OSError) as fault:
            if not is_away(fault):
                raise
            await asyncio.sleep(_AGAIN_S)

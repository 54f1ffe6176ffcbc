"""The Faust application of the desk: its service, and an agent that keeps what operators did in the audit."""

from __future__ import annotations

import asyncio

import faust
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from stream.app import build_app
from stream.command_agent import on_commands
from stream.config import Settings
from stream.desk.service import DeskService
from stream.desk.store.database import is_away
from stream.desk.store.tables import Audit
from stream.domain.events import Control
from stream.engine.log.memory import MemoryRecord

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

    async def audited(command: Control, record: MemoryRecord) -> None:
        await desk.migrated.wait()
        await _keep(desk, command)

    on_commands(app, settings, "audited", audited)
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

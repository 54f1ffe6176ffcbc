"""The Faust application of the trainer. Apart from the worker's, which knows no library that learns."""

from __future__ import annotations

import logging

import faust

from stream.app import build_app
from stream.clock import wall_ms
from stream.command_agent import on_commands
from stream.config import Settings
from stream.domain.events import Control
from stream.engine.log.memory import MemoryRecord
from stream.training.service import TrainerService

log = logging.getLogger(__name__)

_STALE_MS = 60_000


def build_trainer(settings: Settings) -> tuple[faust.App, TrainerService]:
    """Return the trainer's app, with an agent for what operators ask of it, and the trainer that runs beside it."""
    app = build_app(settings, role="trainer")
    trainer = TrainerService(settings, beacon=app.beacon, loop=app.loop)

    async def asked(command: Control, record: MemoryRecord) -> None:
        if command.command == "publish_model" and wall_ms() - record.timestamp < _STALE_MS:
            done = await trainer.publish([("event_id", command.event_id.encode())])
            log.info("publish_model by %s: %s", command.actor, "done" if done else "nothing to publish yet")

    on_commands(app, settings, "asked", asked)
    return app, trainer

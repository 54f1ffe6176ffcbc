"""The Faust application of the trainer. Apart from the worker's, which knows no library that learns."""

from __future__ import annotations

import logging
from typing import Any

import faust

from stream.app import build_app, control_topic, record_of
from stream.codec import Rejected
from stream.config import Settings
from stream.engine.assemble import codec
from stream.engine.deadletter import describe
from stream.engine.shard import wall_ms
from stream.training.service import TrainerService

log = logging.getLogger(__name__)

_STALE_MS = 60_000


def build_trainer(settings: Settings) -> tuple[faust.App, TrainerService]:
    """Return the trainer's app, with an agent for what operators ask of it, and the trainer that runs beside it."""
    app = build_app(settings, role="trainer")
    trainer = TrainerService(settings, beacon=app.beacon, loop=app.loop)
    reader = codec(settings)

    async def asked(stream: Any) -> None:
        async for event in stream.events():
            record = record_of(event)
            try:
                read = reader.decode("control", record.key, record.value, record.timestamp)
                if read.command == "publish_model" and wall_ms() - record.timestamp < _STALE_MS:
                    done = await trainer.publish([("event_id", read.event_id.encode())])
                    log.info("publish_model by %s: %s", read.actor, "done" if done else "nothing to publish yet")
            except Rejected:
                continue  # a worker says so
            except Exception as fault:  # Faust would acknowledge the event and forget it
                log.error("control: publish_model came to nothing: %s", describe(fault))

    app.agent(control_topic(app, settings), name="asked", concurrency=1)(asked)
    return app, trainer

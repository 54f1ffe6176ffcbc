"""Waits for a broker that may start after us."""

from __future__ import annotations

import asyncio
import logging

from aiokafka.errors import KafkaConnectionError

from stream.broker import admin
from stream.config import Settings

log = logging.getLogger(__name__)

_AGAIN_S = 1.0


async def reach(settings: Settings) -> None:
    """Wait for the broker, then insist on the topics.

    Raises:
        TopicMismatch: a topic is missing or laid out otherwise.
    """
    told = False
    while True:
        try:
            return await admin.require(settings)
        except (KafkaConnectionError, OSError) as fault:
            if not told:
                log.warning("no broker at %s yet (%s): waiting", settings.kafka.bootstrap, fault)
                told = True
            await asyncio.sleep(_AGAIN_S)

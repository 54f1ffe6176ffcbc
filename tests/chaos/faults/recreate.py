"""Topics deleted and made anew under running workers."""

from __future__ import annotations

import random

from aiokafka.admin import AIOKafkaAdminClient

from chaos.faults.base import Fault
from chaos.model import put_in_force
from chaos.stack import Stack
from stream.broker import admin
from stream.broker.clients import client_options

_TOPICS = ("workers", "models")


class RecreateBroadcast(Fault):
    """The topics on which workers say who they are, and snapshots stand, are deleted and made anew."""

    name = "recreate-broadcast-topics"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        client = AIOKafkaAdminClient(**client_options(stack.straight.kafka))
        await client.start()
        try:
            await client.delete_topics([stack.settings.topics.prefix + topic for topic in _TOPICS])
        finally:
            await client.close()
        await admin.apply(stack.straight)
        await put_in_force(stack.straight)

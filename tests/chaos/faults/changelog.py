"""The changelog is compacted, and states come from it again."""

from __future__ import annotations

import random

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from chaos.faults.base import Fault, pause
from chaos.stack import Stack
from stream.broker import admin
from stream.broker.clients import client_options
from stream.topics import CHANGELOG

_EAGER = {
    "cleanup.policy": "compact",
    "segment.ms": "200",
    "min.cleanable.dirty.ratio": "0.001",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "200",
    "delete.retention.ms": "0",
}


class CompactChangelog(Fault):
    """The changelog is compacted all the time for a while; a worker then comes back without its stores."""

    name = "compact-changelog"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        stack.compacted = True
        client = AIOKafkaAdminClient(**client_options(stack.straight.kafka))
        await client.start()
        try:
            topic = stack.settings.topics.prefix + CHANGELOG
            await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, _EAGER)])
        finally:
            await client.close()
        await pause(rng, 3, 5)
        await admin.apply(stack.straight)  # a worker that starts wants it as it should be
        name = rng.choice(stack.workers)
        await stack.kill_with_stores(name)
        stack.up(name)

"""Snapshots that no worker may take."""

from __future__ import annotations

import random

import orjson

from chaos.faults.base import Fault
from chaos.model import pinned
from chaos.stack import Stack
from models.snapshot import encode
from stream.engine.kafka.sender import KafkaSender


class DamagedSnapshot(Fault):
    """Newer ones than the one in force: noise, a cut-off one, weights that are no numbers, another feature set."""

    name = "damaged-snapshot"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        good = encode(pinned())
        body = orjson.loads(good) | {"sequence": 1_000_000, "version": "m999999"}
        bad = {
            b"m999996": rng.randbytes(2000),
            b"m999997": good[: rng.randrange(1, len(good))],
            b"m999998": orjson.dumps(body).replace(b":0.", b":1e999", 1),
            b"m999999": orjson.dumps(body | {"feature_set": 999_999}),
        }
        sender = KafkaSender(stack.straight)
        await sender.start()
        try:
            for key, value in bad.items():
                await sender.send("models", key, value)
        finally:
            await sender.stop()

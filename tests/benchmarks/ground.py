"""The ground that every engine of a run stands on: one embedded broker, topics of a prefix of its own, one load."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from stream.broker import admin, launcher
from stream.broker.clients import client_options
from stream.config import Settings, load
from stream.engine.log.port import Message
from stream.produce import produce
from stream.training.publisher import Publisher

from .load import Load

PARTITIONS = 8
MODELS = "models"


@dataclass(frozen=True)
class Ground:
    """A running broker with its topics, and a folder for whatever a run leaves behind."""

    settings: Settings
    folder: Path
    broker_pid: int

    def fresh(self, name: str) -> Settings:
        """Return settings with a group, a state folder and a name that nobody has used here."""
        engine = self.settings.engine.model_copy(update={"group": name, "state_dir": self.folder / name / "state"})
        (self.folder / name).mkdir()
        return self.settings.model_copy(update={"engine": engine})


async def renew(settings: Settings, topics: Sequence[str]) -> None:
    """Give the next worker these topics empty: they belong to the prefix, not to a group."""
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        await client.delete_topics([admin.full_name(settings, topic) for topic in topics])
    finally:
        await client.close()
    await admin.apply(settings)


async def put(settings: Settings, snapshot: bytes) -> None:
    """Publish a snapshot as the trainer does."""
    publisher = Publisher(settings)
    await publisher.start()
    try:
        await publisher.send([Message(MODELS, b"benchmark", snapshot)])
    finally:
        await publisher.stop()


def plain_environment() -> dict[str, str]:
    """Return this process's environment without a broker or a setting of ours in it."""
    return {k: v for k, v in os.environ.items() if not k.startswith("CHURNWATCH_") and not k.startswith("KAFKA_")}


@contextmanager
def ground(prefix: str, partitions: int = PARTITIONS) -> Iterator[Ground]:
    """Start a broker in a temporary folder (the jars come from the user's cache), and stop it in the end.

    Raises:
        BrokerUnavailable: saying what is missing.
    """
    with tempfile.TemporaryDirectory(prefix="churnwatch-benchmark-") as name:
        folder = Path(name)
        cache = os.environ.get("CHURNWATCH_CACHE")
        env = plain_environment() | ({"CHURNWATCH_CACHE": cache} if cache else {})
        broker = launcher.up(load(env={}), data=folder / "broker", env=env)
        try:
            base = load(env={})
            settings = base.model_copy(
                update={
                    "kafka": base.kafka.model_copy(update={"bootstrap": broker.bootstrap}),
                    "topics": base.topics.model_copy(update={"prefix": prefix, "partitions": partitions}),
                }
            )
            asyncio.run(admin.apply(settings))
            yield Ground(settings, folder, broker.pid or 0)
        finally:
            launcher.down(data=folder / "broker")


def publish(settings: Settings, load_: Load, rate: float | None = None) -> float:
    """Produce the load once, `rate` records a second at most, all acknowledged, and return the seconds it took.

    Raises:
        RuntimeError: the broker refused some of it.
    """
    sent = asyncio.run(produce(settings, load_.records(), rate=rate))
    if sent.total != load_.events:
        raise RuntimeError(f"{sent.total} of {load_.events} events arrived: {sent.refused or sent.faults[:3]}")
    return sent.seconds

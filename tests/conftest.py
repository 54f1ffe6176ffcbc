"""For every test: a real broker of the session's own, and settings with topics of a test's own.

Without a broker those tests fail that ask for one. Hypothesis gives the same examples each time, so that a red run can
be run again; `CHURNWATCH_TEST_EFFORT=20` tries twenty times as many examples, and other ones each time.
"""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from support.effort import EFFORT

from stream.broker import admin, launcher
from stream.broker.launcher import Broker
from stream.config import Settings, load
from stream.engine.worker.first_start import settle_positions

PARTITIONS = 4

hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=EFFORT == 1, database=None)
hypothesis.settings.load_profile("repeatable")


def pytest_sessionfinish() -> None:
    """Have what nobody awaited reported now, not behind the closing line."""
    gc.collect()


@pytest.fixture(scope="session")
def broker_env() -> dict[str, str]:
    """The environment without a broker in it: tests start their own, and may kill it."""
    return {key: value for key, value in os.environ.items() if key not in ("KAFKA_BOOTSTRAP", "KAFKA_HOME")}


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory, broker_env: dict[str, str]) -> Iterator[Broker]:
    """An embedded broker for the whole session; the jars come from the user's cache, all else is temporary."""
    node = tmp_path_factory.mktemp("broker")
    started = launcher.up(load(env={}), data=node, env=broker_env)
    yield started
    launcher.down(data=node)


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """Names of tests' topics and groups: a session's broker is its own, so counting is unique enough."""
    return itertools.count(1)


def own_settings(broker: Broker, number: int, folder: Path) -> Settings:
    """Return settings with a prefix, a group and a state directory of a test's own; no topic exists yet."""
    base = load(env={})
    return base.model_copy(
        update={
            "kafka": base.kafka.model_copy(update={"bootstrap": broker.bootstrap}),
            "topics": base.topics.model_copy(update={"prefix": f"t{number}-", "partitions": PARTITIONS}),
            "engine": base.engine.model_copy(update={"group": f"g{number}", "state_dir": folder / "state"}),
        }
    )


@pytest.fixture
def bare_settings(broker: Broker, numbers: Iterator[int], tmp_path: Path) -> Settings:
    """As `own_settings`, on the session's broker."""
    return own_settings(broker, next(numbers), tmp_path)


@pytest.fixture
async def settings(bare_settings: Settings) -> AsyncIterator[Settings]:
    """As `bare_settings`, with every topic created; deleted afterwards, so that a long session stays quick."""
    await admin.apply(bare_settings)
    yield bare_settings
    await admin.remove(bare_settings)


@pytest.fixture
async def single(bare_settings: Settings) -> AsyncIterator[Settings]:
    """Settings with one shard, its topics made and its first positions settled."""
    topics = bare_settings.topics.model_copy(update={"partitions": 1})
    settings = bare_settings.model_copy(update={"topics": topics})
    await admin.apply(settings)
    await settle_positions(settings)
    yield settings

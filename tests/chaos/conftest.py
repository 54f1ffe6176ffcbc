"""What the chaos tests share: traffic and what must come of it, made once a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from conftest import PARTITIONS

from chaos import oracle
from chaos.fleet import for_chaos
from chaos.oracle import Outcome
from chaos.traffic import closing, traffic
from stream.config import Settings, load
from stream.engine.jsonl import Record


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is chaos."""
    for item in items:
        if "chaos" in item.path.parts:
            item.add_marker(pytest.mark.chaos)
            item.add_marker(pytest.mark.kafka)


@dataclass(frozen=True)
class Case:
    """Traffic and its outcome."""

    lines: Sequence[Record]
    want: Outcome


def case(events: int, customers: int, seed: int, partitions: int = PARTITIONS) -> Case:
    """Make traffic and its outcome."""
    settings = load(env={})
    settings = settings.model_copy(update={"topics": settings.topics.model_copy(update={"partitions": partitions})})
    lines = traffic(events, customers, seed)
    return Case(lines, oracle.expected(settings, [*lines, *closing(partitions)]))


@pytest.fixture(scope="session")
def large() -> Case:
    """100 000 events of 2 500 customers."""
    return case(100_000, 2_500, seed=1)


@pytest.fixture(scope="session")
def small() -> Case:
    """20 000 events of 500 customers."""
    return case(20_000, 500, seed=2)


@pytest.fixture
def chaos(settings: Settings) -> Settings:
    """Settings whose runs can be compared with the oracle."""
    return for_chaos(settings)

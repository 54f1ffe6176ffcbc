"""What the chaos tests share: traffic and what must come of it, made once a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from conftest import PARTITIONS

from chaos import oracle
from chaos.families import MEMBERS, families
from chaos.fleet import for_chaos
from chaos.oracle import Outcome
from chaos.traffic import closing, traffic
from stream.config import Settings, load
from stream.engine.log.jsonl import Record


def pytest_addoption(parser: pytest.Parser) -> None:
    """Of the long form: how many schedules, from which seed on."""
    parser.addoption("--schedules", type=int, default=50, help="seeded schedules of `-m long tests/chaos`")
    parser.addoption("--seed", type=int, default=1, help="the first one's seed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each seed of the long form."""
    if "long_seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--seed", default=1)
        count = metafunc.config.getoption("--schedules", default=50)
        metafunc.parametrize("long_seed", range(first, first + count))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is chaos."""
    for item in items:
        if "chaos" in item.path.parts:
            item.add_marker(pytest.mark.chaos)
            item.add_marker(pytest.mark.kafka)


@dataclass(frozen=True)
class Case:
    """Traffic and its outcome. `households`: so many are among it."""

    lines: Sequence[Record]
    want: Outcome
    households: int = 0


def case(lines: Sequence[Record], partitions: int = PARTITIONS, households: int = 0) -> Case:
    """Make the outcome of lines."""
    settings = load(env={})
    settings = settings.model_copy(update={"topics": settings.topics.model_copy(update={"partitions": partitions})})
    return Case(lines, oracle.expected(settings, [*lines, *closing(partitions)]), households)


@pytest.fixture(scope="session")
def small() -> Case:
    """12 000 events of 300 customers."""
    return case(traffic(12_000, 300, seed=2))


@pytest.fixture(scope="session")
def together() -> Case:
    """100 households of five, from each of which one leaves."""
    made = case(families(100), households=100)
    assert made.want.told.total() == made.households * (MEMBERS - 1)
    return made


@pytest.fixture
def chaos(settings: Settings) -> Settings:
    """Settings whose runs can be compared with the oracle."""
    return for_chaos(settings)

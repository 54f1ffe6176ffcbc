"""Whole deployments under seeded faults: what they leave is what one undisturbed process leaves.

The short form is two seeds whose faults are chosen; the long one is as many drawn ones as are asked for:
`pytest -m long tests/chaos --schedules 50 --seed 1`, or `python -m tests.chaos.long`, which prints a table.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.faults import registry
from chaos.ground import Ground
from chaos.run import run
from chaos.schedule import draw

KNOWN = 27
SHORT = {
    102: ("kill-broker", "stall-worker", "kill-desk", "scale-1-3-1"),
    144: ("end-in-batch", "damage-store", "database-away", "kill-trainer"),
}


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """What the schedules share."""
    made = Ground()
    yield made
    made.close()


def test_every_fault_is_found_and_has_its_say() -> None:
    found = registry.discover()
    assert len(found) == KNOWN
    possible = {name for name, fault in found.items() if not fault.root or os.geteuid() == 0}
    assert {strike.fault for seed in range(1, 51) for strike in draw(seed).strikes} == possible


def test_a_seed_stands_for_one_schedule() -> None:
    assert [draw(seed) for seed in range(9)] == [draw(seed) for seed in range(9)]
    assert len({draw(seed).strikes for seed in range(9)}) == 9


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", SHORT)
async def test_a_deployment_under_faults_leaves_what_one_undisturbed_process_leaves(
    seed: int, ground: Ground, tmp_path: Path
) -> None:
    result = await run(draw(seed, SHORT[seed], events=2000), ground, tmp_path)
    assert result.problems == [], f"{result}\nlogs: {tmp_path}"
    assert result.alerts > 300 and result.examples > 50 and result.letters > 50, result
    if "kill-broker" in SHORT[seed]:
        assert not result.ended, "no process gives up because a broker is away for some seconds"


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_drawn_schedule_leaves_what_one_undisturbed_process_leaves(
    long_seed: int, ground: Ground, tmp_path: Path
) -> None:
    result = await run(draw(long_seed), ground, tmp_path)
    assert result.problems == [], f"{result}\nlogs: {tmp_path}"

"""Whole deployments under seeded faults: what they leave is what one undisturbed process leaves.

The short form runs three seeds that have been chosen for their faults; the long one as many as are asked for:
`pytest -m long tests/chaos/test_schedules.py --schedules 50 --seed 1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.ground import Ground
from chaos.run import run
from chaos.schedule import draw

SHORT = {1: ("kill-worker", "kill-trainer", "kill-desk")}


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """What the schedules share."""
    made = Ground()
    yield made
    made.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", SHORT)
async def test_a_deployment_under_faults_leaves_what_one_undisturbed_process_leaves(
    seed: int, ground: Ground, tmp_path: Path
) -> None:
    result = await run(draw(seed, SHORT[seed]), ground, tmp_path)
    assert result.problems == [], f"{result}\nlogs: {tmp_path}"
    assert result.alerts > 1000 and result.examples > 50 and result.letters > 100, result

"""What the engine promises beside its peers, as ratios: the machine's own speed and its neighbours cancel out.

Not part of the default run: `pytest -m benchmark tests/benchmarks`.
"""

from __future__ import annotations

import pytest
from benchmarks.outcome import Outcome
from benchmarks.restore import restore
from benchmarks.throughput import compare
from benchmarks.workloads import ALL, STEP

EVENTS = 600_000
"""Several batches a shard: with fewer, how much the first sample shows decides."""

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def step() -> Outcome:
    return compare(["bare", "churnwatch", "quix", "faust"], events=EVENTS, rounds=2, workload=STEP)


@pytest.fixture(scope="module")
def everything() -> Outcome:
    return compare(["bare", "churnwatch+scoring", "quix"], events=EVENTS, rounds=2, workload=ALL)


def test_the_step_alone_does_twice_what_a_stateful_quix_app_does(step: Outcome) -> None:
    assert step.ratio("churnwatch", "quix") >= 2
    assert step.cpu_ratio("churnwatch", "quix") >= 2


def test_the_step_alone_does_ten_times_what_a_faust_agent_with_a_table_does(step: Outcome) -> None:
    assert step.ratio("churnwatch", "faust") >= 10
    assert step.cpu_ratio("churnwatch", "faust") >= 10


def test_the_step_alone_takes_no_more_than_fifteen_times_the_cpu_of_reading_and_decoding(step: Outcome) -> None:
    assert step.cpu_ratio("churnwatch", "bare") >= 1 / 15


def test_with_every_rule_and_every_score_it_is_half_as_fast_again_as_quix_without_scores(everything: Outcome) -> None:
    assert everything.ratio("churnwatch+scoring", "quix") >= 1.5


def test_restoring_keeps_up_with_a_third_of_bare_reading() -> None:
    mine, bare, size = restore(states=500_000, partitions=8, rounds=1)
    assert 900 < size < 1200
    assert bare[0].cpu_us / mine[0].cpu_us >= 0.33

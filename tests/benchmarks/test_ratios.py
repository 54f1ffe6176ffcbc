"""What the engine promises beside its peers, as ratios: the machine's own speed and its neighbours cancel out.

Not part of the default run: `pytest -m benchmark tests/benchmarks`.
"""

from __future__ import annotations

import pytest
from benchmarks.outcome import Outcome
from benchmarks.restore import restore
from benchmarks.throughput import compare

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return compare(["bare", "churnwatch", "quix", "faust"], events=100_000, rounds=3)


def test_five_times_the_events_of_a_faust_agent_with_a_table(outcome: Outcome) -> None:
    assert outcome.ratio("churnwatch", "faust") >= 5


def test_more_events_than_a_stateful_quix_app(outcome: Outcome) -> None:
    assert outcome.ratio("churnwatch", "quix") > 1


def test_less_cpu_an_event_than_either_peer(outcome: Outcome) -> None:
    assert outcome.cpu_ratio("churnwatch", "quix") > 1
    assert outcome.cpu_ratio("churnwatch", "faust") >= 5


def test_a_sixth_of_what_reading_and_decoding_alone_would_do(outcome: Outcome) -> None:
    assert outcome.ratio("churnwatch", "bare") >= 0.16  # 30,000 events/s where bare reading does 188,000


def test_restoring_keeps_up_with_a_third_of_bare_reading() -> None:
    mine, bare, size = restore(states=100_000, partitions=8, rounds=1)
    assert 900 < size < 1200
    assert bare[0].cpu_us / mine[0].cpu_us >= 0.33

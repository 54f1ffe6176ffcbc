"""Benchmarks run seldom: that they still run is seen here, on next to nothing, and without looking at the clock."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from benchmarks import drift, rule_cost, scale

FOLDER = Path(__file__).parents[1] / "benchmarks"
NAMES = sorted(file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith(("_", "test_")))


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_loaded(name):
    importlib.import_module(f"benchmarks.{name}")


def test_what_a_rule_costs_is_measured_with_none_with_one_and_with_all():
    said = []
    costs = rule_cost.measure(customers=4, days=30, rounds=2, told=said.append, only=["usage_drop"])
    assert costs.events > 100
    assert {name: len(runs) for name, runs in costs.runs.items()} == {"(none)": 2, "(all)": 2, "usage_drop": 2}
    assert costs.us("(none)") > 0
    assert len(said) == 2
    assert "usage_drop" in costs.table()


def test_a_town_too_small_to_learn_from_is_refused_in_words(capsys):
    with pytest.raises(SystemExit) as ended:
        drift.main(["--customers", "5", "--days", "40", "--drift", "2024-02-01:slump=0.2"])
    assert ended.value.code == 2
    assert "more customers, or more days" in capsys.readouterr().err


def test_events_of_one_customer_in_one_batch_share_a_change():
    assert scale.changes(1, 100) == pytest.approx(0.01)
    assert scale.changes(10**9, 100) == pytest.approx(1.0)
    assert scale.changes(2_500, 8_000) == pytest.approx(0.3, abs=0.01)

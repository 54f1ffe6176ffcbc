"""The streaming quantile against the quantile of the sorted values."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.domain.quantile import Quantile


def exact(values, share):
    """Return the quantile with linear interpolation between ranks."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low))


def fed(values, share=0.8):
    quantile = Quantile(share)
    for value in values:
        quantile.add(value)
    return quantile


DRAWS = {
    "uniform": lambda r: r.randrange(1_000_000),
    "exponential": lambda r: round(r.expovariate(1 / 100_000)),
    "lognormal": lambda r: round(100_000 * r.lognormvariate(0, 1.2)),
    "normal": lambda r: round(r.gauss(500_000, 50_000)),
    "two humps": lambda r: round(r.gauss(100_000, 5_000) if r.random() < 0.7 else r.gauss(900_000, 30_000)),
    "many nothings": lambda r: 0 if r.random() < 0.6 else r.randrange(1_000_000),
    "a few values": lambda r: r.choice((100, 200, 300, 400, 1_000)),
}


SLACK = {"two humps": 0.08, "many nothings": 0.12, "a few values": 0.2}
"""Where values pile up or leave a gap, a parabola cannot follow the step."""


@pytest.mark.parametrize("shape", DRAWS)
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_share_below_the_estimate_is_the_one_asked_for(shape, share, seed):
    dice = random.Random(seed)
    values = [DRAWS[shape](dice) for _ in range(5_000)]
    line = fed(values, share).value()
    below = sum(v < line for v in values) / len(values)
    up_to = sum(v <= line for v in values) / len(values)
    slack = SLACK.get(shape, 0.02)
    assert below - slack <= share <= up_to + slack


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_sorted_input_is_no_trap(share):
    for values in (range(10_000), range(9_999, -1, -1)):
        assert fed(values, share).value() == pytest.approx(10_000 * share, rel=0.02)


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=5), st.sampled_from((0.1, 0.5, 0.8)))
def test_up_to_five_values_are_exact(values, share):
    assert fed(values, share).value() == pytest.approx(exact(values, share), rel=1e-9, abs=1)


@given(st.lists(st.integers(-(10**15), 10**15), max_size=60), st.integers(0, 60))
@settings(max_examples=60)
def test_a_quantile_that_was_stored_goes_on_as_if_it_had_not_been(values, cut):
    whole = fed(values)
    halfway = Quantile.load(fed(values[:cut]).dump())
    for value in values[cut:]:
        halfway.add(value)
    assert halfway.dump() == whole.dump()
    assert halfway.value() == whole.value()


@given(st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=200), st.sampled_from((0.01, 0.5, 0.8, 0.99)))
@settings(max_examples=60)
def test_the_estimate_lies_among_the_values_and_the_markers_stay_in_order(values, share):
    quantile = fed(values, share)
    assert float(min(values)) <= quantile.value() <= float(max(values))
    markers = quantile.dump()[2:-5]
    assert markers == sorted(markers)


def test_nothing_seen_is_no_value():
    assert Quantile(0.8).value() is None
    assert Quantile.load(Quantile(0.8).dump()).value() is None


@pytest.mark.parametrize("share", [0, 1, -0.5, 1.5])
def test_a_share_is_between_nothing_and_all(share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        Quantile(share)


@pytest.mark.parametrize(
    "dumped",
    [[], [0.8], [0.8, 3, 1, 2, 3], [0.8, 2, 5, 4, 1, 2, 3, 4, 5], [0.8, 1, 7, 1, 2, 2, 4, 5], [2, 0, 1, 2, 3, 4, 5]],
)
def test_what_is_no_dump_is_refused(dumped):
    with pytest.raises(ValueError):
        Quantile.load(dumped)

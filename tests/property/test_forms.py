"""Whatever the forms, the fast pass says what walking them by hand says, score and shares."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.by_hand import base, evaluated, grown
from support.effort import examples

from models.scoring import grove, paths
from models.scoring.forms import Forms
from models.snapshot import Forest, Linear, Term

FEATURES = [f"f{number}" for number in range(6)]
GRID = (-1.0, -0.5, 0.0, 0.5, 1.0)
BESIDE = [math.nextafter(cut, side) for cut in GRID for side in (-math.inf, math.inf)]
FIGURES = st.one_of(st.none(), st.sampled_from([*GRID, *BESIDE, -0.0, 1e5, -1e5]), st.floats(-2, 2))
VECTORS = st.lists(FIGURES, min_size=len(FEATURES), max_size=len(FEATURES))
SEEDS = st.integers(0, 2**32)
LEAVES = st.lists(
    st.one_of(st.integers(1, 10), st.sampled_from([1, 8, 9, 31, 32, 33, 52, 53, 54, 64, 128]), st.integers(1, 200)),
    max_size=6,
)


@st.composite
def forests(draw):
    rng, leaves, combine = random.Random(draw(SEEDS)), draw(LEAVES), draw(st.sampled_from(["probability", "logit"]))
    values = (0.0, 1.0) if combine == "probability" else (-2.0, 2.0)
    chain = draw(st.booleans())
    trees = [grown(rng, count, len(FEATURES), chain=chain, values=values, grid=GRID) for count in leaves]
    weights = [rng.uniform(0.1, 3) for _ in trees] if draw(st.booleans()) else []
    return Forest(combine, rng.uniform(*values), trees, weights)


@st.composite
def terms(draw):
    rng, edges = random.Random(draw(SEEDS)), sorted(draw(st.sets(st.sampled_from(GRID))))
    if draw(st.booleans()):
        return Term(rng.gauss(0, 1), rng.gauss(0, 1), rng.uniform(0.1, 5), rng.gauss(0, 1), rng.choice([0.0, 0.5, 6.0]))
    bins = [rng.gauss(0, 1) for _ in range(len(edges) + 1)] if edges else []
    return Term(missing=rng.gauss(0, 1), edges=edges, bins=bins)


LINES = st.builds(Linear, st.floats(-5, 5), st.dictionaries(st.sampled_from(FEATURES), terms()))
FORMS = st.lists(st.one_of(LINES, forests()), min_size=1, max_size=5)


def held(forms, x):
    """Compare a pass with what is worked out by hand."""
    fast = Forms(forms, FEATURES)
    passed = fast.judge([x])
    (totals,), (shares,) = passed.totals, fast.shares(passed)
    ordered = sorted(forms, key=lambda form: isinstance(form, Forest))
    assert len(totals) == len(fast.bases) == len(fast.chances) == len(shares) == len(forms)
    for form, total, start, ours, chance in zip(ordered, totals, fast.bases, shares, fast.chances, strict=True):
        expected, added = evaluated(form, x, FEATURES)
        assert total == pytest.approx(expected, abs=1e-9)
        assert start == pytest.approx(base(form), abs=1e-9)
        assert ours.tolist() == pytest.approx(added, abs=1e-9)
        assert chance == (isinstance(form, Forest) and form.combine == "probability")


@examples(400)
@given(FORMS, VECTORS)
@example([Forest("probability", 0.25, [])], [None] * 6)
@example([Forest("logit", -1.0, []), Linear(0.5, {})], [0.0] * 6)
def test_the_pass_says_what_walking_says(forms, x):
    held(forms, x)


@examples(200)
@given(FORMS, st.lists(VECTORS, min_size=2, max_size=20))
def test_what_is_said_of_a_vector_does_not_depend_on_which_others_are_judged_with_it(forms, vectors):
    fast = Forms(forms, FEATURES)
    together = fast.judge(vectors)
    alone = [fast.judge([x]) for x in vectors]
    assert together.totals == [one.totals[0] for one in alone]  # to the last bit: it is kept in states
    assert fast.shares(together).tolist() == [fast.shares(one)[0].tolist() for one in alone]


@pytest.mark.parametrize(("widest", "cells"), [(1, 0), (9, 40), (33, 400)])
@given(forms=FORMS, x=VECTORS)
def test_so_it_does_where_trees_are_too_wide_for_masks_and_paths_too_many_for_tables(widest, cells, forms, x):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grove, "WIDEST", widest)
        patch.setattr(paths, "MOST_CELLS", cells)
        held(forms, x)


@pytest.mark.parametrize("leaves", [1, 2, 8, 9, 31, 32, 33, 52, 53, 54, 200])
@pytest.mark.parametrize("chain", [False, True])
def test_trees_of_every_size(leaves, chain):
    rng = random.Random(leaves)
    forest = Forest("logit", 0.1, [grown(rng, leaves, 6, chain=chain, grid=GRID) for _ in range(40)])
    for _ in range(50):
        held([forest], [rng.choice([None, *GRID, *BESIDE, rng.gauss(0, 1)]) for _ in FEATURES])

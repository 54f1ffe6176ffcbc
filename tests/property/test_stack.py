"""What the learner says and what shards make of its snapshot are one number; the stack's laws whatever it is given."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.effort import EFFORT
from support.examples import names, town

from models import checkpoint
from models.learner import Learner
from models.scoring.scorer import Scorer
from models.snapshot import STACK, decode, encode
from models.stack import OnlineStack, StackSettings
from stream.settings.model import Trainer

WIDTH = 6
VECTORS = st.lists(
    st.one_of(st.none(), st.floats(-50, 50).map(lambda value: round(value, 4)), st.sampled_from([0.0, -1e4, 1e4])),
    min_size=WIDTH,
    max_size=WIDTH,
)
CHANCES = st.floats(0, 1)


@pytest.fixture(scope="module")
def taught():
    learner = Learner(Trainer(window=500, retained=1_000), names(WIDTH), 1)
    for each in town(1_700):
        learner.take(each)
    return learner, Scorer(decode(encode(learner.snapshot(1))))


@given(x=VECTORS)
def test_the_stack_scores_alike_in_the_learner_and_from_its_snapshot(taught, x):
    learner, scorer = taught
    raw = {name: learner.experts[name].score(x) for name in learner.ready()}
    judged = scorer.judge(x)
    said = judged.scores
    for name, score in raw.items():
        assert said[name] == pytest.approx(score, abs=1e-9)
    together = learner.stack.score(learner.stack.calibrated(raw))
    assert said[STACK] == pytest.approx(together, abs=1e-9)
    assert judged.score == pytest.approx(together, abs=1e-9)


@given(
    rows=st.lists(st.tuples(st.integers(0, 1), st.dictionaries(st.sampled_from("abc"), CHANCES)), max_size=60 * EFFORT),
    admitted=st.sets(st.sampled_from("abc")),
    probe=st.dictionaries(st.sampled_from("abc"), CHANCES),
)
def test_whatever_it_is_told_weights_stay_sane_and_scores_are_chances(rows, admitted, probe):
    stack = OnlineStack("abc", StackSettings(100, (50.0, 10.0), fit_every=10))
    stack.admit(admitted)
    for label, scores in rows:
        stack.record(label, scores)
    stack.solve()
    document = stack.document()
    assert (document is None) == (not admitted)
    if document is not None:
        assert set(document.weights) == admitted
        assert min(document.weights.values()) >= 0
        assert sum(document.weights.values()) <= 3.0001
        assert math.isfinite(document.bias)
        said = stack.score(stack.calibrated(probe))
        assert (said is None) == (not admitted & set(probe))
        assert said is None or 0 <= said <= 1
    for line in stack.lines.values():
        assert 0.05 <= line.slope <= 3
        assert math.isfinite(line.offset)


@given(cut=st.integers(0, 400))
def test_put_down_anywhere_it_goes_on_to_the_same_bytes(cut):
    examples, settings = town(400), Trainer(experts=("logistic",), window=100, publish_every=50)
    whole, first = Learner(settings, names(), 1), Learner(settings, names(), 1)
    for each in examples:
        whole.take(each)
    for each in examples[:cut]:
        first.take(each)
    again, _ = checkpoint.load(checkpoint.dump(first, checkpoint.Place({})), settings, tuple(names()), 1)
    for each in examples[cut:]:
        again.take(each)
    assert msgspec.json.encode(again.snapshot(1)) == msgspec.json.encode(whole.snapshot(1))

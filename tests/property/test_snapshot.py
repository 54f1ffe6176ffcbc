"""What is published says what its learner says, comes back as it was sent, and is refused when anything is wrong."""

from __future__ import annotations

import functools
import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.learned import NAMES, learned, snapshot

from models.experts import EXPERTS
from models.scoring.logit import logit
from models.scoring.scorer import Scorer
from models.snapshot import STACK, SnapshotRefused, decode, encode

FIGURES = st.one_of(
    st.none(),
    st.floats(-214_748, 214_748).map(lambda value: round(value, 4)),
    st.floats(-5, 5).map(lambda value: round(value, 4)),
    st.sampled_from([0.0, -0.0, 1.0, 2.0, 3.0, 1e-4, 214_748.3647, -214_748.3647]),
)
VECTORS = st.lists(FIGURES, min_size=len(NAMES), max_size=len(NAMES))
LEARNED = st.tuples(st.sampled_from([0, 1, 60, 500]), st.integers(0, 1))
ODD = [None, -1, 0, 1, 7, 10**6, 1e300, -1e300, 0.5, True, "", "x", [], {}, [0]]
CANDIDATES = (*EXPERTS, STACK)


@functools.cache
def world(count, seed):
    """Experts after so many examples, and a snapshot of them as it comes off the wire."""
    experts = learned(count, seed)
    return experts, decode(encode(snapshot(experts)))


@functools.cache
def scorer(count, seed, champion):
    return Scorer(world(count, seed)[1], champion)


@settings(max_examples=150, deadline=None)
@given(LEARNED, VECTORS)
def test_a_published_expert_says_what_its_learner_says(which, x):
    experts, _ = world(*which)
    said = scorer(*which, STACK).judge(x).scores
    for name, expert in experts.items():
        assert said[name] == pytest.approx(expert.score(x), abs=1e-9), name
        assert 0.0 <= said[name] <= 1.0


@settings(max_examples=150, deadline=None)
@given(LEARNED, VECTORS, st.sampled_from(CANDIDATES))
def test_contributions_sum_to_the_step_from_the_base(which, x, champion):
    judge = scorer(*which, champion)
    said = judge.judge(x)
    shares = said.contributions().tolist()
    assert len(shares) == len(NAMES)
    assert sum(shares) == pytest.approx(math.log(said.score) - math.log1p(-said.score) - judge.base, abs=1e-9)
    assert said.contributions().tolist() == shares  # asked again


@settings(max_examples=100, deadline=None)
@given(LEARNED, VECTORS)
def test_the_stack_weighs_calibrated_log_odds(which, x):
    judge = scorer(*which, STACK)
    published, judged = judge.snapshot, judge.judge(x)
    said = judged.scores
    total = published.stack.bias
    for name, weight in published.stack.weights.items():
        total += weight * (published.experts[name].slope * logit(said[name]) + published.experts[name].offset)
    assert judged.score == said[STACK] == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(LEARNED)
def test_it_comes_back_as_it_was_sent(which):
    experts, read = world(*which)
    assert read == snapshot(experts)
    assert encode(read) == encode(snapshot(experts))


@pytest.fixture(scope="module")
def sent():
    return encode(snapshot(learned(400, 2)))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_bytes_changed_on_the_way_are_refused_or_still_safe_to_score(sent, data):
    place = data.draw(st.integers(0, len(sent) - 1))
    width = data.draw(st.sampled_from([0, 1, 1, 1, 4, 200]))
    put = data.draw(st.one_of(st.binary(max_size=4), st.sampled_from([b"-", b"9", b"1e9", b"null", b"[]", b",", b'"'])))
    _survives(sent[:place] + put + sent[place + width :])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_document_changed_anywhere_is_refused_or_still_safe_to_score(sent, data):
    document = msgspec.json.decode(sent)
    here = document
    for _ in range(data.draw(st.integers(0, 7))):
        keys = list(here) if isinstance(here, dict) else list(range(len(here))) if isinstance(here, list) else []
        keys = [key for key in keys if isinstance(here[key], dict | list) and here[key]]
        if not keys:
            break
        here = here[data.draw(st.sampled_from(keys))]
    key = data.draw(st.sampled_from(list(here) if isinstance(here, dict) else list(range(len(here)))))
    if data.draw(st.booleans()):
        del here[key]
    else:
        here[key] = data.draw(
            st.sampled_from([None, -1, 0, 1, 7, 10**6, 1e300, -1e300, 0.5, True, "", "x", [], {}, [0]])
        )
    _survives(msgspec.json.encode(document))


def _survives(data):
    """Refused with a reason, or taken; and then it scores whatever comes."""
    try:
        read = decode(data)
    except SnapshotRefused as e:
        assert e.reason in ("damaged", "too-large", "schema", "feature-set", "unknown-form")
        assert e.detail
        return
    width = len(read.features)
    judge = Scorer(read)
    for x in ([None] * width, [0.0] * width, [214_748.0] * width, [-214_748.0] * width):
        said = judge.judge(x)
        assert all(0.0 <= score <= 1.0 for score in (said.score, *said.scores.values()))
        assert all(map(math.isfinite, said.contributions().tolist()))

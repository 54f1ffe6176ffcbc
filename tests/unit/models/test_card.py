"""The model card: what a person asks of a model, from its snapshot alone."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from support.examples import example, names, town

from models.card import card, importance
from models.example import Treatment
from models.learner import Learner
from models.snapshot import STACK, decode, encode
from stream.ops import model_view
from stream.settings.model import Trainer


@pytest.fixture(scope="module")
def snapshot():
    learner = Learner(Trainer(experts=("logistic", "booster"), window=1_000), names(), 1)
    for each in town(1_700):
        learner.take(each)
    learner.take(example(9_000, [0.0] * 6, 1, treatment=Treatment(contacts=True, reached=True)))
    learner.take(example(9_001, [0.0] * 6, 0, learn=False, outcome="migrated"))
    return decode(encode(learner.publish()))


def test_it_says_what_was_learned_from_and_how_well_each_does(snapshot):
    found = card(snapshot)
    assert found["learned_from"]["examples"] == 1_701
    assert found["outcomes"]["migrated"] == 1
    assert found["treatment"]["reached"] == {"examples": 1, "churned": 1}
    assert set(found["candidates"]) == {STACK, "logistic", "booster"}
    assert found["candidates"]["logistic"]["quality"]["roc_auc"] > 0.7
    assert set(found["by_class"]) == {"a", "b", "c"}
    assert len(found["deciles"]["f0"]) == 9


def test_the_features_that_matter_come_first_with_their_sign(snapshot):
    for expert in ("logistic", "booster"):
        assert {name for name, _ in importance(snapshot, expert)[:2]} == {"f0", "f1"}
    weights = dict(importance(snapshot, "logistic"))
    assert weights["f0"] > 0 > weights["f1"]
    assert sum(value for _, value in importance(snapshot, "booster")) == pytest.approx(1, abs=0.01)


def test_a_person_can_read_it(snapshot):
    out = io.StringIO()
    console = Console(file=out, width=170)
    for part in model_view.picture(card(snapshot)):
        console.print(part)
    said = out.getvalue()
    for words in ("m000001", "champion stack", "1,701 examples", "near-churn from", "migrated 1", "reached 1 of 1"):
        assert words in said
    assert "[bold]" not in said


def test_the_list_says_which_is_in_force(snapshot):
    row = model_view.row(snapshot, snapshot, {b"model/champion": b'{"name": "booster"}'})
    assert (row["in_force"], row["pinned"], row["champion"], row["promoted_by_operator"]) == (
        True, False, "booster", True,
    )  # fmt: skip
    assert model_view.row(snapshot, None, {b"model/champion": b'{"name": "oracle"}'})["champion"] == STACK
    out = io.StringIO()
    Console(file=out, width=170).print(model_view.table([row]))
    assert "booster (promoted)" in out.getvalue()

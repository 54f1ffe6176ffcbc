"""Every way in which a snapshot is refused, each by its reason."""

from __future__ import annotations

import math

import msgspec
import pytest
from support.learned import NAMES, learned, snapshot

from models.snapshot import MAX_BYTES, SnapshotRefused, decode, encode
from models.snapshot.sanity import DEEPEST, MOST_EXPERTS


@pytest.fixture(scope="module")
def sent():
    return encode(snapshot(learned(300)))


@pytest.fixture
def document(sent):
    return msgspec.json.decode(sent)


def refusal(data, **fed):
    with pytest.raises(SnapshotRefused) as refused:
        decode(data if isinstance(data, bytes) else msgspec.json.encode(data), **fed)
    return refused.value.reason, refused.value.detail


def test_what_is_fed_is_taken(sent):
    assert decode(sent, feature_set=3, features=NAMES).version == "m-7"
    assert decode(sent, feature_set=3, features=list(NAMES)) == decode(sent)


def test_another_feature_set_is_refused(sent):
    assert refusal(sent, feature_set=4)[0] == "feature-set"
    assert refusal(sent, feature_set=3, features=NAMES[::-1])[0] == "feature-set"


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"schema":1}', b"NaN"])
def test_what_is_no_snapshot_is_damaged(data):
    assert refusal(data)[0] == "damaged"


def test_another_schema_is_told_as_such_whatever_else_it_holds(sent):
    assert refusal(b'{"schema":2,"feature_set":"unlike ours"}')[0] == "damaged"
    assert refusal(b'{"schema":2,"feature_set":3,"things":[]}') == ("schema", "schema 2, this release reads 1")


def test_too_large_is_refused_unread():
    assert refusal(b"x" * (MAX_BYTES + 1))[0] == "too-large"


def test_too_large_is_not_sent():
    huge = snapshot(learned(10), deciles={NAMES[0]: [1 / 3] * 50_000})
    with pytest.raises(SnapshotRefused) as refused:
        encode(huge)
    assert refused.value.reason == "too-large"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e10])
def test_a_number_beyond_all_bounds_is_not_sent(number):
    whole = snapshot(learned(10))
    stack = msgspec.structs.replace(whole.stack, bias=number)
    with pytest.raises(SnapshotRefused) as refused:
        encode(msgspec.structs.replace(whole, stack=stack))
    assert refused.value.reason == "damaged"


def test_an_unknown_form_is_told_as_such(document):
    document["experts"]["tree"]["model"]["form"] = "neural"
    assert refusal(document)[0] == "unknown-form"
    document["experts"]["tree"]["model"]["form"] = "forest"
    document["experts"]["tree"]["model"]["combine"] = "median"
    assert refusal(document)[0] == "unknown-form"


def test_fields_of_a_later_release_are_passed_over(document, sent):
    document["more"] = {"to": "come"}
    document["experts"]["tree"]["note"] = "later"
    assert decode(msgspec.json.encode(document)) == decode(sent)


def branch(document):
    trees = document["experts"]["booster"]["model"]["trees"]
    tree = next(tree for tree in trees if max(tree["feature"]) >= 0)  # some stand on a figure that says nothing
    return tree, next(node for node, feature in enumerate(tree["feature"]) if feature >= 0)


def set_branch(column, value):
    def change(document):
        tree, node = branch(document)
        tree[column][node] = value(node, tree) if callable(value) else value

    return change


def deep(document):
    """A chain of branches, deeper than any that is learned."""
    many = DEEPEST + 1
    document["experts"]["tree"]["model"]["trees"] = [
        {
            "feature": [0, -1] * many + [-1],
            "threshold": [0.0] * (2 * many + 1),
            "left": [i + 1 if i % 2 == 0 else 0 for i in range(2 * many)] + [0],
            "right": [i + 2 if i % 2 == 0 else 0 for i in range(2 * many)] + [0],
            "missing_left": [True] * (2 * many + 1),
            "value": [0.5] * (2 * many + 1),
        }
    ]


CHANGES = {
    "a child before its branch, a way round": set_branch("left", lambda node, _: node),
    "a child below zero": set_branch("right", -1),
    "a child beyond the end": set_branch("right", lambda _, tree: len(tree["feature"])),
    "two ways to a node": set_branch("right", lambda node, tree: tree["left"][node]),
    "a feature that is not there": set_branch("feature", len(NAMES)),
    "a node cut off": set_branch("feature", -1),
    "a feature below -1": set_branch("feature", -2),
    "columns of unequal length": lambda d: branch(d)[0]["value"].pop(),
    "a tree without nodes": lambda d: branch(d)[0].update({c: [] for c in branch(d)[0]}),
    "a tree too deep": deep,
    "weights of other trees": lambda d: d["experts"]["forest"]["model"]["weights"].pop(),
    "weights of nothing": lambda d: d["experts"]["forest"]["model"].update(weights=[0.0] * 10),
    "a weight below zero": lambda d: d["experts"]["forest"]["model"]["weights"].__setitem__(0, -1.0),
    "a leaf that is no probability": lambda d: d["experts"]["tree"]["model"]["trees"][0]["value"].__setitem__(0, 1.5),
    "a base that is no probability": lambda d: d["experts"]["tree"]["model"].update(base=2),
    "a term of an unknown feature": lambda d: d["experts"]["logistic"]["model"]["terms"].update(other={"weight": 1}),
    "a scale of nothing": lambda d: d["experts"]["logistic"]["model"]["terms"]["figure_0"].update(scale=0),
    "a limit below zero": lambda d: d["experts"]["logistic"]["model"]["terms"]["figure_0"].update(limit=-1),
    "bins without edges": lambda d: d["experts"]["logistic"]["model"]["terms"]["figure_0"].update(bins=[1.0]),
    "edges that do not rise": lambda d: d["experts"]["logistic"]["model"]["terms"]["figure_0"].update(
        edges=[2.0, 2.0], bins=[0.0, 0.0, 0.0]
    ),
    "a line that turns the order round": lambda d: d["experts"]["tree"].update(slope=-1),
    "no experts": lambda d: d.update(experts={}),
    "more experts than anybody learns": lambda d: d["experts"].update(
        {f"tree_{number}": d["experts"]["tree"] for number in range(MOST_EXPERTS)}
    ),
    "a champion that is not there": lambda d: d.update(champion="nobody"),
    "a stack that is not there": lambda d: d.update(stack=None),
    "a stack of unknown experts": lambda d: d["stack"]["weights"].update(nobody=1.0),
    "an expert of the stack's name": lambda d: d["experts"].update(stack=d["experts"]["tree"]),
    "features twice": lambda d: d.update(features=["figure_0"] * len(NAMES)),
    "no features": lambda d: d.update(features=[]),
    "no version": lambda d: d.update(version=""),
    "grades out of order": lambda d: d["grades"].update(churned=0.1),
    "a grade of nothing": lambda d: d["grades"].update(near_churn=0),
    "a hysteresis over one": lambda d: d["grades"].update(hysteresis=1.5),
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_an_inconsistent_snapshot_is_damaged(name, document):
    CHANGES[name](document)
    reason, detail = refusal(document)
    assert reason == "damaged"
    assert detail


def test_it_is_json_that_a_person_can_read(document):
    assert document["features"] == list(NAMES)
    assert document["experts"]["logistic"]["model"]["form"] == "linear"
    assert {"weight", "mean", "scale"} <= document["experts"]["logistic"]["model"]["terms"]["figure_0"].keys()

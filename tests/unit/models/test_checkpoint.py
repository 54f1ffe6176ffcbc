"""A learner that was put down and taken up again goes on as if nothing had happened."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest
from support.examples import names, town

from models import checkpoint
from models.checkpoint import CheckpointRefused, Place
from models.learner import Learner
from stream.settings.model import Trainer

SETTINGS = Trainer(experts=("logistic",), window=500, publish_every=200)
FEATURES = tuple(names())
PLACE = Place({0: 7, 3: 12}, {0: 100})


def published(learner, examples):
    return [msgspec.json.encode(learner.publish()) for each in examples if learner.take(each)]


@pytest.mark.parametrize("cut", [1, 130, 999, 1_000, 1_300])
def test_what_is_published_later_is_the_same_to_the_byte(cut):
    examples = town(1_700)
    whole = published(Learner(SETTINGS, FEATURES, 1), examples)
    first = Learner(SETTINGS, FEATURES, 1)
    before = published(first, examples[:cut])
    again, place = checkpoint.load(checkpoint.dump(first, PLACE), SETTINGS, FEATURES, 1)
    assert place == PLACE
    assert before + published(again, examples[cut:]) == whole


def test_putting_it_down_changes_nothing():
    one = Learner(SETTINGS, FEATURES, 1)
    published(one, town(600))
    before = msgspec.json.encode(one.snapshot())
    checkpoint.dump(one, PLACE)
    assert msgspec.json.encode(one.snapshot()) == before


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda packed: packed[:-1], "digest"),
        (lambda packed: packed[:-9] + b"x" + packed[-8:], "digest"),
        (lambda packed: packed.replace(b'"river":"', b'"river":"9', 1), "river"),
        (lambda packed: packed.replace(b'"form":2', b'"form":9', 1), "form"),
        (lambda packed: b"", "damaged"),
        (lambda packed: b"\x80\x05" + packed, "damaged"),
    ],
)
def test_a_damaged_or_foreign_one_is_refused_before_it_is_unpickled(damage, why, monkeypatch):
    packed = checkpoint.dump(Learner(SETTINGS, FEATURES, 1), PLACE)
    monkeypatch.setattr(checkpoint.pickle, "loads", lambda body: pytest.fail("unpickled"))
    with pytest.raises(CheckpointRefused, match=why):
        checkpoint.load(damage(packed), SETTINGS, FEATURES, 1)


@pytest.mark.parametrize("change", [{"window": 600}, {"seed": 8}, {"retained": 5_000}, {"experts": ("tree",)}])
def test_settings_that_shape_what_is_learned_must_be_the_same(change):
    packed = checkpoint.dump(Learner(SETTINGS, FEATURES, 1), PLACE)
    with pytest.raises(CheckpointRefused, match="settings"):
        checkpoint.load(packed, SETTINGS.model_copy(update=change), FEATURES, 1)


def test_other_features_are_refused_and_other_manners_are_taken_on():
    packed = checkpoint.dump(Learner(SETTINGS, FEATURES, 1), PLACE)
    with pytest.raises(CheckpointRefused, match="features"):
        checkpoint.load(packed, SETTINGS, FEATURES[::-1], 1)
    with pytest.raises(CheckpointRefused, match="features"):
        checkpoint.load(packed, SETTINGS, FEATURES, 2)
    freely = SETTINGS.model_copy(update={"publish_every": 7, "auto_promote": True, "champion": "logistic"})
    learner, _ = checkpoint.load(packed, freely, FEATURES, 1)
    assert (learner.settings.publish_every, learner.champion) == (7, "logistic")


def test_another_process_with_another_hash_seed_comes_to_the_same_bytes(tmp_path):
    code = (
        "import sys; sys.path[:0] = ['tests', '.']\n"
        "import hashlib, msgspec\n"
        "from support.examples import names, town\n"
        "from models.learner import Learner\n"
        "from stream.settings.model import Trainer\n"
        "learner = Learner(Trainer(window=500), names(), 1)\n"
        "for each in town(700): learner.take(each)\n"
        "print(hashlib.sha256(msgspec.json.encode(learner.snapshot())).hexdigest())\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_nobody_is_named_in_it():
    learner = Learner(SETTINGS, FEATURES, 1)
    marked = [
        msgspec.structs.replace(each, customer_id=f"marked-{each.customer_id}", event_id=f"marked-{each.event_id}")
        for each in town(600)
    ]
    published(learner, marked)
    packed = checkpoint.dump(learner, PLACE)
    assert FEATURES[0].encode() in packed, "what is in it can be found in it"
    assert b"marked-" not in packed
    assert b"marked-" not in msgspec.json.encode(learner.publish())

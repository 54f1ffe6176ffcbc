"""Which snapshot is in force: the newest good one, the pinned one, the last good one."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace as changed
from prometheus_client import generate_latest
from support.snapshots import snapshot
from support.timeline import settings
from support.units import SHANGHAI

from models.features.sets import VERSION
from models.snapshot import MAX_BYTES, Snapshot, encode
from stream.engine.assemble import Shards
from stream.engine.feeds.model import CHAMPION, PIN, ModelFeed, in_stream
from stream.metrics import Metrics


class Fed:
    """A feed and what it counts."""

    def __init__(self):
        self.metrics = Metrics()
        self.feed = ModelFeed(in_stream(settings(), self.metrics, SHANGHAI), self.metrics)

    @property
    def version(self):
        scorer = self.feed.model.scorer
        return None if scorer is None else scorer.snapshot.version

    def models(self, *given, **raw):
        records = {one.version.encode(): encode(one) if isinstance(one, Snapshot) else one for one in given}
        return self.feed.models(records | {key.encode(): value for key, value in raw.items()})

    def says(self, **entries):
        keys = {"pin": PIN, "champion": CHAMPION}
        values = {
            keys[name]: value if isinstance(value, bytes) else msgspec.json.encode(value)
            for name, value in entries.items()
        }
        return self.feed.settings(values)

    def refused(self, reason):
        return self.metrics.snapshots_refused.labels(reason)._value.get()


@pytest.fixture
def fed():
    return Fed()


V1, V2, V3 = (snapshot(float(n), sequence=n) for n in (1, 2, 3))


def test_without_a_snapshot_there_is_a_cold_start(fed):
    assert not fed.models()
    assert fed.version is None


def test_the_highest_sequence_is_in_force(fed):
    assert fed.models(V2, V1)
    assert fed.version == "v2"
    assert fed.models(V2, V1, V3)
    assert fed.version == "v3"
    assert not fed.models(V2, V1, V3)
    assert (
        'churnwatch_snapshot_info{champion="linear",version="v3"} 1.0' in generate_latest(fed.metrics.registry).decode()
    )
    assert 'version="v2"' not in generate_latest(fed.metrics.registry).decode()


def test_a_pin_holds_against_what_is_newer_and_a_pin_of_nothing_does_not(fed):
    fed.models(V1, V2)
    assert fed.says(pin={"version": "v1", "by": "ops"})
    assert fed.version == "v1"
    assert not fed.models(V1, V2, V3)
    assert fed.says()
    assert fed.version == "v3"
    fed.says(pin={"version": "v9"})
    assert fed.version == "v3"


def test_a_pin_that_comes_before_its_snapshot_holds_once_that_is_there(fed):
    fed.says(pin={"version": "v1"})
    fed.models(V2)
    assert fed.version == "v2"
    fed.models(V1, V2)
    assert fed.version == "v1"


DAMAGED = {
    "damaged": encode(V3)[:-20],
    "schema": encode(V3).replace(b'"schema":1', b'"schema":7'),
    "feature-set": encode(changed(V3, feature_set=VERSION + 1)),
    "unknown-form": encode(V3).replace(b'"form":"linear"', b'"form":"neural"'),
    "too-large": encode(V3)[:-1] + b" " * MAX_BYTES + b"}",
}


@pytest.mark.parametrize("reason", DAMAGED)
def test_a_bad_one_is_refused_and_counted_once_and_the_last_good_one_goes_on(fed, reason):
    fed.models(V1, V2)
    assert not fed.models(V1, V2, bad=DAMAGED[reason])
    assert not fed.models(V1, V2, bad=DAMAGED[reason])
    assert fed.version == "v2"
    assert fed.refused(reason) == 1


def test_other_features_under_the_same_number_are_refused(fed):
    features = [*V1.features[1:], V1.features[0]]
    assert not fed.models(changed(V1, features=features))
    assert fed.refused("feature-set") == 1


def test_when_all_good_ones_are_gone_the_last_one_goes_on(fed):
    fed.models(V1)
    fed.models(bad=b"\x00")
    assert fed.version == "v1"


def test_a_bad_one_that_is_replaced_by_a_good_one_is_taken(fed):
    fed.models(v3=b"{}")
    assert fed.version is None
    fed.models(V3)
    assert fed.version == "v3"


def test_an_operators_champion_scores_in_place_of_the_snapshots_own(fed):
    fed.models(V1)
    assert fed.says(champion={"name": "tree"})
    assert fed.feed.model.scorer.champion == "tree"
    fed.models(V1, V2)
    assert (fed.version, fed.feed.model.scorer.champion) == ("v2", "tree")
    assert fed.says()
    assert fed.feed.model.scorer.champion == "linear"


def test_a_champion_that_a_snapshot_has_not_is_counted_and_its_own_scores(fed):
    fed.models(V1)
    fed.says(champion={"name": "booster"})
    assert fed.feed.model.scorer.champion == "linear"
    assert fed.refused("champion") == 1
    fed.says(champion={"name": "booster"})
    fed.models(V1)
    assert fed.refused("champion") == 1  # not once for every look


@pytest.mark.parametrize("value", [b"x", b"{}", b'{"version": 7}'])
def test_a_setting_that_cannot_be_read_is_counted_and_changes_nothing(fed, value):
    fed.models(V1, V2)
    fed.says(pin=value)
    fed.says(pin=value)
    assert fed.version == "v2"
    assert fed.refused("settings") == 1


def test_shards_take_both_topics_from_the_next_batch_on():
    shards = Shards(settings(), Metrics())
    before = shards.step
    shards.follow({b"v1": encode(V1), b"v2": encode(V2)})
    now = shards.step
    assert now is not before
    shards.follow({b"v1": encode(V1), b"v2": encode(V2)})
    assert shards.step is now
    assert version(before) is None
    assert version(now) == "v2"
    shards.apply({PIN: b'{"version":"v1"}'})
    assert version(shards.step) == "v1"
    shards.use(V3)
    assert version(shards.step) == "v3"
    shards.use(None)
    assert version(shards.step) is None


def version(step):
    scorer = step._model.scorer
    return None if scorer is None else scorer.snapshot.version

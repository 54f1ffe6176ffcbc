"""Operators' commands about models: checked against what is on `models`, written to `settings`."""

from __future__ import annotations

import msgspec
import orjson
import pytest
from support.examples import names, town

from models.learner import Learner
from models.snapshot import encode
from stream.codec import Rejected
from stream.config import load
from stream.control import COMMANDS, Desk, carry_out, read, takes_away
from stream.domain.events import Control
from stream.settings.model import Trainer
from stream.training import shelf

NOW = 1_740_794_400_000


class Kept:
    """A topic, and a sender to `settings`, in memory."""

    def __init__(self, latest=()):
        self.sent, self.latest = [], dict(latest)

    async def send(self, topic, key, value, headers=None):
        self.sent.append((topic, key, None if value is None else orjson.loads(value)))
        self.latest[key] = value
        if value is None:
            del self.latest[key]

    async def holds(self, key, value):
        assert self.latest.get(key) == value


@pytest.fixture(scope="module")
def published():
    learner = Learner(Trainer(experts=("logistic",), publish_every=100), names(), 1)
    made = [learner.publish() for each in town(300) if learner.take(each)]
    return {snapshot.version.encode(): encode(snapshot) for snapshot in made}


def command(name, /, **arguments):
    return Control(event_id="c1", time=NOW, command=name, actor="ops-7", arguments=arguments)


async def run(name, models, said=(), /, **arguments):
    kept = Kept(said)
    await carry_out(command(name, **arguments), Desk(load(env={}), kept, kept, Kept(models)))
    return kept


async def test_a_version_is_pinned_with_who_said_so(published):
    kept = await run("pin_model", published, version="m000002")
    body = {"version": "m000002", "by": "ops-7", "at": NOW, "event_id": "c1"}
    assert kept.sent == [("settings", b"model/pin", body)]
    assert shelf.standing(published, kept.latest).version == "m000002"
    assert shelf.standing(published, {}).version == "m000003"


async def test_a_rollback_goes_one_back_from_what_is_in_force(published):
    kept = await run("rollback_model", published)
    assert kept.sent[0][2]["version"] == "m000002"
    again = await run("rollback_model", published, kept.latest)
    assert again.sent[0][2]["version"] == "m000001"
    with pytest.raises(Rejected, match="none before m000001"):
        await run("rollback_model", published, again.latest)


async def test_a_candidate_is_promoted_and_left_to_the_trainer_again(published):
    kept = await run("promote_model", published, name="logistic")
    assert kept.sent[0][1:] == (
        b"model/champion", {"name": "logistic", "by": "ops-7", "at": NOW, "event_id": "c1"},
    )  # fmt: skip
    assert shelf.promoted(kept.latest) == "logistic"
    gone = await run("promote_model", published, kept.latest)
    assert gone.sent == [("settings", b"model/champion", None)]


async def test_a_pin_is_taken_away(published):
    kept = await run("pin_model", published, version="m000001")
    assert (await run("unpin_model", published, kept.latest)).sent == [("settings", b"model/pin", None)]


@pytest.mark.parametrize(
    ("name", "arguments", "path", "why"),
    [
        ("pin_model", {"version": "m000009"}, "$.arguments.version", "there are m000003, m000002, m000001"),
        ("pin_model", {}, "$.arguments", "version"),
        ("promote_model", {"name": "oracle"}, "$.arguments.name", "m000003 has no 'oracle'; it has stack, logistic"),
        ("promote_model", {}, "$.arguments.name", "the trainer decides already"),
        ("unpin_model", {}, "$.arguments", "no version is pinned"),
        ("rollback_model", {"version": "m000001"}, "$.arguments", "version"),
        ("model_drift", {"kind": "loss"}, "$.arguments", "time"),
    ],
)
async def test_what_may_not_be_is_refused_and_writes_nothing(published, name, arguments, path, why):
    kept = Kept()
    with pytest.raises(Rejected) as caught:
        await carry_out(command(name, **arguments), Desk(load(env={}), kept, kept, Kept(published)))
    assert (caught.value.path, why in caught.value.message) == (path, True)
    assert kept.sent == []


@pytest.mark.parametrize("name", ["promote_model", "rollback_model"])
async def test_without_a_snapshot_there_is_nothing_to_choose(name):
    arguments = {"name": "logistic"} if name == "promote_model" else {}
    with pytest.raises(Rejected, match="no snapshot yet"):
        await run(name, {}, **arguments)


async def test_what_the_trainer_does_or_says_is_heard_and_nothing_is_written(published):
    assert (await run("publish_model", published)).sent == []
    told = {"kind": "loss", "time": NOW, "examples": 5, "detail": {"mean": 0.2}}
    assert (await run("model_drift", published, **told)).sent == []
    assert {name for name in COMMANDS if "model" in name} == {
        "promote_model", "pin_model", "unpin_model", "rollback_model", "publish_model", "model_drift",
    }  # fmt: skip


def test_what_they_take_away_is_known_beforehand():
    assert takes_away(read(command("unpin_model"))) == "model/pin"
    assert takes_away(read(command("promote_model"))) == "model/champion"
    assert takes_away(read(command("promote_model", name="logistic"))) is None


def test_a_damaged_record_takes_nothing_else_down(published):
    there = {**published, b"m000009": b"\xff", b"x": b'{"sequence": 4}', b"y": b"[]"}
    assert [snapshot.version for snapshot in shelf.snapshots(there)] == ["m000003", "m000002", "m000001"]
    assert shelf.sequences(there)[b"x"] == 4
    assert shelf.sequences(there)[b"m000009"] == shelf.sequences(there)[b"y"] == 0
    assert shelf.pinned({b"model/pin": b"\xff"}) is None
    assert shelf.promoted({b"model/champion": b"{}"}) is None
    gone = {b"model/pin": msgspec.json.encode(shelf.Pin("m000007"))}
    assert shelf.standing(published, gone).version == "m000003"

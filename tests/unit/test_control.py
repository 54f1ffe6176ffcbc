"""Operators' commands: what there is, and what each writes."""

from __future__ import annotations

import orjson
import pytest

from stream.codec import Rejected
from stream.config import load
from stream.control import COMMANDS, Desk, Heartbeat, TestAlert, carry_out, read, takes_away
from stream.domain.events import Control

NOW = 1_740_794_400_000


class Kept:
    """A desk's sender and its topic `settings`, in memory."""

    def __init__(self):
        self.sent = []
        self.latest = {}

    async def send(self, topic, key, value, headers=None):
        self.sent.append((topic, key, None if value is None else orjson.loads(value), dict(headers or [])))
        if topic == "settings":
            self.latest = {**self.latest, key: value}
            if value is None:
                del self.latest[key]

    async def holds(self, key, value):
        assert self.latest.get(key) == value


def desk(kept):
    return Desk(load(env={}), kept, kept)


def command(name, **arguments):
    return Control(event_id="c1", time=NOW, command=name, actor="ops-7", arguments=arguments)


def test_commands_are_read_with_their_own_arguments():
    assert read(command("heartbeat")) == Heartbeat()
    assert read(command("test_alert")) == TestAlert("test-customer")
    assert read(command("test_alert", customer_id="c9")) == TestAlert("c9")


def test_an_unknown_command_names_those_there_are():
    with pytest.raises(
        Rejected,
        match=r"'explode'; there are heartbeat, model_drift, .*reset_rule, .*set_rule, silence, test_alert, ",
    ) as caught:
        read(command("explode"))
    assert (caught.value.reason, caught.value.path) == ("unknown-command", "$.command")


@pytest.mark.parametrize("arguments", [{"loud": True}, {"customer_id": 5}, {"customer_id": ""}])
def test_arguments_that_are_not_its_own_are_refused(arguments):
    with pytest.raises(Rejected) as caught:
        read(command("test_alert", **arguments))
    assert (caught.value.reason, caught.value.path) == ("invalid", "$.arguments")


async def test_a_test_alert_is_a_cloud_event_about_no_customer_of_ours():
    kept = Kept()
    await carry_out(command("test_alert"), desk(kept))
    [(topic, key, body, headers)] = kept.sent
    assert (topic, key) == ("alerts", b"test-customer")
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_type"] == b"churnwatch.alert.test.v1"
    assert headers["ce_id"] == b"control-c1"
    assert headers["ce_time"] == b"2025-03-01T02:00:00.000Z"
    assert headers["content-type"] == b"application/json"
    assert body["state"] == "test"
    assert body["alert_id"] == "control-c1"
    assert body["actor"] == "ops-7"
    assert body["title"] == {"zh": "测试预警", "en": "Test alert"}


async def test_a_heartbeat_says_that_there_is_nothing_to_say():
    kept = Kept()
    await carry_out(command("heartbeat"), desk(kept))
    [(topic, key, body, headers)] = kept.sent
    assert (topic, key, body["state"]) == ("alerts", b"heartbeat", "heartbeat")
    assert headers["ce_type"] == b"churnwatch.heartbeat.v1"


async def test_the_same_command_again_has_the_same_id():
    kept = Kept()
    await carry_out(command("heartbeat"), desk(kept))
    await carry_out(command("heartbeat"), desk(kept))
    assert kept.sent[0] == kept.sent[1]


async def test_a_refused_command_writes_nothing():
    kept = Kept()
    with pytest.raises(Rejected):
        await carry_out(command("explode"), desk(kept))
    assert kept.sent == []


GOOD = {
    "heartbeat": {},
    "test_alert": {},
    "set_rule": {"rule": "balance_drop", "params": {}},
    "reset_rule": {"rule": "balance_drop"},
    "silence": {"until": NOW + 1, "reason": "works"},
    "unsilence": {"id": "s"},
}


@pytest.mark.parametrize("name", sorted(name for name in COMMANDS if "model" not in name))
async def test_every_command_can_be_carried_out(name):
    kept = Kept()
    kept.latest = {
        b"rule/balance_drop": orjson.dumps({"params": {}, "by": "o", "at": 1, "event_id": "e"}),
        b"silence/s": b"",
    }
    await carry_out(command(name, **GOOD[name]), desk(kept))
    assert len(kept.sent) == 1


async def test_a_changed_rule_is_written_with_who_changed_it_and_when():
    kept = Kept()
    await carry_out(command("set_rule", rule="balance_drop", params={"min_share": 0.4}), desk(kept))
    [(topic, key, body, _)] = kept.sent
    assert (topic, key) == ("settings", b"rule/balance_drop")
    assert body == {"params": {"min_share": 0.4}, "by": "ops-7", "at": NOW, "event_id": "c1"}


async def test_a_second_change_is_made_to_the_first():
    kept = Kept()
    await carry_out(command("set_rule", rule="balance_drop", params={"min_share": 0.4}), desk(kept))
    await carry_out(command("set_rule", rule="balance_drop", params={"shadow": True}), desk(kept))
    assert kept.sent[-1][2]["params"] == {"min_share": 0.4, "shadow": True}
    await carry_out(command("reset_rule", rule="balance_drop"), desk(kept))
    assert kept.sent[-1][:3] == ("settings", b"rule/balance_drop", None)
    assert kept.latest == {}


@pytest.mark.parametrize(
    ("name", "arguments", "path", "said"),
    [
        ("set_rule", {"rule": "balance_drop", "params": {"min_share": 3}}, "$.arguments.params", "above 0, at most 1"),
        ("set_rule", {"rule": "balance_drop", "params": {"nonsense": 3}}, "$.arguments.params", "is not a known key"),
        ("set_rule", {"rule": "balance_dorp", "params": {}}, "$.arguments.params", "no such rule; there are"),
        ("set_rule", {"rule": "balance_drop"}, "$.arguments", "params"),
        ("reset_rule", {"rule": "balance_drop"}, "$.arguments.rule", "nothing is in force"),
        ("unsilence", {"id": "s1"}, "$.arguments.id", "no silence 's1' is in force"),
        ("silence", {"until": NOW + 5, "reason": "x", "kind": "balance_dorp"}, "$.arguments.kind", "there are"),
        ("silence", {"until": NOW - 5, "reason": "x"}, "$.arguments.until", "must lie after"),
        ("silence", {"until": "tomorrow", "reason": "x"}, "$.arguments.until", "RFC 3339"),
        ("silence", {"until": NOW + 5}, "$.arguments", "reason"),
        ("silence", {"until": NOW + 5, "reason": "x", "everyone": True}, "$.arguments", "everyone"),
    ],
)
async def test_what_may_not_be_put_in_force_is_refused_by_name_and_writes_nothing(name, arguments, path, said):
    kept = Kept()
    with pytest.raises(Rejected) as caught:
        await carry_out(command(name, **arguments), desk(kept))
    assert (caught.value.reason, caught.value.path) == ("invalid", path)
    assert said in caught.value.message
    assert kept.sent == []


async def test_a_silence_begins_with_its_command_and_may_be_ended():
    kept = Kept()
    await carry_out(command("silence", until=NOW + 5, reason="works", branch="b-7", **{"class": "key"}), desk(kept))
    [(_, key, body, _)] = kept.sent
    assert key == b"silence/c1"
    assert body["silence"] == {
        "id": "c1", "from": NOW, "until": NOW + 5, "reason": "works", "by": "ops-7", "branch": "b-7", "class": "key",
    }  # fmt: skip
    await carry_out(command("unsilence", id="c1"), desk(kept))
    assert kept.latest == {}


def test_what_a_command_takes_away_is_known_beforehand():
    assert takes_away(read(command("reset_rule", rule="x"))) == "rule/x"
    assert takes_away(read(command("unsilence", id="y"))) == "silence/y"
    assert takes_away(read(command("heartbeat"))) is None

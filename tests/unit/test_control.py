"""Operators' commands: what there is, and what each writes."""

from __future__ import annotations

import orjson
import pytest

from stream.codec import Rejected
from stream.control import COMMANDS, Heartbeat, TestAlert, carry_out, read
from stream.domain.events import Control

NOW = 1_740_794_400_000


class Kept:
    def __init__(self):
        self.sent = []

    async def send(self, topic, key, value, headers):
        self.sent.append((topic, key, orjson.loads(value), dict(headers)))


def command(name, **arguments):
    return Control(event_id="c1", time=NOW, command=name, actor="ops-7", arguments=arguments)


def test_commands_are_read_with_their_own_arguments():
    assert read(command("heartbeat")) == Heartbeat()
    assert read(command("test_alert")) == TestAlert("test-customer")
    assert read(command("test_alert", customer_id="c9")) == TestAlert("c9")


def test_an_unknown_command_names_those_there_are():
    with pytest.raises(Rejected, match=r"'explode'; there are heartbeat, test_alert") as caught:
        read(command("explode"))
    assert (caught.value.reason, caught.value.path) == ("unknown-command", "$.command")


@pytest.mark.parametrize("arguments", [{"loud": True}, {"customer_id": 5}, {"customer_id": ""}])
def test_arguments_that_are_not_its_own_are_refused(arguments):
    with pytest.raises(Rejected) as caught:
        read(command("test_alert", **arguments))
    assert (caught.value.reason, caught.value.path) == ("invalid", "$.arguments")


async def test_a_test_alert_is_a_cloud_event_about_no_customer_of_ours():
    kept = Kept()
    await carry_out(command("test_alert"), kept)
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
    await carry_out(command("heartbeat"), kept)
    [(topic, key, body, headers)] = kept.sent
    assert (topic, key, body["state"]) == ("alerts", b"heartbeat", "heartbeat")
    assert headers["ce_type"] == b"churnwatch.heartbeat.v1"


async def test_the_same_command_again_has_the_same_id():
    kept = Kept()
    await carry_out(command("heartbeat"), kept)
    await carry_out(command("heartbeat"), kept)
    assert kept.sent[0] == kept.sent[1]


async def test_a_refused_command_writes_nothing():
    kept = Kept()
    with pytest.raises(Rejected):
        await carry_out(command("explode"), kept)
    assert kept.sent == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_every_command_can_be_carried_out(name):
    kept = Kept()
    await carry_out(command(name), kept)
    assert len(kept.sent) == 1

"""What the topic `settings` makes of the configuration."""

from __future__ import annotations

import orjson
import pytest
from support.harness import Harness
from support.timeline import at, settings, steady
from support.timeline import records as in_order
from support.units import SHANGHAI

from stream.engine.assemble import Shards
from stream.engine.feeds.in_force import in_force, told
from stream.metrics import Metrics

NOON = at("2025-03-02 12:00")


def rule(name, **params):
    body = {"params": params, "by": "ops", "at": NOON.time, "event_id": "e"}
    return {f"rule/{name}".encode(): orjson.dumps(body)}


def silence(**more):
    given = {"id": "s", "from": NOON.time, "until": NOON.time + 3_600_000, "reason": "works", "by": "ops", **more}
    return {b"silence/" + given["id"].encode(): orjson.dumps({"silence": given, "at": NOON.time, "event_id": "e"})}


def test_without_records_the_configuration_holds():
    now = in_force({}, settings(), SHANGHAI)
    assert (now.settings, now.silences, now.refused) == (settings(), (), ())


def test_parameters_replace_the_configured_ones_and_only_those():
    now = in_force(rule("balance_drop", min_share=0.5), settings(), SHANGHAI)
    configured = settings().rules["balance_drop"]
    assert now.settings.rules["balance_drop"] == {**configured, "min_share": 0.5}
    assert now.settings.rules["serious_complaint"] == settings().rules["serious_complaint"]


def test_a_silence_is_read_with_its_times():
    [read] = in_force(silence(until="2025-03-02T15:00:00+08:00", kind="balance_drop"), settings(), SHANGHAI).silences
    assert (read.kind, read.until - read.from_) == ("balance_drop", 3 * 3_600_000)


@pytest.mark.parametrize(
    "bad",
    [
        {b"rule/balance_drop": b"no json"},
        {b"rule/balance_drop": b"{}"},
        rule("balance_drop", min_share=7),
        rule("a_rule_of_a_newer_build", x=1),
        silence(kind="a_rule_of_a_newer_build"),
        silence(until="whenever"),
        {b"silence/x": b"[]"},
    ],
)
def test_a_record_that_cannot_be_used_is_told_and_the_others_hold(bad):
    good = rule("serious_complaint", repeat_days=10)
    now = in_force({**good, **bad}, settings(), SHANGHAI)
    assert [key.encode() for key, _ in now.refused] == list(bad)
    assert all(why for _, why in now.refused)
    assert now.settings.rules["serious_complaint"]["repeat_days"] == 10
    assert now.settings.rules["balance_drop"] == settings().rules["balance_drop"]
    assert now.silences == ()


def test_keys_of_others_are_left_to_them():
    assert in_force({b"model/champion": b"{}"}, settings(), SHANGHAI).refused == ()


def test_what_is_refused_is_a_metric():
    metrics = Metrics()
    shards = Shards(settings(), metrics)
    shards.apply({b"rule/balance_drop": b"no json"})
    assert metrics.registry.get_sample_value("churnwatch_settings_refused") == 1
    shards.apply({})
    assert metrics.registry.get_sample_value("churnwatch_settings_refused") == 0


async def test_a_running_shard_goes_by_what_is_put_in_force_from_its_next_batch_on(tmp_path):
    """The same drop for three customers: before the change, under it, and after it was taken back."""
    shards = Shards(settings(), Metrics())
    harness = Harness(tmp_path, steps=lambda: shards.step)
    await harness.open()
    for customer, entries in (("c1", {}), ("c2", rule("balance_drop", shadow=False, min_share=0.95)), ("c3", {})):
        shards.apply(entries)
        lines = [
            *steady(customer, 100_000),
            NOON.pays(customer, 80_000),
            NOON.plus(minutes=1).balance(customer, 20_000),
        ]
        harness.feed(in_order(lines))
        await harness.drain()
    drops = [alert["customer_id"] for alert in harness.alerts() if alert["kind"] == "balance_drop"]
    assert drops == ["c1", "c3"]
    await harness.shard.close()


def test_records_are_told_in_order_of_key_and_what_is_no_object_is_passed_over():
    entries = {b"silence/s": b'{"at": 2}', b"rule/x": b'{"at": 1}', b"a": b"no json", b"b": b"[1]"}
    assert list(told(entries)) == [("rule/x", {"at": 1}), ("silence/s", {"at": 2})]

"""Pseudonyms on outgoing topics: nobody without the key can tell whom they stand for, and the desk can."""

from __future__ import annotations

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.desk_rows import alert
from support.examples import town
from support.harness import Harness
from support.timeline import at, records
from support.timeline import settings as default_settings
from typer.testing import CliRunner

from stream.cli.commands import build
from stream.codec import Rejected
from stream.config import ConfigError, load
from stream.desk.intake.edge import Edge
from stream.desk.intake.reading import Came
from stream.domain.alerts import DeskAlert
from stream.engine.assemble import codec
from stream.engine.log.memory import MemoryRecord
from stream.engine.shard.outgoing import outgoing
from stream.engine.shard.pseudonyms import SEALED, Pseudonyms, Unsealed, new_key, on, pseudonyms

WHO = "customer-4711"
OLD, NEW = new_key("old"), new_key("new")
NOON = at("2025-03-01 12:00")


def with_keys(*keys, topics=("alerts", "examples")):
    settings = default_settings()
    privacy = {"pseudonymise": frozenset(topics), "keys": ",".join(keys)}
    return settings.model_copy(update={"privacy": type(settings.privacy).model_validate(privacy)})


def made(*keys) -> Pseudonyms:
    return pseudonyms(with_keys(*keys))


def desk_alert(customer=WHO) -> DeskAlert:
    return msgspec.convert(msgspec.to_builtins(alert(customer)), DeskAlert)


def test_without_keys_nothing_is_replaced():
    settings = load(env={})
    assert pseudonyms(settings) is None
    assert outgoing(settings).alerts is None
    assert on(with_keys(NEW, topics=("examples",)), "alerts") is None


def test_an_alert_outside_names_nobody_and_is_the_same_each_time():
    one, header = made(NEW).alert(desk_alert())
    again, same = made(NEW).alert(desk_alert())
    assert (one, header) == (again, same)
    inside = desk_alert()
    text = msgspec.json.encode(one) + header[1]
    assert not [word for word in (WHO, inside.episode_id, inside.alert_id) if word.encode() in text]
    assert one.customer_id.startswith("p.new.")


def test_the_same_customer_has_one_pseudonym_a_topic_and_another_has_another():
    keys = made(NEW)
    assert keys.of("alerts", WHO) == keys.of("alerts", WHO)
    assert len({keys.of("alerts", WHO), keys.of("examples", WHO), keys.of("alerts", "other")}) == 3
    example = next(iter(town(1)))
    outside = keys.example(example)
    assert outside.customer_id == keys.of("examples", example.customer_id)
    assert outside.event_id not in (example.event_id, keys.example(town(2)[1]).event_id)
    assert outside.features == example.features


def test_after_a_rotation_customers_are_others_episodes_go_on_and_old_seals_still_open():
    before, sealed = made(OLD).alert(desk_alert())
    rotated = made(NEW, OLD)
    after, _ = rotated.alert(desk_alert())
    assert before.customer_id != after.customer_id
    assert (before.episode_id, before.alert_id) == (after.episode_id, after.alert_id)
    assert rotated.opened(before, sealed[1]) == desk_alert()


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_who_has_the_key_gets_back_what_was_sealed(customer, kind):
    inside = msgspec.structs.replace(desk_alert(customer), kind=kind)
    keys = made(NEW)
    outside, (name, sealed) = keys.alert(inside)
    assert name == SEALED
    assert keys.opened(outside, sealed) == inside


@given(st.binary(max_size=200))
def test_a_seal_of_anything_else_opens_nothing(sealed):
    outside, _ = made(NEW).alert(desk_alert())
    for given_ in (sealed, b"new:" + sealed):
        with pytest.raises(Unsealed):
            made(NEW).opened(outside, given_)


def test_a_seal_belongs_to_one_alert():
    keys = made(NEW)
    one, _ = keys.alert(desk_alert())
    _, (_, other) = keys.alert(desk_alert("other"))
    with pytest.raises(Unsealed, match="not this alert's"):
        keys.opened(one, other)


@pytest.mark.parametrize(
    "keys",
    ["nonsense", "a:", ":" + NEW[4:], "a:c2hvcnQ=", NEW + "," + NEW, "a b:" + NEW[4:], "new:" + "\u00e9" * 44],
    ids=["no colon", "no key", "no name", "short", "twice", "a blank in the name", "not base64"],  # the keys are random
)
def test_keys_that_are_none_are_refused_without_being_shown(keys):
    with pytest.raises(ConfigError, match=r"privacy\.keys") as fault:
        pseudonyms(with_keys(keys))
    assert NEW[4:] not in str(fault.value)


def test_pseudonyms_without_a_key_are_refused(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text('[privacy]\npseudonymise = ["alerts"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="needs keys"):
        load(file, env={})
    keys = tmp_path / "keys"
    keys.write_text(f"{NEW}\n{OLD}\n", encoding="utf-8")
    assert pseudonyms(load(file, env={"CHURNWATCH_PRIVACY__KEYS_FILE": str(keys)})) is not None


def test_a_key_is_made_on_the_command_line():
    done = CliRunner().invoke(build(), ["pseudonyms", "new-key", "k2026"])
    assert made(done.stdout.strip()).of("alerts", WHO).startswith("p.k2026.")
    refused = CliRunner().invoke(build(), ["pseudonyms", "new-key", "a b"])
    assert refused.exit_code == 2 and "1 to 16" in refused.output
    assert CliRunner().invoke(build(), ["pseudonyms", "new-key", "k"]).stdout != done.stdout


async def shard_alerts(tmp_path, settings):
    harness = Harness(tmp_path, outgoing=outgoing(settings))
    await harness.open()
    harness.feed(records(NOON.complaint(WHO, "k", severity="critical", text="x")))
    await harness.drain()
    await harness.crash()
    return harness.written("alerts")


async def test_a_shard_tells_the_outside_of_a_pseudonym_and_the_desk_reads_the_customer(tmp_path):
    settings = with_keys(NEW, OLD)
    [record] = await shard_alerts(tmp_path / "p", settings)
    assert WHO.encode() not in record.key + record.value + b"".join(value for _, value in record.headers)
    headers = dict(record.headers)
    body = orjson.loads(record.value)
    assert headers["ce_partitionkey"] == record.key == body["customer_id"].encode()
    assert headers["ce_id"] == body["alert_id"].encode() and headers["ce_subject"] == body["episode_id"].encode()

    [plain] = await shard_alerts(tmp_path / "q", load(env={}))
    inside = orjson.loads(plain.value)
    edge = Edge(codec(settings), max_bytes=1 << 20, pseudonyms=made(NEW, OLD))
    item = edge.read(Came("alerts", 0, record))
    ids = ("customer_id", "episode_id", "alert_id", "causes")
    assert [getattr(item.value, name) for name in ids] == [inside[name] for name in ids]
    assert orjson.loads(item.came.record.value)["customer_id"] == WHO and item.came.record.key == WHO.encode()


async def test_a_desk_without_the_key_sets_such_an_alert_aside(tmp_path):
    [record] = await shard_alerts(tmp_path, with_keys(NEW))
    for keys, told in ((None, "holds no key"), (made(OLD), "not here")):
        edge = Edge(codec(load(env={})), max_bytes=1 << 20, pseudonyms=keys)
        with pytest.raises(Rejected, match=told) as why:
            edge.read(Came("alerts", 0, record))
        assert why.value.reason == "sealed"
    swapped = MemoryRecord(0, 1, record.key, record.value, [(SEALED, b"new:junk")])
    with pytest.raises(Rejected, match="not this alert's"):
        Edge(codec(load(env={})), max_bytes=1 << 20, pseudonyms=made(NEW)).read(Came("alerts", 0, swapped))

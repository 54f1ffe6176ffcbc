"""Pseudonyms on a real broker: outside nobody is named, at the desk everybody is, and answers find their episode."""

from __future__ import annotations

import time

import msgspec
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from support.desk_process import DeskProcess, opened, rows
from support.desk_rows import alert
from support.processes import eventually

from stream.broker.clients import client_options
from stream.config import load
from stream.desk.acting import Context, act
from stream.desk.store.tables import Alert, Episode
from stream.desk.store.vault import Vault
from stream.desk.work.commands import Acknowledge, Actor
from stream.engine.assemble import business
from stream.engine.log.partition import partition_for
from stream.engine.shard.outgoing import Outgoing
from stream.engine.shard.pseudonyms import new_key, pseudonyms
from stream.ops.reading import Reader

pytestmark = pytest.mark.kafka

WHO = "cust-marked-88"


async def stored(settings, topic):
    async with Reader(settings, topic) as reader:
        await reader.from_beginning()
        return [record async for batch in reader.to_end() for record in batch]


async def test_the_desk_knows_whom_an_alert_concerns_and_what_it_tells_names_nobody(settings, tmp_path):
    key = new_key("k1")
    (tmp_path / "keys").write_text(key + "\n", encoding="ascii")
    more = f'[privacy]\npseudonymise = ["alerts"]\nkeys_file = "{tmp_path / "keys"}"\n'
    privacy = type(settings.privacy)(pseudonymise={"alerts"}, keys=key)
    message = Outgoing(pseudonyms(settings.model_copy(update={"privacy": privacy}))).alert(WHO.encode(), alert(WHO))
    shard = partition_for(WHO.encode(), settings.topics.partitions)
    async with DeskProcess(settings, tmp_path, more=more) as desk, opened(tmp_path) as database:
        producer = AIOKafkaProducer(**client_options(settings.kafka))
        await producer.start()
        name = settings.topics.prefix + "alerts"
        sent = {"key": message.key, "partition": shard, "headers": list(message.headers)}
        await producer.send_and_wait(name, message.value, **sent)
        await producer.stop()
        [row] = await eventually(lambda: rows(database, Alert), len)
        assert (row.customer_id, row.alert_id) == (WHO, alert(WHO).alert_id)
        assert orjson.loads(row.body)["customer_id"] == WHO

        base = load(env={})
        vault = Vault([(tmp_path / "key").read_text(encoding="ascii").strip()])
        context = Context(base.desk, business(base), vault)
        [episode] = await rows(database, Episode)
        rm = Actor(staff_id="rm-1", role="rm", branch_id="b-1")
        command = Acknowledge(action_id="press-1", episode_id=episode.episode_id)
        async with database.transaction() as tx:
            await act(tx, rm, command, time.time_ns() // 1_000_000, context)
        both = await eventually(lambda: stored(settings, "alerts"), lambda found: len(found) == 2)
        [feedback] = await eventually(lambda: stored(settings, "feedback"), len)
        for record in both:
            assert WHO.encode() not in record.key + record.value + b"".join(value for _, value in record.headers)
            assert record.partition == shard
        engines, desks = (orjson.loads(record.value) for record in both)
        assert (desks["customer_id"], desks["episode_id"]) == (engines["customer_id"], engines["episode_id"])
        assert desks["state"] == "acknowledged" and dict(both[1].headers)["ce_source"] == b"urn:churnwatch:desk"
        assert orjson.loads(feedback.value)["episode_id"] == alert(WHO).episode_id, "the engine knows its own ids"
        assert feedback.key == WHO.encode()
        await eventually(lambda: rows(database, Alert), lambda found: len(found) == 2)
        assert "refused" not in desk.said and WHO not in desk.said
    assert msgspec.json.decode(message.value)["rm_id"] == "rm-1"

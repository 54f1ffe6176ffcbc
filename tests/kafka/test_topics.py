"""The topics of the table in a real cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from typer.testing import CliRunner

from stream.broker import admin
from stream.broker.clients import client_options
from stream.broker.layout import TopicMismatch, wanted
from stream.cli.topics import app
from stream.config import Settings
from stream.topics import TABLE

pytestmark = pytest.mark.kafka


@asynccontextmanager
async def cluster(settings: Settings) -> AsyncIterator[Any]:
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def overrides(client: Any, topic: str) -> dict[str, str]:
    [answer] = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {entry[0]: entry[1] for entry in answer.resources[0][4] if entry[3] == 1}


async def test_apply_creates_every_topic_of_the_table_and_a_second_apply_has_nothing_to_do(bare_settings):
    assert {mismatch.found for mismatch in await admin.check(bare_settings)} == {"missing"}
    first = await admin.apply(bare_settings)
    assert first.created == tuple(bare_settings.topics.prefix + topic.name for topic in TABLE)
    assert not first.left
    assert await admin.check(bare_settings) == []
    second = await admin.apply(bare_settings)
    assert (second.created, second.altered, second.left) == ((), (), ())


async def test_partition_counts_and_configs_are_those_the_cluster_reports(settings):
    wants = {want.name: want for want in wanted(settings)}
    async with cluster(settings) as client:
        described = {topic["topic"]: topic for topic in await client.describe_topics(list(wants))}
        changelog = await overrides(client, settings.topics.prefix + "state-changelog")
        transactions = await overrides(client, settings.topics.prefix + "transactions")
    assert {name: len(topic["partitions"]) for name, topic in described.items()} == {
        name: want.partitions for name, want in wants.items()
    }
    assert changelog["cleanup.policy"] == "compact"
    assert changelog["delete.retention.ms"] == str(settings.engine.store_max_age_ms)
    assert transactions["message.timestamp.type"] == "LogAppendTime"
    assert int(transactions["max.message.bytes"]) == 4 * 1024 * 1024


async def test_a_changed_config_is_reported_and_apply_mends_it_without_touching_what_others_set(settings):
    topic = settings.topics.prefix + "alerts"
    async with cluster(settings) as client:
        theirs = {**await overrides(client, topic), "retention.ms": "1000", "retention.bytes": "123456789"}
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, theirs)])
        while not (mismatches := await admin.check(settings)):  # a broker learns of a change a moment later
            await asyncio.sleep(0.02)
        [mismatch] = mismatches
        assert (mismatch.topic, mismatch.what, mismatch.found) == (topic, "retention.ms", "1000")
        assert mismatch.mend == "churnwatch topics apply"
        done = await admin.apply(settings)
        assert (done.altered, done.left) == ((topic,), ())
        assert (await overrides(client, topic))["retention.bytes"] == "123456789"
        assert (await overrides(client, topic))["cleanup.policy"] == "delete"


async def test_a_topic_with_another_partition_count_breaks_co_partitioning_and_is_left_as_it_is(bare_settings):
    odd = bare_settings.topics.prefix + "balances"
    async with cluster(bare_settings) as client:
        await client.create_topics([NewTopic(odd, 3, 1)])
    done = await admin.apply(bare_settings)
    [left] = done.left
    assert (left.topic, left.expected, left.found, left.applies) == (odd, "4", "3", False)
    assert "co-partitioning" in left.what
    with pytest.raises(TopicMismatch, match="delete the topic"):
        await admin.require(bare_settings)


async def test_a_whole_layout_of_another_count_is_answered_with_the_setting_that_fits(settings):
    other = settings.model_copy(update={"topics": settings.topics.model_copy(update={"partitions": 6})})
    mismatches = await admin.check(other)
    assert len(mismatches) == sum(topic.co_partitioned for topic in TABLE)
    assert all("topics.partitions = 4" in mismatch.mend for mismatch in mismatches)


async def test_a_cluster_that_refuses_a_topic_is_quoted(bare_settings):
    greedy = bare_settings.model_copy(update={"topics": bare_settings.topics.model_copy(update={"replication": 5})})
    with pytest.raises(admin.TopicError, match=r"customers cannot be created: .*replica"):
        await admin.apply(greedy)


def test_the_command_fails_before_apply_and_passes_after(bare_settings):
    env = {
        "KAFKA_BOOTSTRAP": bare_settings.kafka.bootstrap,
        "CHURNWATCH_TOPICS__PREFIX": bare_settings.topics.prefix,
        "CHURNWATCH_TOPICS__PARTITIONS": "2",
    }
    run = CliRunner(env=env).invoke
    before = run(app, ["check"])
    assert before.exit_code == 1
    assert "churnwatch topics apply" in before.stdout
    assert run(app, ["apply"]).exit_code == 0
    assert run(app, ["check"]).exit_code == 0

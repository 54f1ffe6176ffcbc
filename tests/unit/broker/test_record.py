"""No stranger's process is ever taken for a broker of ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stream.broker import launcher, node, places, record
from stream.broker.errors import BrokerUnavailable
from stream.config import load


@pytest.fixture
def sleeper(tmp_path) -> Iterator[psutil.Process]:
    """A process that carries this broker's configuration file on its command line, as a broker does."""
    code = "import sys; sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "server.properties")], stdin=subprocess.PIPE
    ) as child:
        yield psutil.Process(child.pid)
        child.kill()


def recorded(folder: Path, pid: int, created: float) -> record.Record:
    made = record.Record(
        kind="embedded",
        bootstrap="127.0.0.1:20001",
        controller_port=20002,
        pid=pid,
        created=created,
        version="4.3.1",
        log=str(folder / "logs" / "server.log"),
        data=str(folder / "data"),
    )
    record.write(folder, made)
    return made


def test_the_recorded_process_is_found_again(tmp_path, sleeper):
    made = recorded(tmp_path, sleeper.pid, sleeper.create_time())
    assert record.read(tmp_path) == made
    assert record.process(tmp_path, made) == sleeper


def test_a_process_with_the_pid_but_another_start_time_is_left_alone(tmp_path, sleeper):
    recorded(tmp_path, sleeper.pid, sleeper.create_time() - 60)
    assert not launcher.down(data=tmp_path)
    assert sleeper.is_running()


def test_a_process_with_the_pid_but_another_command_line_is_left_alone(tmp_path, sleeper):
    other = tmp_path / "other"
    other.mkdir()
    recorded(other, sleeper.pid, sleeper.create_time())
    assert not launcher.down(data=other)
    assert sleeper.is_running()


def test_down_ends_the_recorded_process_and_says_so(tmp_path, sleeper):
    recorded(tmp_path, sleeper.pid, sleeper.create_time())
    assert launcher.down(data=tmp_path)
    assert not record.process(tmp_path, record.read(tmp_path))


def test_a_record_that_cannot_be_read_counts_as_none(tmp_path):
    (tmp_path / record.FILE).write_text('{"pid": "many"}')
    assert record.read(tmp_path) is None
    assert not launcher.down(data=tmp_path)
    assert launcher.status(load(env={}), data=tmp_path, env={}) == launcher.Status(running=False)


def test_without_a_broker_the_next_step_is_named(tmp_path):
    with pytest.raises(BrokerUnavailable, match="churnwatch kafka up"):
        launcher.located(load(env={}), cache=tmp_path, env={})


def test_ports_are_free_distinct_and_below_those_given_to_outgoing_connections(tmp_path):
    import socket

    first, second = node.free_ports(tmp_path)
    assert 20_000 <= first < 32_000
    assert first != second
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert not node.is_free(first)
        assert first not in node.free_ports(tmp_path)


def test_brokers_of_different_names_live_apart_and_a_path_is_no_name(tmp_path):
    assert places.node_dir(tmp_path, "a") != places.node_dir(tmp_path, "b")
    with pytest.raises(ValueError, match="broker name"):
        places.node_dir(tmp_path, "../a")


def test_the_cache_is_where_the_environment_says(tmp_path):
    assert places.cache_dir({"CHURNWATCH_CACHE": str(tmp_path)}) == tmp_path
    assert places.cache_dir({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "churnwatch"

"""Jars come from the lock file alone, are checked against it and fetched once. A local server plays Maven's part."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stream.broker import jars
from stream.broker.errors import BrokerUnavailable

CONTENT = b"the bytes of a jar" * 1000
PLACE = "org/apache/kafka/kafka-clients/9.9/kafka-clients-9.9.jar"


@dataclass
class Repository:
    root: Path
    url: str
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def repository(tmp_path) -> Iterator[Repository]:
    root = tmp_path / "repository"
    (root / PLACE).parent.mkdir(parents=True)
    (root / PLACE).write_bytes(CONTENT)
    served = Repository(root, "")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            served.asked.append(self.path.lstrip("/"))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=root)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        served.url = f"http://127.0.0.1:{server.server_port}"
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture
def lock(tmp_path) -> Path:
    return lock_with(tmp_path, hashlib.sha256(CONTENT).hexdigest())


def lock_with(folder: Path, sha256: str) -> Path:
    file = folder / "lock.toml"
    file.write_text(
        '[[dependencies]]\ngroupId = "org.apache.kafka"\nartifactId = "kafka-clients"\n'
        f'version = "9.9"\npackaging = "jar"\nsha256 = "{sha256}"\n'
    )
    return file


def fetch(tmp_path, lock, repository, progress=jars.silent):
    return jars.fetch(tmp_path / "cache", progress, lock=lock, repositories={"local": repository.url})


def test_a_jar_is_downloaded_once_with_progress_and_then_needs_no_network(tmp_path, lock, repository):
    told = []
    first = fetch(tmp_path, lock, repository, lambda what, done=0, total=0: told.append((what, done, total)))
    assert first.version == "9.9"
    assert [path.read_bytes() for path in first.paths] == [CONTENT]
    assert ("downloading kafka-clients-9.9.jar", len(CONTENT), len(CONTENT)) in told
    asked = list(repository.asked)
    assert fetch(tmp_path, lock, repository) == first
    assert repository.asked == asked


def test_a_jar_that_differs_from_the_lock_is_refused_and_not_kept(tmp_path, repository):
    wrong = lock_with(tmp_path, "0" * 64)
    with pytest.raises(BrokerUnavailable, match=r"does not match the lock file.*000000"):
        fetch(tmp_path, wrong, repository)
    assert not list((tmp_path / "cache").rglob("*.jar"))


def test_a_jar_cut_short_in_the_cache_is_fetched_again(tmp_path, lock, repository):
    [path] = fetch(tmp_path, lock, repository).paths
    path.write_bytes(CONTENT[:100])
    assert fetch(tmp_path, lock, repository).paths[0].read_bytes() == CONTENT


def test_a_repository_that_cannot_be_reached_is_said_with_what_else_can_be_done(tmp_path, lock, repository):
    gone = Repository(repository.root, "http://127.0.0.1:9")
    with pytest.raises(BrokerUnavailable, match="cannot be downloaded") as failure:
        fetch(tmp_path, lock, gone)
    assert "KAFKA_HOME" in str(failure.value)


def test_the_projects_lock_holds_one_kafka_with_a_sum_for_every_jar():
    locked = tomllib.loads(jars.lock_file().read_text())["dependencies"]
    kafka = {jar["version"] for jar in locked if jar["groupId"] == "org.apache.kafka"}
    assert kafka == {"4.3.1"}
    assert all(len(jar["sha256"]) == 64 for jar in locked)
    names = {jar["artifactId"] for jar in locked}
    assert {"kafka_2.13", "kafka-clients", "log4j-slf4j-impl", "lz4-java", "snappy-java", "zstd-jni"} <= names


def test_a_folder_that_is_no_kafka_distribution_is_refused(tmp_path):
    with pytest.raises(BrokerUnavailable, match="not a Kafka distribution"):
        jars.of_home(tmp_path)

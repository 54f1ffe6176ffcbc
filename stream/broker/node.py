"""One Kafka node as a child process: its configuration, its ports, its start."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import subprocess
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

import psutil

from stream.broker import record
from stream.broker.errors import BrokerUnavailable
from stream.broker.jars import Jars
from stream.broker.progress import Progress
from stream.broker.ready import answers
from stream.settings.kafka import Kafka

JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g", "-Djava.awt.headless=true")
"""Quick to start and small; measured 2.3 s and 410 MB resident on two cores."""

START_TIMEOUT_S = 90
TAIL_LINES = 25
_PORTS = range(20_000, 32_000)  # below Linux's ephemeral range: see free_ports


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a node is run with."""

    kind: str
    java: Path
    jars: Jars


def start(
    node: Path, runtime: Runtime, ports: tuple[int, int], env: Mapping[str, str], progress: Progress
) -> record.Record:
    """Start the node in directory `node` and return its record once a client gets an answer.

    A directory that held a node before keeps its data. The process outlives its caller.

    Raises:
        BrokerUnavailable: it ended or did not answer in time; the end of its log is in the message.
    """
    log = node / "logs" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    config = _write_config(node, ports)
    _format(node, runtime, config, env, progress)

    progress(f"starting Kafka {runtime.jars.version}")
    begun = log.stat().st_size if log.exists() else 0
    with (log.parent / "jvm.log").open("wb") as jvm_log:
        child = subprocess.Popen(
            _command(node, runtime, "kafka.Kafka", str(config)),
            stdin=subprocess.DEVNULL,
            stdout=jvm_log,
            stderr=subprocess.STDOUT,
            env=_java_env(env),
            cwd=node,
            start_new_session=True,  # a Ctrl-C meant for the caller is not meant for the broker
        )
    started = record.Record(
        kind=runtime.kind,
        bootstrap=f"127.0.0.1:{ports[0]}",
        controller_port=ports[1],
        pid=child.pid,
        created=psutil.Process(child.pid).create_time(),
        version=runtime.jars.version,
        log=str(log),
        data=str(node / "data"),
    )
    record.write(node, started)
    try:
        wait_until_ready(psutil.Process(child.pid), started, begun)
    except BaseException:
        child.kill()
        child.wait()
        raise
    return started


def wait_until_ready(process: psutil.Process, started: record.Record, begun: int = 0) -> None:
    """Return once a client gets an answer from the broker that `process` is; its log began at byte `begun`.

    Raises:
        BrokerUnavailable: it ended or did not answer in time; the end of its log is in the message.
    """
    log = Path(started.log)
    deadline = time.monotonic() + START_TIMEOUT_S
    reason: str | None = "not asked yet"
    while time.monotonic() < deadline:
        try:
            code = process.wait(timeout=0.1)  # the interval at which a starting broker is asked again
        except psutil.TimeoutExpired:
            if is_free(started.port):
                continue
            if (reason := asyncio.run(answers(Kafka(bootstrap=started.bootstrap), 10))) is None:
                return
        else:
            status = "" if code is None else f" with status {code}"
            raise BrokerUnavailable(f"Kafka ended{status} before it was ready. Log: {log}", log_tail=tail(log, begun))
    raise BrokerUnavailable(
        f"Kafka (pid {started.pid}) gave no client an answer within {START_TIMEOUT_S} s ({reason}). Log: {log}",
        log_tail=tail(log, begun),
    )


def free_ports(node: Path, count: int = 2) -> tuple[int, ...]:
    """Return `count` ports nobody listens on, the search beginning at a place of this directory's own.

    They lie below the range the system gives to outgoing connections: a client that reconnects to a broker
    that is down could otherwise be given that very port, connect to itself and keep the broker away.

    Raises:
        BrokerUnavailable: every port of the range is taken.
    """
    first = zlib.crc32(os.fsencode(node)) % len(_PORTS)
    found: list[int] = []
    for step in range(len(_PORTS)):
        port = _PORTS[(first + step) % len(_PORTS)]
        if is_free(port):
            found.append(port)
            if len(found) == count:
                return tuple(found)
    raise BrokerUnavailable(f"No free port between {_PORTS.start} and {_PORTS.stop}.")


def is_free(port: int) -> bool:
    """Say whether a server could listen on `port` of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the broker does: TIME_WAIT is no hindrance
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def tail(log: Path, begun: int = 0) -> str:
    """Return the last lines of the node's log from byte `begun` on, and of what the JVM itself said."""
    pieces = []
    for file, offset in ((log, begun), (log.parent / "jvm.log", 0)):
        try:
            with file.open("rb") as stream:
                stream.seek(offset if offset <= file.stat().st_size else 0)
                lines = stream.read().decode("utf-8", "replace").splitlines()
        except OSError:
            continue
        # a stack trace's first line says more than its frames
        told = [line for line in lines if not line.startswith("\tat ")]
        pieces += told[-TAIL_LINES:]
    return "\n".join(pieces)


def _write_config(node: Path, ports: tuple[int, int]) -> Path:
    here = Path(__file__).parent
    template = Template((here / "server.properties").read_text(encoding="utf-8"))
    # a Java properties file: a backslash would begin an escape
    data = str(node / "data").replace("\\", "\\\\")
    config = node / "server.properties"
    config.write_text(template.safe_substitute(port=ports[0], controller_port=ports[1], data=data), encoding="utf-8")
    return config


def _format(node: Path, runtime: Runtime, config: Path, env: Mapping[str, str], progress: Progress) -> None:
    if (node / "data" / "meta.properties").exists():
        return
    progress("formatting the broker's data directory")
    cluster = base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode().replace("-", "A")
    command = _command(
        node, runtime, "kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(config)
    )
    run = subprocess.run(command, env=_java_env(env), cwd=node, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise BrokerUnavailable("Kafka's data directory cannot be formatted.", log_tail=run.stdout + run.stderr)


def _command(node: Path, runtime: Runtime, main: str, *arguments: str) -> list[str]:
    log4j = Path(__file__).parent / "log4j2.properties"
    return [
        str(runtime.java),
        *JVM,
        f"-Dchurnwatch.log={node / 'logs' / 'server.log'}",
        f"-Dlog4j2.configurationFile={log4j.as_uri()}",
        "-cp",
        os.pathsep.join(str(path) for path in runtime.jars.paths),
        main,
        *arguments,
    ]


def _java_env(env: Mapping[str, str]) -> dict[str, str]:
    """Drop what would add other options or classes to this JVM."""
    return {key: value for key, value in env.items() if key not in ("CLASSPATH", "JAVA_TOOL_OPTIONS")}

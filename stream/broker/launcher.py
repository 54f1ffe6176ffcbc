"""A broker to run against: the one given, or one of our own that is started, found again and stopped.

Everything here blocks; from a coroutine call it through `asyncio.to_thread`.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from stream.broker import jars, java, node, places, record
from stream.broker.errors import BrokerUnavailable
from stream.broker.progress import Progress, silent
from stream.broker.ready import answers
from stream.config import Settings

Kind = Literal["given", "home", "embedded"]

STOP_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that answered. `given` ones have no pid, log, data or version: they are not ours."""

    bootstrap: str
    kind: Kind
    pid: int | None = None
    log: Path | None = None
    data: Path | None = None
    version: str | None = None
    node: Path | None = None  # the directory that the broker was started in


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a broker; `running` of a given one means that it answered just now."""

    running: bool
    bootstrap: str | None = None
    kind: Kind | None = None
    pid: int | None = None
    version: str | None = None
    log: str | None = None
    data: str | None = None


def given(settings: Settings, env: Mapping[str, str]) -> str:
    """Return the address of the broker that the user named, or an empty string."""
    return settings.kafka.bootstrap or env.get("KAFKA_BOOTSTRAP", "").strip()


def up(
    settings: Settings,
    *,
    name: str = "default",
    cache: Path | None = None,
    data: Path | None = None,
    env: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Broker:
    """Return a broker that answers: the given one, the one already running under `name`, or a fresh process.

    Args:
        settings: `kafka.bootstrap` names a broker, as does `KAFKA_BOOTSTRAP` in `env`.
        name: brokers of different names run side by side.
        cache: where jars and brokers are kept (default: `CHURNWATCH_CACHE` or the platform's cache).
        data: this broker's directory, instead of the one that `name` has below `cache`.
        env: the environment (default: the process's own).
        progress: is told what takes time.

    A broker started again in the same directory has its data and its address, unless a stranger took the
    port meanwhile.

    Raises:
        BrokerUnavailable: saying what is missing and what can be done instead.
    """
    env = os.environ if env is None else env
    if address := given(settings, env):
        kafka = settings.kafka.model_copy(update={"bootstrap": address})
        progress(f"asking {address}")
        if reason := asyncio.run(answers(kafka, 15)):
            raise BrokerUnavailable(f"The Kafka you named, {address}, does not answer: {reason}.")
        return Broker(address, "given")
    cache = cache or places.cache_dir(env)
    place = _place(cache, name, data)
    with record.exclusive(place):
        last = record.read(place)
        process = None if last is None else record.process(place, last)
        if last is not None and process is not None:
            progress(f"the broker {name!r} runs, pid {last.pid}")
            node.wait_until_ready(process, last)  # whoever started it may not have lived to see it ready
            return _broker(place, last)
        runtime = _runtime(cache, env, progress)
        return _broker(place, node.start(place, runtime, _ports(place, last, progress), env, progress))


def restart(broker: Broker, *, env: Mapping[str, str] | None = None, cache: Path | None = None) -> Broker:
    """Start a broker of ours again after `kill` or `down`, on its own data and address.

    Raises:
        BrokerUnavailable: its port was taken meanwhile, or it does not start.
    """
    env = os.environ if env is None else env
    place = _own(broker)
    with record.exclusive(place):
        last = record.read(place)
        if last is None:
            raise BrokerUnavailable(f"No broker was ever started in {place}.")
        if record.process(place, last) is not None:
            return _broker(place, last)
        if not node.is_free(last.port):
            raise BrokerUnavailable(f"Port {last.port}, which this broker had, is taken.")
        runtime = _runtime(cache or places.cache_dir(env), env, silent, home=broker.kind == "home")
        return _broker(place, node.start(place, runtime, (last.port, last.controller_port), env, silent))


def down(
    *,
    name: str = "default",
    cache: Path | None = None,
    data: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> bool:
    """Stop the broker that `up` started under this name: SIGTERM, and SIGKILL only when that does not end it.

    Returns:
        Whether one was running. A process that is not the recorded one is never touched.
    """
    place = _place(cache or places.cache_dir(os.environ if env is None else env), name, data)
    return place.is_dir() and _stop(place, signal.SIGTERM)


def kill(broker: Broker) -> None:
    """End a broker of ours at once, as a power cut would (SIGKILL); returns when it is gone."""
    _stop(_own(broker), signal.SIGKILL)


def status(
    settings: Settings,
    *,
    name: str = "default",
    cache: Path | None = None,
    data: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Status:
    """Say which broker is in use and whether it runs."""
    env = os.environ if env is None else env
    if address := given(settings, env):
        kafka = settings.kafka.model_copy(update={"bootstrap": address})
        return Status(asyncio.run(answers(kafka, 10)) is None, address, "given")
    place = _place(cache or places.cache_dir(env), name, data)
    last = record.read(place)
    if last is None:
        return Status(False)
    running = record.process(place, last) is not None
    found = _broker(place, last)
    return Status(
        running, found.bootstrap, found.kind, last.pid if running else None, last.version, last.log, last.data
    )


def located(
    settings: Settings,
    *,
    name: str = "default",
    cache: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Settings:
    """Return `settings` with `kafka.bootstrap` filled in, for all who talk to Kafka.

    As given, else from `KAFKA_BOOTSTRAP`, else that of our running broker. Nothing is started.

    Raises:
        BrokerUnavailable: no broker is named and none of ours runs.
    """
    env = os.environ if env is None else env
    address = given(settings, env)
    if not address:
        place = _place(cache or places.cache_dir(env), name, None)
        last = record.read(place)
        if last is None or record.process(place, last) is None:
            raise BrokerUnavailable("No broker is named and none was started. Start one: churnwatch kafka up")
        address = last.bootstrap
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"bootstrap": address})})


def _runtime(cache: Path, env: Mapping[str, str], progress: Progress, home: bool = True) -> node.Runtime:
    if home and (folder := env.get("KAFKA_HOME")):
        found = jars.of_home(Path(folder).expanduser())
        return node.Runtime("home", java.find(env), found)
    runtime = java.find(env)
    shared = places.jar_dir(cache)
    with record.exclusive(shared):  # two brokers that start at once must not write the same jar
        return node.Runtime("embedded", runtime, jars.fetch(shared, progress))


def _ports(place: Path, last: record.Record | None, progress: Progress) -> tuple[int, int]:
    if last is not None and node.is_free(last.port) and node.is_free(last.controller_port):
        return last.port, last.controller_port
    if last is not None:
        progress(f"port {last.port} or {last.controller_port} was taken meanwhile: the address changes")
    port, controller = node.free_ports(place)
    return port, controller


def _stop(place: Path, how: signal.Signals) -> bool:
    with record.exclusive(place):
        last = record.read(place)
        process = None if last is None else record.process(place, last)
        if process is None:
            return False
        try:
            process.send_signal(how)
            process.wait(STOP_TIMEOUT_S)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT_S)
        except psutil.NoSuchProcess:
            pass
        return True


def _place(cache: Path, name: str, data: Path | None) -> Path:
    return data.expanduser().absolute() if data is not None else places.node_dir(cache, name)


def _own(broker: Broker) -> Path:
    if broker.node is None:
        raise ValueError(f"the broker at {broker.bootstrap} was given, it is not ours to stop or start")
    return broker.node


def _broker(place: Path, last: record.Record) -> Broker:
    kind: Kind = "home" if last.kind == "home" else "embedded"
    return Broker(last.bootstrap, kind, last.pid, Path(last.log), Path(last.data), last.version, place)

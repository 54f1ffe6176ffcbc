"""Real workers as processes: start them with a test's own settings, wait for what they say, stop, kill, stall them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import aiohttp
import psutil
from pydantic import BaseModel, SecretStr

from stream.config import ENV_PREFIX, Settings, load
from stream.engine.kafka.broadcast import read_whole
from stream.engine.worker import directory

REPOSITORY = Path(__file__).parents[2]
READY_S = 90.0
_POLL_S = 0.1

T = TypeVar("T")


def environment(settings: Settings, env: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment with which a process of ours loads `settings`; `env` is what it starts from.

    Raises:
        ValueError: a setting differs from the defaults that a variable cannot carry (tables and sets).
    """
    plain = load(env={})
    given = dict(os.environ if env is None else env)
    for name in [name for name in given if name.startswith(ENV_PREFIX) or name in ("KAFKA_BOOTSTRAP", "KAFKA_HOME")]:
        del given[name]
    for section in Settings.model_fields:
        mine, usual = getattr(settings, section), getattr(plain, section)
        if not isinstance(mine, BaseModel):
            if mine != usual:
                raise ValueError(f"{section}: cannot be given in the environment")
            continue
        for key in type(mine).model_fields:
            value = getattr(mine, key)
            if value == getattr(usual, key):
                continue
            given |= _variables(f"{section}__{key}", value, getattr(usual, key))
    return given


def _variables(name: str, value: object, usual: object) -> dict[str, str]:
    """Return the variables of one setting; of a section within a section those that differ."""
    if isinstance(value, BaseModel):
        keys = type(value).model_fields
        pairs = [(key, getattr(value, key), getattr(usual, key, None)) for key in keys]
        return {
            k: v
            for key, mine, theirs in pairs
            if mine != theirs
            for k, v in _variables(f"{name}__{key}", mine, theirs).items()
        }
    if isinstance(value, dict | frozenset | set | list):
        raise ValueError(f"{name}: cannot be given in the environment")
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return {f"{ENV_PREFIX}{name}".upper(): text}


def churnwatch(settings: Settings, *arguments: str, log: Path | None = None, **more: object) -> subprocess.Popen[bytes]:
    """Start a `churnwatch` command as a process with `settings`; what it says on stderr goes to `log`, if given."""
    command = [sys.executable, "-m", "stream", *arguments]
    error = log.open("ab") if log is not None else more.pop("stderr", None)
    try:
        return subprocess.Popen(command, cwd=REPOSITORY, env=environment(settings), stderr=error, **more)  # type: ignore[call-overload,no-any-return]
    finally:
        if log is not None:
            error.close()


class WorkerProcess:
    """A `churnwatch worker` of the test's own. As an async context manager it never outlives the test.

    Attributes:
        url: its internal port, known once `ready` returned.
        log: the file that holds everything it said.
    """

    def __init__(self, settings: Settings, log: Path, *command: str) -> None:
        """Start it; `settings` with a bootstrap address, topics applied. Several may share `engine.state_dir`.

        `command`: another one that runs until it is told to end, with its arguments.
        """
        self.settings = settings
        self.log = log
        self.url = ""
        log.parent.mkdir(parents=True, exist_ok=True)
        self.process = churnwatch(settings, *(command or ("worker",)), log=log, stdout=subprocess.DEVNULL)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def said(self) -> str:
        """Everything it has logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    async def ready(self, within_s: float = READY_S) -> WorkerProcess:
        """Wait until `/readyz` says so: joined, and every shard it was given is running.

        Raises:
            AssertionError: it ended or was not ready in time; the message holds the end of its log.
        """
        await self.until(self._is_ready, "ready", within_s)
        return self

    async def running(self) -> set[int]:
        """Return the shards it runs now; none where it does not answer."""
        answer = await self.get("/readyz")
        return set() if answer is None else set(answer[1]["running"])

    async def get(self, path: str, token: str | None = None) -> tuple[int, dict] | None:  # type: ignore[type-arg]
        """Return status and JSON body of its internal port; `None` when it does not answer."""
        self.url = self.url or self._listens() or ""
        if not self.url:
            return None
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        timeout = aiohttp.ClientTimeout(total=5)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(self.url + path, headers=headers) as answer,
            ):
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _is_ready(self) -> bool:
        answer = await self.get("/readyz")
        return answer is not None and answer[0] == 200

    def _listens(self) -> str | None:
        """The port is free to choose, so ask the system which one it listens on."""
        try:
            for connection in psutil.Process(self.pid).net_connections(kind="tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    return f"http://{connection.laddr.ip}:{connection.laddr.port}"
        except psutil.Error:
            return None
        return None

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str, within_s: float = READY_S) -> None:
        """Wait until `condition` holds while the process lives.

        Raises:
            AssertionError: it did not, or the process ended.
        """
        deadline = time.monotonic() + within_s
        while True:
            try:
                if await asyncio.wait_for(condition(), max(0.0, deadline - time.monotonic())):
                    return
            except TimeoutError:
                raise AssertionError(f"not {what} within {within_s} s:\n{self.tail()}") from None
            assert self.process.poll() is None, f"the worker ended with {self.process.returncode}:\n{self.tail()}"
            await asyncio.sleep(_POLL_S)

    def tail(self, lines: int = 40) -> str:
        """Return the end of its log."""
        return "\n".join(self.said.splitlines()[-lines:])

    async def stop(self, within_s: float = 60.0) -> int:
        """Ask it to end (SIGTERM) and return its exit status."""
        self._signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, within_s)

    async def kill(self) -> None:
        """End it at once (SIGKILL) and return when it is gone."""
        self._signal(signal.SIGKILL)
        await asyncio.to_thread(self.process.wait)

    def stall(self) -> None:
        """Freeze it (SIGSTOP), as a long garbage collection or a suspended machine would."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on after `stall` (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    async def __aenter__(self) -> WorkerProcess:
        return await self.ready()

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wake()
        await self.kill()


async def all_shards_run(workers: Iterable[WorkerProcess], within_s: float = READY_S) -> None:
    """Wait until every shard runs on exactly one of the workers, and each of these has said so on `workers`."""
    workers = list(workers)
    settings = workers[0].settings
    every = set(range(settings.topics.partitions))

    async def spread() -> bool:
        running = [await worker.running() for worker in workers]
        if sum(map(len, running)) != len(every) or set().union(*running) != every:
            return False
        told = {entry.url: set(entry.shards) for entry in directory.readable(await read_whole(settings, "workers"))}
        return all(told.get(worker.url, set()) == mine for worker, mine in zip(workers, running, strict=True))

    await workers[0].until(spread, "sharing all shards", within_s)


async def eventually(read: Callable[[], Awaitable[T]], holds: Callable[[T], bool], within_s: float = 30.0) -> T:
    """Return what `read` gives once `holds` of it.

    Raises:
        AssertionError: it did not in time; the message holds what was read last.
    """
    deadline = time.monotonic() + within_s
    while not holds(found := await asyncio.wait_for(read(), within_s)):
        assert time.monotonic() < deadline, f"not within {within_s} s; last: {found!r}"
        await asyncio.sleep(_POLL_S)
    return found

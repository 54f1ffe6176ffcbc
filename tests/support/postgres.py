"""A PostgreSQL of a test session's own: a cluster in a temporary folder, on loopback, run by a user who is not root."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_USERS = ("postgres", "nobody")
_PORTS_TRIED = 5
_OPTIONS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "200"}


def programs() -> Path:
    """Return the folder of the newest PostgreSQL there is. A test that needs it fails without; it does not skip."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda file: int(file.parts[-3]))
    on_path = shutil.which("postgres")
    if not found and on_path is None:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql (deploy/test.sh does it for root)")
    return found[-1].parent if found else Path(str(on_path)).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _identity() -> dict[str, Any]:
    """Return whom to run as: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {}
    for name in _USERS:
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError(f"none of the users {', '.join(_USERS)} is here to run PostgreSQL")


@dataclass
class Cluster:
    """A server that can be stopped and started again at the same port, as one that is away and comes back."""

    folder: Path
    port: int
    identity: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None
    databases: list[str] = field(default_factory=list)

    @classmethod
    def make(cls) -> Cluster:
        """Make the files of a cluster; `start` runs it."""
        identity = _identity()
        folder = Path(tempfile.mkdtemp(prefix="churnwatch-postgres-"))
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        made = cls(folder, free_port(), identity)
        made._run("initdb", "--pgdata", str(folder / "data"), "--username=desk", "--auth=trust", "--no-sync",
                  "--encoding=UTF8", "--locale=C.UTF-8")  # fmt: skip
        return made

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(programs() / program), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**os.environ, "HOME": str(self.folder)},
            **self.identity,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr or done.stdout}")

    def start(self) -> None:
        """Run the server and wait until it is ready. It ends with the process that started it."""
        for _ in range(_PORTS_TRIED):
            if self._run_server():
                return
            self.port = free_port()  # somebody else was quicker
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def _run_server(self) -> bool:
        options = [word for name, value in _OPTIONS.items() for word in ("-c", f"{name}={value}")]
        server = [str(programs() / "postgres"), "-D", str(self.folder / "data"), "-h", "127.0.0.1", "-k", ""]
        alone = ["setpriv", "--pdeathsig", "INT"]
        if self.identity:
            alone += ["--reuid", str(self.identity["user"]), "--regid", str(self.identity["group"]), "--clear-groups"]
        command = [*alone, *server, "-p", str(self.port), *options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self._ready():
            if self.process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                self.stop(signal.SIGQUIT)
                return False
            time.sleep(0.02)
        return True

    def _ready(self) -> bool:
        """Tell whether the server says so in its own file: whoever answers at the port might be another one."""
        try:
            lines = (self.folder / "data" / "postmaster.pid").read_text().split()
        except OSError:
            return False
        return self.process is not None and lines[:1] == [str(self.process.pid)] and lines[-1:] == ["ready"]

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """Stop it: INT as an operator does, QUIT as a power cut would."""
        if self.process is not None:
            self.process.send_signal(sign)
            self.process.wait(60)
            self.process = None

    def remove(self) -> None:
        """Stop it and take its files away: nothing in them is wanted any more."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Have psql carry out a statement."""
        self._run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "desk", "-d", database, "-q",
                  "-v", "ON_ERROR_STOP=1", "-c", statement)  # fmt: skip

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://desk@127.0.0.1:{self.port}/{database}"

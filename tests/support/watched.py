"""A Prometheus of a test's own over running roles: Debian's, on the loopback address."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from support.prometheus import RULES, program

_READY_S = 30.0


class Prometheus:
    """Asks a running server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **parameters: object) -> Any:
        """Return the data of an answer of its API.

        Raises:
            AssertionError: it refuses; the message holds why.
        """
        query = urllib.parse.urlencode(parameters).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=query if parameters else None)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as fault:
            raise AssertionError(f"{parameters}: {fault.read().decode()}") from None

    def value(self, expr: str, at: float | None = None) -> float:
        """Return what a query with one result gives, now or at a time (epoch s)."""
        when = {} if at is None else {"time": at}
        (sample,) = self.ask("query", query=expr, **when)["result"]
        return float(sample["value"][1])

    def until(self, expr: str, holds: Any, within_s: float = 60.0) -> None:
        """Wait until a query with one result gives what `holds`."""
        deadline = time.monotonic() + within_s
        while not ((found := self.ask("query", query=expr)["result"]) and holds(float(found[0]["value"][1]))):
            assert time.monotonic() < deadline, f"{expr}: {found}"
            time.sleep(0.2)


@contextmanager
def prometheus(folder: Path, targets: Mapping[str, str]) -> Iterator[Prometheus]:
    """Run a server that scrapes once a second; `targets`: job to host:port."""
    jobs = [{"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in targets.items()]
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES / "*.yml")],
        "scrape_configs": jobs,
    }
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        program("prometheus"),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={address}",
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _await(f"http://{address}/-/ready", process, folder / "prometheus.log")
        yield Prometheus(f"http://{address}")
    finally:
        process.terminate()
        process.wait(20)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_S
    while True:
        assert process.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)

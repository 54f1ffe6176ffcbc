"""A Prometheus of one's own over running roles, which serves the dashboards as pages; ended with who started it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import yaml

from stream.demo.process import DemoError, end, tail
from stream.interface.dashboards import pages
from stream.interface.dashboards.board import Board

_READY_S = 30.0
_POLL_S = 0.1


def program() -> str:
    """Return the path of `prometheus`.

    Raises:
        DemoError: it is not installed.
    """
    found = shutil.which("prometheus")
    if found is None:
        raise DemoError(
            "the dashboards need Prometheus, and there is no `prometheus` on the PATH. On Debian or Ubuntu: "
            "sudo apt-get install prometheus (elsewhere: https://prometheus.io/download). Or leave --dashboard away."
        )
    return found


def rules() -> Path:
    """Return the folder of recording and alerting rules: in the package when installed, in `deploy` in a checkout."""
    here = Path(__file__).parent
    installed = here / "rules"
    return installed if installed.exists() else here.parents[1] / "deploy" / "prometheus" / "rules"


@asynccontextmanager
async def running(
    folder: Path, targets: Mapping[str, str], boards: Sequence[Board], scrape_s: int = 2, notice: str = ""
) -> AsyncIterator[str]:
    """Run a server on a free loopback port until the context ends, and yield its address once it answers.

    `folder`: to keep all that is the server's in; `targets`: job to host:port of a page of metrics, which is
    scraped every `scrape_s`, and has as long to answer; `notice`: for the pages.

    Raises:
        DemoError: there is no Prometheus, or it does not come up.
    """
    home = folder / "prometheus"
    pages.write(home / "pages", boards, scrape_s, notice)
    (home / "prometheus.yml").write_text(yaml.safe_dump(_config(targets, scrape_s)), encoding="utf-8")
    address, log = f"127.0.0.1:{_free_port()}", home / "prometheus.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program(), *_options(home, address), stdout=output, stderr=output,
            start_new_session=True,  # Ctrl-C is for us
        )  # fmt: skip
    try:
        await _ready(f"http://{address}/-/ready", process, log)
        yield f"http://{address}"
    finally:
        await end(process)


def link(address: str, board: Board) -> str:
    """Return where a server shows a board."""
    return f"{address}/user/{pages.name_of(board)}"


def _config(targets: Mapping[str, str], scrape_s: int) -> dict[str, object]:
    every = f"{scrape_s}s"
    jobs = [{"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in targets.items()]
    return {
        "global": {"scrape_interval": every, "evaluation_interval": every},
        "rule_files": [str(rules() / "*.yml")],
        "scrape_configs": jobs,
    }


def _options(home: Path, address: str) -> Sequence[str]:
    return (
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'series'}",
        f"--web.listen-address={address}",
        f"--web.user-assets={home / 'pages'}",
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def _ready(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    deadline = time.monotonic() + _READY_S
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        while time.monotonic() < deadline and process.returncode is None:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass  # not yet
            await asyncio.sleep(_POLL_S)
    raise DemoError(f"Prometheus did not become ready; its log ends with:\n{tail(log)}")

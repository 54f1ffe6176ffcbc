"""The demo's dashboards: a Prometheus over its worker and its desk, and the boards of what there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from yarl import URL

from stream.demo import prometheus
from stream.demo.desk import DemoDesk
from stream.interface.dashboards import business, desk, overview, shards

_NOTICE = (
    "Demo: the desk goes by the simulated town's clock, whose days fly by while it is fed. Its ages and delays, "
    "and how far event time is behind, are by that clock."
)


@asynccontextmanager
async def running(folder: Path, worker: str, beside: DemoDesk | None) -> AsyncIterator[str]:
    """Watch until the context ends, and yield the link to the first board; `worker`: the address of its metrics."""
    of_desk = {} if beside is None else {"churnwatch-desk": beside.service.internal_url}
    boards = (overview.BOARD, shards.BOARD, business.BOARD, *(() if beside is None else (desk.BOARD,)))
    targets = {job: URL(url).authority for job, url in {"churnwatch-worker": worker, **of_desk}.items()}
    async with prometheus.running(folder, targets, boards, notice=_NOTICE) as address:
        yield prometheus.link(address, overview.BOARD)

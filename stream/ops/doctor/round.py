"""All checks, in an order in which one that fails explains those that it makes pointless."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from aiokafka.errors import KafkaError

from stream.config import Settings
from stream.ops.doctor import cluster, desk, here
from stream.ops.doctor.finding import Finding, Findings, wrong

_WITHIN_S = 20.0


async def visit(settings: Settings, now: int) -> AsyncIterator[Finding]:
    """Yield what each check finds. `now`: this machine's clock, epoch ms."""
    yield here.versions()
    for finding in here.folders(settings):
        yield finding
    yield desk.keys(settings)
    yield await desk.database(settings)
    reached = [finding async for finding in _asked("connection", lambda: cluster.connection(settings))]
    for finding in reached:
        yield finding
    if any(finding.said.startswith("does not answer") for finding in reached):
        return
    fits = [finding async for finding in _asked("topics", lambda: cluster.topics(settings))]
    for finding in fits:
        yield finding
    if any(finding.verdict == "wrong" for finding in fits):
        return
    for check, ask in (
        ("clock", lambda: cluster.clock(settings, now)),
        ("group", lambda: cluster.engine_group(settings)),
        ("workers", lambda: cluster.workers(settings)),
        ("model", lambda: cluster.model(settings)),
    ):
        async for finding in _asked(check, ask):
            yield finding


async def _asked(check: str, ask: Callable[[], Awaitable[Finding | Findings]]) -> AsyncIterator[Finding]:
    """Yield what a check of the cluster finds; a refusal is a finding too: of the ACLs, most often."""
    try:
        found = await asyncio.wait_for(ask(), _WITHIN_S)
    except (KafkaError, OSError, TimeoutError) as fault:
        name = type(fault).__name__
        if "Authorization" in name:
            yield wrong(check, f"not allowed ({name})", "the ACLs of this user")
        else:
            yield wrong(check, f"does not answer ({name})", "kafka.bootstrap, the network, the certificates")
        return
    for finding in [found] if isinstance(found, Finding) else found:
        yield finding

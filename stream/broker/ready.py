"""Whether a broker answers: the client's own bootstrap, not an open port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from stream.broker.clients import client_options
from stream.settings.kafka import Kafka


async def answers(kafka: Kafka, timeout_s: float) -> str | None:
    """Ask the cluster for its metadata once; return None when it answers with a broker, else why not."""
    client: Any = None
    try:
        with _quiet():
            async with asyncio.timeout(timeout_s):
                client = AIOKafkaAdminClient(
                    **client_options(kafka),
                    client_id="churnwatch-ready",
                    request_timeout_ms=int(timeout_s * 1000),
                )
                await client.start()
                cluster = await client.describe_cluster()
        return None if cluster["brokers"] else "it names no live broker yet"
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except Exception as fault:  # aiokafka's, the socket's, TLS's: all mean the same here
        return f"{type(fault).__name__}: {fault}"
    finally:
        if client is not None:
            with contextlib.suppress(Exception):
                await client.close()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client's "unable to connect" lines off the screen: while waiting they are the normal case."""
    logger = logging.getLogger("aiokafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)

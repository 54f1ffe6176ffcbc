"""Asks the running workers about a customer: any of them knows whom to ask."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from aiokafka.errors import KafkaError
from yarl import URL

from stream.config import Settings
from stream.engine.kafka.broadcast import read_whole
from stream.engine.worker import directory

_FIND_S = 20
_ASK_S = 10
_PAUSE_S = 0.25


class NoAnswer(OSError):
    """Nobody could be asked, or nobody answered; the message says what to do."""


class Unknown(LookupError):
    """The workers know nothing about the customer."""


async def workers(settings: Settings) -> list[str]:
    """Return the URLs of the workers that say that they run, the one that spoke last first.

    Raises:
        NoAnswer: none does, or the broker does not answer.
    """
    try:
        entries = await asyncio.wait_for(read_whole(settings, directory.TOPIC), _FIND_S)
    except (KafkaError, TimeoutError) as fault:
        why = str(fault) or type(fault).__name__
        raise NoAnswer(f"the workers cannot be looked up at {settings.kafka.bootstrap}: {why}") from None
    urls = [entry.url for entry in directory.readable(entries)]
    if not urls:
        raise NoAnswer("no worker runs: churnwatch worker")
    return urls


async def ask(
    urls: list[str], customer: str, token: str, *, what: str = "state", patience_s: float = 15.0
) -> dict[str, Any]:
    """Return the answer of the first worker that gives one, asking again while a shard moves between them.

    `what`: `state`, or `why` there was an alert or none.

    Raises:
        Unknown: nothing is known about the customer.
        NoAnswer: the token is wrong, or nobody answered within `patience_s`.
    """
    deadline = time.monotonic() + patience_s
    why = ""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ASK_S)) as session:
        while True:
            busy = False
            for url in urls:
                status, body = await _one(session, url, what, customer, token)
                if status == 200:
                    return body
                why = f"{url}: {body.get('error', status)}"
                if status == 404:
                    raise Unknown(f"nothing is known about customer {customer}")
                if status == 401:
                    raise NoAnswer(
                        f"{url} does not take our token: set http.token (CHURNWATCH_HTTP__TOKEN) to the workers' own, "
                        "or ask from where they run, with the same engine.state_dir"
                    )
                busy = busy or status == 503
            if not busy or time.monotonic() > deadline:
                raise NoAnswer(f"no worker answered. Last tried: {why}")
            await asyncio.sleep(_PAUSE_S)


async def _one(
    session: aiohttp.ClientSession, url: str, what: str, customer: str, token: str
) -> tuple[int, dict[str, Any]]:
    """Return status and body of one worker; status 0 when it does not answer."""
    try:
        address = URL(f"{url.rstrip('/')}/{what}/{quote(customer, safe='')}", encoded=True)
        async with session.get(address, headers={"Authorization": f"Bearer {token}"}) as answer:
            body = orjson.loads(await answer.read())
            return answer.status, body if isinstance(body, dict) else {}
    except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
        return 0, {"error": f"does not answer ({str(fault) or type(fault).__name__})"}

"""Webhooks: a signed POST by Standard Webhooks. Follows no redirect and believes no environment's proxy."""

from __future__ import annotations

import email.utils
import ssl
from collections.abc import Callable, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from stream.desk.notify.addresses import PrivateAddressError, PublicResolver, UrlError, checked_url
from stream.desk.notify.channel import Answer, Parcel
from stream.desk.notify.signing import sign

MOST_BYTES = 20_000
"""Of a payload, by the standard."""
_GONE = 410
_BUSY = frozenset({429, 502, 503, 504})
_LONGEST_WAIT_S = 86_400.0
_READ_BYTES = 1_024  # of an answer, so that the connection can be used again; the rest is not worth it


class Posts:
    """The HTTP clients of all webhooks: one for the public internet, one for endpoints in the house."""

    def __init__(self, resolver: AbstractResolver | None = None, tls: ssl.SSLContext | None = None) -> None:
        """`resolver`: who resolves names; `tls`: whom to trust. By default the system's. Within an event loop."""
        context = tls or ssl.create_default_context()
        self._public = _session(PublicResolver(resolver), context)
        self._private = _session(resolver, context)

    def session(self, *, allow_private: bool) -> aiohttp.ClientSession:
        """Return the client for an endpoint."""
        return self._private if allow_private else self._public

    async def close(self) -> None:
        """Give the connections back."""
        await self._public.close()
        await self._private.close()


def _session(resolver: AbstractResolver | None, tls: ssl.SSLContext) -> aiohttp.ClientSession:
    """Return a client without a limit of its own: how many at a time is the matter of each destination's queue."""
    connector = aiohttp.TCPConnector(resolver=resolver, ssl=tls, limit=0, ttl_dns_cache=30)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


class WebhookChannel:
    """One endpoint."""

    def __init__(
        self,
        posts: Posts,
        url: str,
        keys: Sequence[bytes],
        *,
        allow_private: bool,
        timeout_s: float,
        clock: Callable[[], int],
    ) -> None:
        """`keys`: every one signs, the newest first. `clock`: wall clock, epoch ms."""
        self._session = posts.session(allow_private=allow_private)
        self._url, self._keys, self._allow_private = url, keys, allow_private
        self._timeout, self._clock = aiohttp.ClientTimeout(total=timeout_s), clock

    async def send(self, parcel: Parcel) -> Answer:
        """Post it once."""
        if len(parcel.body) >= MOST_BYTES:
            return Answer(hopeless=True, fault="too large")
        try:
            url = checked_url(self._url, allow_private=self._allow_private)
            return await self._post(url, parcel)
        except UrlError:
            return Answer(fault="address refused")
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            return Answer(fault=fault_of(fault))

    async def _post(self, url: URL, parcel: Parcel) -> Answer:
        headers = self._headers(parcel)
        async with self._session.post(
            url, data=parcel.body, headers=headers, timeout=self._timeout, allow_redirects=False
        ) as answer:
            await answer.content.read(_READ_BYTES)
            return _answer(answer.status, answer.headers.get("Retry-After"), self._clock())

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        second = self._clock() // 1000
        return {
            "Content-Type": "application/json",
            "User-Agent": "churnwatch-webhooks/1",
            "webhook-id": parcel.id,
            "webhook-timestamp": str(second),
            "webhook-signature": sign(self._keys, parcel.id, second, parcel.body),
        }


def _answer(status: int, retry_after: str | None, now: int) -> Answer:
    if 200 <= status < 300:
        return Answer(taken=True, status=status)
    if status == _GONE:
        return Answer(gone=True, status=status, fault="gone")
    kind = "redirect refused" if 300 <= status < 400 else f"status {status}"
    return Answer(status=status, fault=kind, wait_s=wait_of(retry_after, now) if status in _BUSY else None)


def wait_of(retry_after: str | None, now: int) -> float | None:
    """Read `Retry-After`, seconds or a date; a day at most."""
    if retry_after is None:
        return None
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            wait = email.utils.parsedate_to_datetime(retry_after).timestamp() - now / 1000
        except ValueError:
            return None
    return min(max(wait, 0.0), _LONGEST_WAIT_S) if wait == wait else None


def fault_of(fault: BaseException) -> str:
    """Name a fault of the connection in a few words, without the address."""
    chain: BaseException | None = fault
    while chain is not None:
        if isinstance(chain, PrivateAddressError):
            return "private address refused"
        chain = chain.__cause__ or getattr(chain, "os_error", None)
    if isinstance(fault, TimeoutError):
        return "timeout"
    return type(fault).__name__

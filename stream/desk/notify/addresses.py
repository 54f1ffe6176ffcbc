"""Which addresses may be posted to: an endpoint's URL must not reach into the house (server-side request forgery)."""

from __future__ import annotations

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(OSError):
    """It is, or resolves to, an address that is not a public one."""


class UrlError(ValueError):
    """It cannot be a webhook's URL; the message does not show it."""


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet; what is wrapped in IPv6 is unwrapped first."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def checked_url(text: str, *, allow_private: bool) -> URL:
    """Return a URL that may be posted to, as far as its text tells.

    Raises:
        UrlError: not http(s), without a host, with a password, plain http where private ones are not allowed, or an
            address that is not public.
    """
    try:
        url = URL(text)
    except ValueError as fault:
        raise UrlError("it is not a URL") from fault
    if url.scheme not in ("http", "https") or not url.host:
        raise UrlError("it must begin with https:// and name a host")
    if url.user or url.password:
        raise UrlError("a user or password in it is not sent")
    if not allow_private:
        if url.scheme != "https":
            raise UrlError("it must begin with https://, unless private addresses are allowed for it")
        if _is_literal(url.host) and not is_public(url.host):
            raise UrlError("private addresses are not allowed for it")
    return url


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class PublicResolver(AbstractResolver):
    """Resolves names and refuses those that lead to a private address.

    The connection is made to the addresses that were checked: a name that resolves otherwise a moment later gains
    nothing.
    """

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        """`inner`: who resolves; by default the system."""
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name.

        Raises:
            PrivateAddressError: one of them is not public.
            OSError: there are none.
        """
        found = await self._inner.resolve(host, port, family)
        if not all(is_public(result["host"]) for result in found):
            raise PrivateAddressError("resolves to a private address")
        return found

    async def close(self) -> None:
        """Give back what the inner one holds."""
        await self._inner.close()

"""Access tokens of programs: JWTs that the identity provider signed for this API (RFC 9068, RFC 6750).

A token says who its program is, by the same claim as a sign-in, and what it may by its scopes: read, or write too. How
far it sees is what the store says of that member of staff: a token gives nobody more than a sign-in would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from stream.desk.web.faults import BadToken
from stream.desk.web.signing.provider import ALGORITHMS, LEEWAY_S, Provider
from stream.settings.desk_web import Oidc

_KEEP_S, _AGAIN_S = 600, 30
"""How long keys are kept; and how soon they are read again for a token that does not fit: keys rotate."""
READ, WRITE = "read", "write"


def token_of(request: web.Request) -> str | None:
    """Return the bearer token of a request, where it brings one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class Tokens:
    """Believes tokens, or not."""

    def __init__(self, provider: Provider, settings: Oidc) -> None:
        """`settings` with `api_audience`."""
        self._provider, self._settings = provider, settings
        self._keys: KeySet | None = None
        self._read_at = 0

    async def claims(self, token: str, now_s: int) -> Mapping[str, Any]:
        """Return the claims of a token; `now_s`: wall clock, epoch seconds.

        Raises:
            BadToken: it is not what it must be.
            ProviderError: its keys cannot be read.
        """
        keys = await self._known(now_s, _KEEP_S)
        try:
            return self._believed(token, keys, now_s)
        except (JoseError, ValueError, TypeError, KeyError):
            newer = await self._known(now_s, _AGAIN_S)
        if newer is keys:
            raise BadToken
        try:
            return self._believed(token, newer, now_s)
        except (JoseError, ValueError, TypeError, KeyError):
            raise BadToken from None

    def scopes(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """Return what a token may: `read`, `write`, both or nothing."""
        given = claims.get("scope", claims.get("scp", ()))
        words = set(given.split()) if isinstance(given, str) else {one for one in given if isinstance(one, str)}
        writes = bool(words & set(self._settings.write_scopes))
        reads = writes or bool(words & set(self._settings.read_scopes))
        return frozenset(name for name, may in ((READ, reads), (WRITE, writes)) if may)

    def _believed(self, token: str, keys: KeySet, now_s: int) -> Mapping[str, Any]:
        read = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        rules = jwt.JWTClaimsRegistry(
            now=now_s,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.api_audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        rules.validate(read.claims)
        return dict(read.claims)

    async def _known(self, now_s: int, at_most_s: int) -> KeySet:
        if self._keys is None or now_s - self._read_at >= at_most_s:
            self._keys, self._read_at = await self._provider.keys(), now_s
        return self._keys

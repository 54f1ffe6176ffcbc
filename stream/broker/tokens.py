"""Bearer tokens for OAUTHBEARER: one that was given, or one of the identity provider, fetched anew before it ends."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import SaslAuthenticationFailed
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from stream.settings.kafka import OAuth

_EARLY_S = 30.0  # a connection that begins now should not meet a token that ends now
_LIFE_S = 60.0  # of a token whose provider does not say


class StaticToken(AbstractTokenProvider):  # type: ignore[misc]
    """Hands out one bearer token, for OAUTHBEARER where something outside renews it by restarting us."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        """Return the token."""
        return self._token


class ClientCredentials(AbstractTokenProvider):  # type: ignore[misc]
    """Asks the identity provider for a token, and keeps it until shortly before it ends.

    It holds no connection and no lock: Faust's consumer asks from a loop of its own. Two who ask at once may fetch two.
    """

    def __init__(
        self, oauth: OAuth, *, verify: ssl.SSLContext | bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`verify`: whom to believe about the provider's certificate; `clock` in seconds."""
        self._oauth = oauth
        self._verify = verify
        self._clock = clock
        self._token = ""
        self._until = float("-inf")

    async def token(self) -> str:
        """Return a token that is good for a while.

        Raises:
            SaslAuthenticationFailed: the provider gives none; the message holds no secret.
        """
        if self._clock() >= self._until:
            answer = await self._fetch()
            self._token = str(answer["access_token"])
            life = float(answer.get("expires_in") or _LIFE_S)
            self._until = self._clock() + max(life - _EARLY_S, life / 2)
        return self._token

    async def _fetch(self) -> Mapping[str, Any]:
        oauth = self._oauth
        more = {"audience": oauth.audience} if oauth.audience else {}
        try:
            async with AsyncOAuth2Client(
                client_id=oauth.client_id,
                client_secret=oauth.client_secret.get_secret_value(),
                scope=oauth.scope or None,
                timeout=oauth.timeout_s,
                verify=self._verify,
            ) as client:
                answer: Mapping[str, Any] = await client.fetch_token(
                    oauth.token_url, grant_type="client_credentials", **more
                )
        except OAuthError as fault:
            raise SaslAuthenticationFailed(f"kafka.oauth.token_url gives no token: {fault.error}") from None
        except (httpx2.HTTPError, ValueError) as fault:
            raise SaslAuthenticationFailed(f"kafka.oauth.token_url gives no token: {type(fault).__name__}") from None
        if not answer.get("access_token"):
            raise SaslAuthenticationFailed("kafka.oauth.token_url gives no token: the answer holds none")
        return answer

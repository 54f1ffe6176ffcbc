"""The identity provider: its documents, the code exchanged for tokens, and an ID token that is believed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from stream.settings.desk_web import Oidc

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by keys that only the provider has; neither `none` nor a shared secret."""
LEEWAY_S = 60


class ProviderError(Exception):
    """The provider cannot be reached, or what it says cannot be believed. The message holds no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in under way: where the browser goes, and what must be remembered until it is back."""

    url: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """Speaks to one identity provider."""

    def __init__(self, settings: Oidc, redirect_uri: str) -> None:
        """`redirect_uri`: where the provider sends the browser back to."""
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._known: Mapping[str, Any] | None = None

    async def begin(self) -> Begun:
        """Return the address to sign in at, with a fresh state, nonce and PKCE challenge.

        Raises:
            ProviderError: its configuration cannot be read.
        """
        known = await self.configuration()
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        async with self._client() as client:
            url, state = client.create_authorization_url(
                known["authorization_endpoint"],
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
            )
        return Begun(url=url, state=state, nonce=nonce, verifier=verifier)

    async def finish(self, code: str, verifier: str, nonce: str, now_s: int) -> Mapping[str, Any]:
        """Exchange the code and return the claims of the ID token.

        Raises:
            ProviderError: the code is refused, or the token is not what it must be.
        """
        known = await self.configuration()
        try:
            async with self._client() as client:
                tokens = await client.fetch_token(known["token_endpoint"], code=code, code_verifier=verifier)
                keys = (await client.request("GET", known["jwks_uri"], withhold_token=True)).raise_for_status().json()
            return self._believed(tokens, keys, nonce, now_s)
        except ProviderError:
            raise
        except (JoseError, httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError) as fault:
            raise ProviderError(type(fault).__name__) from None
        except Exception as fault:  # authlib's own errors share no narrow base
            raise ProviderError(type(fault).__name__) from None

    def _believed(self, tokens: Mapping[str, Any], keys: Any, nonce: str, now_s: int) -> Mapping[str, Any]:
        token = jwt.decode(tokens["id_token"], KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))
        claims = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"essential": True, "value": self._settings.issuer}, "aud": {"essential": True, "value": self._id}},
            {"nonce": nonce, "client_id": self._id, "access_token": tokens.get("access_token")},
        )
        claims.validate(now=now_s, leeway=LEEWAY_S)
        return dict(token.claims)

    @property
    def _id(self) -> str:
        return self._settings.client_id

    async def keys(self) -> KeySet:
        """Return the keys that the provider signs with now.

        Raises:
            ProviderError: they cannot be read.
        """
        known = await self.configuration()
        try:
            async with httpx2.AsyncClient(timeout=self._settings.timeout_s) as client:
                return KeySet.import_key_set((await client.get(known["jwks_uri"])).raise_for_status().json())
        except (JoseError, httpx2.HTTPError, ValueError, KeyError, TypeError) as fault:
            raise ProviderError(type(fault).__name__) from None

    async def configuration(self) -> Mapping[str, Any]:
        """Return what the provider says of itself; it must call itself what we call it.

        Raises:
            ProviderError: it cannot be read, or is another's.
        """
        if self._known is None:
            address = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                async with httpx2.AsyncClient(timeout=self._settings.timeout_s) as client:
                    known = (await client.get(address)).raise_for_status().json()
            except (httpx2.HTTPError, ValueError) as fault:
                raise ProviderError(type(fault).__name__) from None
            wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if known.get("issuer") != self._settings.issuer or any(name not in known for name in wanted):
                raise ProviderError("its configuration is not that of desk.oidc.issuer")
            self._known = known
        return self._known

    def _client(self) -> AsyncOAuth2Client:
        secret = self._settings.client_secret.get_secret_value() or None
        return AsyncOAuth2Client(
            client_id=self._id,
            client_secret=secret,
            scope=self._settings.scope,
            redirect_uri=self._redirect_uri,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            timeout=self._settings.timeout_s,
        )

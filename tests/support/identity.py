"""A small OpenID provider for tests: real HTTP on loopback, real signed tokens, and PKCE checked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET, API = "desk", "desk-secret-of-the-tests", "https://desk.bank.example/api"


@dataclass
class Provider:
    """Signs in whoever `subject` is; `change` and the flags make its tokens wrong in one way or another."""

    subject: str = "subject-rm-1"
    claims: dict[str, Any] = field(default_factory=dict)
    change: dict[str, Any] = field(default_factory=dict)
    now_s: int = field(default_factory=lambda: int(time.time()))
    algorithm: str = "RS256"
    foreign_key: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)
    exchanged: list[dict[str, str]] = field(default_factory=list)
    keys_read: int = 0

    def __post_init__(self) -> None:
        self._key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
        self._other = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
        self._codes: dict[str, dict[str, str]] = {}
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._configuration)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/keys", self._keys)
        self.server = TestServer(app, host="127.0.0.1")

    @property
    def issuer(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def _configuration(self, request: web.Request) -> web.Response:
        at = self.issuer
        return web.json_response(
            {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "jwks_uri": f"{at}/keys",
            }
        )

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{back}"})

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.exchanged.append(form)
        credentials = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or request.headers.get("Authorization") != f"Basic {credentials}":
            return web.json_response({"error": "invalid_grant"}, status=400)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if _base64(digest) != asked["code_challenge"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.issued.append(self._id_token(asked["nonce"]))
        token = {"access_token": "opaque", "token_type": "Bearer", "id_token": self.issued[-1]}
        return web.json_response(token)

    def access_token(self, **more: Any) -> str:
        """Return a token of a program for the API; `None` takes a claim out."""
        return self._signed({"aud": API, "scope": "desk.read", **more})

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self._key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})

    def _id_token(self, nonce: str) -> str:
        return self._signed({"aud": CLIENT, "nonce": nonce})

    def _signed(self, own: dict[str, Any]) -> str:
        standard = {"iss": self.issuer, "sub": self.subject, "iat": self.now_s, "exp": self.now_s + 300, **own}
        claims = {
            name: value for name, value in {**standard, **self.claims, **self.change}.items() if value is not None
        }
        if self.algorithm == "HS256":  # signed with what everybody can read: the public key
            signed = f"{_plain({'alg': 'HS256', 'kid': 'k1'})}.{_plain(claims)}"
            return f"{signed}.{_base64(hmac.digest(self._key.as_pem(private=False), signed.encode(), 'sha256'))}"
        if self.algorithm == "none":
            return f"{_plain({'alg': 'none'})}.{_plain(claims)}."
        key = self._other if self.foreign_key else self._key
        return jwt.encode({"alg": self.algorithm, "kid": key.kid or "k1"}, claims, key)

    async def _keys(self, request: web.Request) -> web.Response:
        self.keys_read += 1
        return web.json_response({"keys": [self._key.as_dict(private=False)]})


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _plain(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())

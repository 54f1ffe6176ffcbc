"""An authorization server for tests: real HTTP on loopback, tokens by client credentials, its keys as a JWKS."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import RSAKey

ISSUER, AUDIENCE = "https://issuer.test", "kafka"


@dataclass
class TokenServer:
    """Give `clients` (id -> secret) tokens whose subject is the id. As a context manager it listens.

    Attributes:
        life_s: how long its tokens are good.
        asked: the forms that were posted, with the client's id.
        fails: answer nothing but errors.
    """

    clients: dict[str, str]
    life_s: int = 3600
    asked: list[dict[str, str]] = field(default_factory=list)
    fails: bool = False

    def __enter__(self) -> TokenServer:
        self._key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200, {"keys": [outer._key.as_dict(private=False)]})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(*outer._token(self.headers.get("Authorization", ""), body))

            def _answer(self, status: int, value: object) -> None:
                text = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def token(self, subject: str, **change: object) -> str:
        """Return a signed token."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + self.life_s,
            "scope": "kafka",
        }
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims | change, self._key)

    def _token(self, authorization: str, body: str) -> tuple[int, dict[str, object]]:
        form = {name: values[0] for name, values in parse_qs(body).items()}
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        self.asked.append(form | {"client": name})
        if self.fails:
            return 503, {"error": "temporarily_unavailable"}
        if form.get("grant_type") != "client_credentials" or self.clients.get(name) != secret:
            return 401, {"error": "invalid_client"}
        return 200, {"access_token": self.token(name), "token_type": "Bearer", "expires_in": self.life_s}

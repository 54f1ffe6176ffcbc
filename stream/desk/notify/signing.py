"""Signatures of Standard Webhooks: HMAC-SHA256 over id, timestamp and body, version v1. Pure but for a new secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
_LEAST, _MOST = 24, 64  # bytes


class SecretError(ValueError):
    """It is no secret of Standard Webhooks; the message does not show it."""


def new_secret() -> str:
    """Return a secret of 32 random bytes, as `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """Return the key bytes of a secret.

    Raises:
        SecretError: no `whsec_` and base64 of 24 to 64 bytes.
    """
    if not secret.startswith(PREFIX):
        raise SecretError(f"a secret begins with {PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as fault:
        raise SecretError("a secret is base64 behind its prefix") from fault
    if not _LEAST <= len(key) <= _MOST:
        raise SecretError(f"a secret has {_LEAST} to {_MOST} bytes")
    return key


def sign(keys: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one signature a key, so that receivers can rotate at leisure.

    `timestamp`: epoch seconds.
    """
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)

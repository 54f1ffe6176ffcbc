"""Customers' ids replaced on topics that leave: a keyed digest outside, and the id itself sealed for the desk.

What is pseudonymised stays personal data (EDPB Guidelines 01/2025); who holds the key can tell whom it concerns, nobody
else can, not even by trying every id there is. Ids of episodes and alerts are made of the customer's id, and producers'
ids of events may hold it, so they are replaced too: by the oldest key, since an episode keeps its id while keys rotate;
the customer's by the newest.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Sequence
from hashlib import blake2b, sha256
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from models.example import Example
from stream.config import ConfigError, Settings
from stream.domain.alerts import Alert

SEALED = "cw_sealed"
"""Header of a pseudonymised alert: the key's name, a colon, and the true ids, encrypted (AES-SIV, RFC 5297)."""

_NAME = re.compile(r"[A-Za-z0-9]{1,16}")
_KEY_BYTES, _DIGEST_BYTES = 32, 20

A = TypeVar("A", bound=Alert)


class Unsealed(ValueError):
    """The true ids cannot be had: no such key, or it is not the alert's own seal."""


class _True(msgspec.Struct, array_like=True):
    customer_id: str
    episode_id: str
    alert_id: str
    causes: list[str]


class Key:
    """One named key, and what is derived of it: a key a purpose."""

    def __init__(self, name: str, secret: bytes) -> None:
        """`secret`: 32 bytes at least."""
        self.name = name
        self._mac = _derived(secret, b"pseudonyms")
        self.seal = AESSIV(_derived(secret, b"seal"))

    def digest(self, purpose: str, text: str) -> bytes:
        """Return the keyed digest of a text; of two purposes they cannot be linked."""
        return hmac.new(self._mac, f"{purpose}\0{text}".encode(), sha256).digest()[:_DIGEST_BYTES]


class Pseudonyms:
    """Replaces ids with what the newest key makes of them, and reads what any key has sealed."""

    def __init__(self, keys: Sequence[Key]) -> None:
        """`keys`: newest first, one at least."""
        self._newest, self._oldest = keys[0], keys[-1]
        self._by_name = {key.name: key for key in keys}

    def of(self, topic: str, customer: str) -> str:
        """Return a customer's pseudonym on a topic: `p.KEY.DIGEST`."""
        digest = base64.b32encode(self._newest.digest(f"customer/{topic}", customer)).decode().lower()
        return f"p.{self._newest.name}.{digest}"

    def alert(self, alert: A) -> tuple[A, tuple[str, bytes]]:
        """Return an alert that names nobody, and the header that tells who has the key whom it concerns."""
        outside = msgspec.structs.replace(
            alert,
            customer_id=self.of("alerts", alert.customer_id),
            episode_id=self._id("episode", alert.episode_id),
            alert_id=self._id("alert", alert.alert_id),
            causes=[self._id("event", cause) for cause in alert.causes],
        )
        ids = msgspec.json.encode(_True(alert.customer_id, alert.episode_id, alert.alert_id, alert.causes))
        sealed = self._newest.seal.encrypt(ids, [outside.alert_id.encode()])
        return outside, (SEALED, self._newest.name.encode() + b":" + sealed)

    def example(self, example: Example) -> Example:
        """Return an example that names nobody: who learns from it needs to know only whose belong together."""
        return msgspec.structs.replace(
            example,
            customer_id=self.of("examples", example.customer_id),
            event_id=self._id("example", example.event_id),
        )

    def opened(self, alert: A, sealed: bytes) -> A:
        """Return the alert with its true ids.

        Raises:
            Unsealed: it was sealed by a key that is not here, or belongs to another alert.
        """
        name, _, ciphertext = sealed.partition(b":")
        key = self._by_name.get(name.decode("ascii", "replace"))
        if key is None:
            raise Unsealed("sealed by a key that is not here")
        try:
            ids = msgspec.json.decode(key.seal.decrypt(ciphertext, [alert.alert_id.encode()]), type=_True)
        except (InvalidTag, ValueError):
            raise Unsealed("the seal is not this alert's") from None
        return msgspec.structs.replace(
            alert,
            customer_id=ids.customer_id,
            episode_id=ids.episode_id,
            alert_id=ids.alert_id,
            causes=ids.causes,
        )

    def _id(self, kind: str, id_: str) -> str:
        return self._oldest.digest(kind, id_)[:16].hex()


def pseudonyms(settings: Settings) -> Pseudonyms | None:
    """Return what the configured keys make; `None` where there are none.

    Raises:
        ConfigError: a key is no key; the message holds none.
    """
    text = settings.privacy.keys.get_secret_value()
    entries = [entry.strip() for entry in re.split(r"[,\n]", text) if entry.strip()]
    keys = [_key(entry, number) for number, entry in enumerate(entries, 1)]
    if len({key.name for key in keys}) < len(keys):
        raise ConfigError("privacy.keys: two have one name")
    return Pseudonyms(keys) if keys else None


def on(settings: Settings, topic: str) -> Pseudonyms | None:
    """Return the pseudonyms of a topic that is to have them, else `None`."""
    return pseudonyms(settings) if topic in settings.privacy.pseudonymise else None


def new_key(name: str) -> str:
    """Return a fresh key as `privacy.keys` takes it.

    Raises:
        ValueError: the name is none.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a key's name is 1 to 16 letters and digits")
    return f"{name}:{base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"


def _key(entry: str, number: int) -> Key:
    name, _, text = entry.partition(":")
    try:
        secret = base64.b64decode(text, altchars=b"-_", validate=True)
    except ValueError:
        secret = b""
    if not _NAME.fullmatch(name) or len(secret) < _KEY_BYTES:
        raise ConfigError(f"privacy.keys: entry {number} is not NAME:KEY, KEY being 32 bytes or more in base64")
    return Key(name, secret)


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return blake2b(secret, digest_size=64, person=purpose).digest()

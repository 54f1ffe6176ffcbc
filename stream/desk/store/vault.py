"""Seals names, phone numbers, notes and secrets, with keys that rotate."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_DIGEST_BYTES = 16


class VaultError(ValueError):
    """A key is no key, or what was sealed was sealed by none of the keys at hand."""


class Vault:
    """Seals with the first key, opens with any: a new key goes to the front, and the old one when all is resealed."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` as `new_key` makes them, newest first.

        Raises:
            VaultError: there is none, or one of them is not a key.
        """
        if not keys:
            raise VaultError("a vault needs a key")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as fault:
            raise VaultError("a key must be 32 bytes in URL-safe base64, as Fernet's are") from fault
        self._index_keys = [
            hashlib.blake2b(key.encode(), person=b"desk index", digest_size=32).digest() for key in keys
        ]

    def seal(self, text: str | bytes) -> bytes:
        """Return `text` encrypted and signed (Fernet)."""
        return self._fernet.encrypt(text.encode() if isinstance(text, str) else text)

    def seal_if(self, text: str | None) -> bytes | None:
        """Seal it where there is one."""
        return None if text is None else self.seal(text)

    def open(self, sealed: bytes) -> str:
        """Return what was sealed.

        Raises:
            VaultError: none of the keys sealed it.
        """
        return self.open_bytes(sealed).decode()

    def open_bytes(self, sealed: bytes) -> bytes:
        """As `open`, for what is no text."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as fault:
            raise VaultError("sealed by a key that is not here") from fault

    def open_if(self, sealed: bytes | None) -> str | None:
        """Open it where there is one."""
        return None if sealed is None else self.open(sealed)

    def reseal(self, sealed: bytes) -> bytes:
        """Return it sealed by the newest key."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as fault:
            raise VaultError("sealed by a key that is not here") from fault

    def index(self, text: str) -> str:
        """Return a keyed digest by which a whole name or number can be looked up without being readable."""
        return self.indexes(text)[0]

    def indexes(self, text: str) -> list[str]:
        """Return the digest under every key: rows that are not resealed yet are found too."""
        plain = as_typed(text).encode()
        return [hmac.new(key, plain, hashlib.sha256).digest()[:_DIGEST_BYTES].hex() for key in self._index_keys]


def new_key() -> str:
    """Return a new key."""
    return Fernet.generate_key().decode()


def as_typed(text: str) -> str:
    """Return a name or number as people type it: neither case nor blanks count, nor what stands between digits.

    >>> as_typed("Zhao Wei"), as_typed("+86 139-1111")
    ('zhaowei', '+861391111')
    """
    return "".join(sign for sign in text.casefold() if sign.isalnum() or sign == "+")

"""Sessions: a signed, short-lived cookie that names a row; the row can be revoked, and ends for good."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence

from aiohttp import web
from itsdangerous import BadSignature, Signer, TimestampSigner
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Session, Staff
from stream.desk.store.vault import Vault
from stream.settings.desk_web import Web

MINUTE_MS = 60_000
_SEEN_EVERY_MS = MINUTE_MS
_LINK_S = 300
PLAIN, HOST = "desk_session", "__Host-desk_session"


class Seals:
    """Signs cookies, links and form tokens, with keys that come from the vault's and rotate with them."""

    def __init__(self, vault: Vault, clock: Callable[[], int]) -> None:
        """`clock`: wall clock, epoch ms."""
        keys = list(reversed(vault.indexes("desk session cookie")))  # the last one signs
        self._cookie = _clocked(keys, "session", clock)
        self._link = _clocked(keys, "link", clock)
        self._csrf = Signer(keys, salt="csrf", key_derivation="hmac", digest_method=hashlib.sha256)

    def cookie(self, token: str) -> str:
        """Return what the browser keeps."""
        return self._cookie.sign(token).decode()

    def token(self, cookie: str, idle_s: float) -> str | None:
        """Return what a cookie holds; None: it was not signed here, or lies unused too long."""
        try:
            return self._cookie.unsign(cookie, max_age=int(idle_s)).decode()
        except BadSignature:
            return None

    def link(self, staff_id: str) -> str:
        """Return the token of a link that signs somebody in within five minutes; development only."""
        return self._link.sign(staff_id).decode()

    def linked(self, token: str) -> str | None:
        """Return whom a link's token signs in."""
        try:
            return self._link.unsign(token, max_age=_LINK_S).decode()
        except BadSignature:
            return None

    def csrf(self, session_id: str) -> str:
        """Return the token that a session's forms carry."""
        return self._csrf.get_signature(session_id).decode()

    def fits(self, session_id: str, given: str) -> bool:
        """Tell whether a form's token is the session's."""
        return self._csrf.verify_signature(session_id, given)


def _clocked(keys: list[str], salt: str, clock: Callable[[], int]) -> TimestampSigner:
    class Clocked(TimestampSigner):
        def get_timestamp(self) -> int:
            return clock() // 1000

    return Clocked(keys, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)


def digest(token: str) -> str:
    """Return the row's key: who reads the store cannot make a cookie of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(tx: AsyncSession, staff_id: str, role: str, now: int, settings: Web) -> str:
    """Add a session and return its token."""
    token = secrets.token_urlsafe(32)
    ends = now + round(settings.session_h * 60 * MINUTE_MS)
    tx.add(
        Session(
            session_id=digest(token),
            staff_id=staff_id,
            role=role,
            created_at=now,
            seen_at=now,
            expires_at=ends,
            details={},
        )
    )
    return token


async def find_session(session: AsyncSession, token: str, now: int, settings: Web) -> Session | None:
    """Return the session of a token, where it is still good."""
    row = await session.get(Session, digest(token))
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        return None
    return row if row.seen_at + settings.idle_min * MINUTE_MS > now else None


async def good_sessions(session: AsyncSession, ids: Sequence[str], now: int) -> set[str]:
    """Return those sessions that are neither revoked nor over, of people who still work here."""
    found: set[str] = set()
    for some in chunks(ids):
        good = select(Session.session_id).join(Staff, Staff.staff_id == Session.staff_id)
        good = good.where(Session.session_id.in_(some), Session.revoked_at.is_(None), Session.expires_at > now)
        found.update(await session.scalars(good.where(Staff.status != "left")))
    return found


def is_stale(row: Session, now: int) -> bool:
    """Tell whether it is time to note that a session is in use, and to sign its cookie anew."""
    return now - row.seen_at >= _SEEN_EVERY_MS


async def touch(tx: AsyncSession, session_id: str, now: int) -> None:
    """Note that a session is in use."""
    await tx.execute(update(Session).where(Session.session_id == session_id).values(seen_at=now))


async def revoke(tx: AsyncSession, session_id: str, now: int) -> None:
    """End a session: its cookie is worth nothing from now on."""
    await tx.execute(update(Session).where(Session.session_id == session_id).values(revoked_at=now))


def cookie_name(secure: bool) -> str:
    """Return the cookie's name; over TLS the prefix binds it to this host."""
    return HOST if secure else PLAIN


def set_cookie(response: web.StreamResponse, value: str, *, secure: bool, max_age: int) -> None:
    """Give the browser the session's cookie. Lax, because the identity provider sends people back by a link."""
    response.set_cookie(
        cookie_name(secure), value, max_age=max_age, path="/", httponly=True, secure=secure, samesite="Lax"
    )

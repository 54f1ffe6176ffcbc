"""The code flow with PKCE: begin, and what comes back; a state is used once and belongs to one browser."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.people import set_staff
from stream.desk.store.tables import SignIn
from stream.desk.web import answers
from stream.desk.web.faults import NotFound
from stream.desk.web.keys import PROVIDER, SECURE, SITE
from stream.desk.web.pages.own import local
from stream.desk.web.signing.pages import begin_session
from stream.desk.web.signing.provider import ProviderError
from stream.desk.web.signing.who import staff_of
from stream.settings.desk_web import Oidc

_log = logging.getLogger(__name__)
_GOOD_MS = 600_000
CALLBACK = "/sign-in/callback"
_COOKIE = "desk_sign_in"


async def begin(request: web.Request) -> web.StreamResponse:
    """Send the browser to the provider."""
    provider = request.app[PROVIDER]
    if provider is None:
        raise NotFound
    try:
        begun = await provider.begin()
    except ProviderError as fault:
        _log.warning("the identity provider cannot be asked: %s", fault)
        return answers.see("/sign-in?failed=provider")
    site, now = request.app[SITE], request.app[SITE].real()
    secrets = msgspec.json.encode({"nonce": begun.nonce, "verifier": begun.verifier})
    to = local(request.query.get("to", "/"))
    async with site.database.transaction(ordered=False) as tx:
        tx.add(
            SignIn(
                state=begun.state,
                secrets_sealed=site.vault.seal(secrets),
                return_to=to,
                created_at=now,
                expires_at=now + _GOOD_MS,
            )
        )
    response = answers.see(begun.url)
    response.set_cookie(
        _COOKIE, begun.state, max_age=_GOOD_MS // 1000, path=CALLBACK, httponly=True, samesite="Lax",
        secure=request.app[SECURE],
    )  # fmt: skip
    return response


async def callback(request: web.Request) -> web.StreamResponse:
    """Take the code that the provider gave the browser, and sign its owner in."""
    provider, site = request.app[PROVIDER], request.app[SITE]
    if provider is None:
        raise NotFound
    pending = await _taken(request)
    code = request.query.get("code")
    if pending is None or not code:
        return answers.see("/sign-in?failed=expired")
    secrets = msgspec.json.decode(site.vault.open(pending.secrets_sealed))
    try:
        claims = await provider.finish(code, secrets["verifier"], secrets["nonce"], site.real() // 1000)
    except ProviderError as fault:
        _log.warning("a sign-in was not believed: %s", fault)
        return answers.see("/sign-in?failed=provider")
    async with site.database.transaction(ordered=False) as tx:
        staff_id = await _who(tx, claims, site.settings.desk.oidc)
    if staff_id is None:
        return answers.see("/sign-in?failed=unknown")
    response = await begin_session(request, staff_id, pending.return_to)
    response.del_cookie(_COOKIE, path=CALLBACK)
    return response


async def _taken(request: web.Request) -> SignIn | None:
    """Return the sign-in that the state names and take it away; None: used, expired, or another browser's."""
    site, state = request.app[SITE], request.query.get("state", "")
    if not state or not hmac.compare_digest(state.encode(), request.cookies.get(_COOKIE, "").encode()):
        return None
    async with site.database.transaction(ordered=False) as tx:
        row = await tx.scalar(select(SignIn).where(SignIn.state == state, SignIn.expires_at > site.real()))
        gone = await tx.execute(delete(SignIn).where(SignIn.state == state).returning(SignIn.state))
        return row if gone.first() is not None else None


async def _who(tx: AsyncSession, claims: Mapping[str, Any], settings: Oidc) -> str | None:
    """Return the staff id of a token, with the role that it gives."""
    staff = await staff_of(tx, claims, settings)
    if staff is None:
        return None
    role = _role(claims, settings)
    if role is not None and role != staff.role:
        await set_staff(tx, staff.staff_id, role=role)
    return staff.staff_id


def _role(claims: Mapping[str, Any], settings: Oidc) -> str | None:
    """Return the role that the token gives; of several the one that is named first in the configuration."""
    if not settings.role_claim:
        return None
    given = claims.get(settings.role_claim, [])
    values = {given} if isinstance(given, str) else {value for value in given if isinstance(value, str)}
    return next((role for value, role in settings.roles.items() if value in values), None)

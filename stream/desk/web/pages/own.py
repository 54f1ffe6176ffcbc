"""What belongs to who is signed in: settings, and the language also of who is not."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import available_timezones

from aiohttp import web

from stream.desk.notify.fanout import personal_channels
from stream.desk.notify.mail import is_address
from stream.desk.store.repositories.people import preference_of, put_preference
from stream.desk.store.vault import Vault
from stream.desk.web import answers, audit
from stream.desk.web.bodies import fields
from stream.desk.web.faults import BadRequest
from stream.desk.web.keys import PERSON, SECURE, SITE
from stream.desk.web.views.names import opened
from stream.desk.web.words import LANGUAGES
from stream.desk.work.commands import Refused

_YEAR_S = 365 * 86_400
_LONGEST = 254  # of an address


async def settings(request: web.Request) -> web.StreamResponse:
    """Show what somebody has set for themselves."""
    site = request.app[SITE]
    async with site.database.reading() as session:
        row = await preference_of(session, request[PERSON].staff_id)
    given: dict[str, Any] = {
        "mail": opened(site.vault, row.mail_sealed) if row else None,
        "bot": opened(site.vault, row.bot_sealed) if row else None,
        "channels": personal_channels(site.settings.desk.notify),
        "usual": site.settings.desk.push,
    }
    done = request.query.get("done")
    return answers.html(request, "settings.html", own=row, clock=_clock, done=done, **given)


async def change(request: web.Request) -> web.StreamResponse:
    """Keep what somebody has set for themselves."""
    site, person = request.app[SITE], request[PERSON]
    given = await fields(request)
    values = _read(given) | _where_to(given, personal_channels(site.settings.desk.notify), site.vault)
    async with site.database.transaction(ordered=False) as tx:
        await put_preference(tx, person.staff_id, site.clock(), **values)
        audit.add(tx, request, allowed=True)
    return answers.see("/settings?done=settings")


def _read(given: dict[str, Any]) -> dict[str, Any]:
    language, zone = given.get("language"), given.get("time_zone")
    if language is not None and language not in LANGUAGES:
        raise BadRequest("language: not one of ours")
    if zone is not None and zone not in available_timezones():
        raise BadRequest("time_zone: expected an IANA name")
    budget = given.get("daily_budget")
    if budget is not None and not (str(budget).isascii() and str(budget).isdigit() and int(budget) <= 10_000):
        raise BadRequest("daily_budget: expected a number")
    return {
        "language": language,
        "time_zone": zone,
        "quiet_from": _minutes(given.get("quiet_from")),
        "quiet_to": _minutes(given.get("quiet_to")),
        "daily_budget": None if budget is None else int(budget),
    }


def _where_to(given: dict[str, Any], known: tuple[str, ...], vault: Vault) -> dict[str, Any]:
    """Return the channels besides the page, with addresses sealed.

    Raises:
        BadRequest: a channel that there is none of, or no address.
        Refused: a channel without an address.
    """
    asked = given.get("channels", [])
    channels = [asked] if isinstance(asked, str) else list(asked)
    mail, bot = str(given.get("mail", "")).strip(), str(given.get("bot", "")).strip()
    if not set(channels) <= set(known):
        raise BadRequest("channels: not one of ours")
    if (mail and not is_address(mail)) or len(mail) > _LONGEST or len(bot) > _LONGEST or not bot.isprintable():
        raise BadRequest("expected an address")
    if ("mail" in channels and not mail) or (set(channels) - {"mail"} and not bot):
        raise Refused("no_address", "请先填写接收地址。", "Say where to first.")
    return {
        "channels": channels,
        "mail_sealed": vault.seal_if(mail or None),
        "bot_sealed": vault.seal_if(bot or None),
    }


def _minutes(text: str | None) -> int | None:
    """Return minutes after midnight of `22:30`."""
    if text is None:
        return None
    try:
        time = dt.time.fromisoformat(text)
    except ValueError:
        raise BadRequest("expected a time of day") from None
    return time.hour * 60 + time.minute


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"


async def language(request: web.Request) -> web.StreamResponse:
    """Change the language, for this browser and for who is signed in."""
    given = await fields(request)
    wanted = given.get("language")
    if wanted not in LANGUAGES:
        raise BadRequest("language: not one of ours")
    site, person = request.app[SITE], request.get(PERSON)
    if person is not None:
        async with site.database.transaction(ordered=False) as tx:
            await put_preference(tx, person.staff_id, site.clock(), language=wanted)
    response = answers.see(local(str(given.get("to", "/"))))
    secure = request.app[SECURE]
    response.set_cookie("desk_language", str(wanted), max_age=_YEAR_S, path="/", secure=secure, samesite="Lax")
    return response


def local(address: str) -> str:
    """Return an address of this site, or its front page: nobody is sent elsewhere.

    >>> local("/tasks?x=1"), local("//evil.example"), local("https://evil.example")
    ('/tasks?x=1', '/', '/')
    """
    if not address.startswith("/") or address.startswith(("//", "/\\")) or any(ord(sign) < 32 for sign in address):
        return "/"
    return address

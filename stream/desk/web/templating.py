"""Templates, and what they know of the request: words, language, times as people read them."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stream.desk.web.keys import ASSETS, LANGUAGE, PERSON, ROUTES, SITE, WORDS
from stream.desk.web.person import Person
from stream.desk.web.words import LANGUAGES, NAMES

_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_HERE = Path(__file__).parent


def environment() -> Environment:
    """Return the templates; whatever they show is escaped, and a name that is not given is an error."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["owner_of"] = lambda route, page: page.owner(route)
    made.filters["segment"] = lambda text: quote(str(text), safe="")  # of a path: an id may hold anything
    return made


class Page:
    """What every template is given as `page`."""

    languages = LANGUAGES
    language_names = NAMES

    def __init__(self, request: web.Request) -> None:
        """Of one request."""
        site = request.app[SITE]
        self._words, self._assets = request.app[WORDS], request.app[ASSETS]
        self._paths = {route.path for route in request.app[ROUTES].values()}
        self.person: Person | None = request.get(PERSON)
        self.language = request.get(LANGUAGE) or site.settings.desk.web.language
        self.now = site.clock()
        self.path = request.path
        self.path_qs = request.path_qs
        self.zone = zone_of(self.person, site.settings.business.time_zone)
        self.currency = site.business.currency
        self.development = site.settings.desk.web.sign_in == "development"
        self.work = site.settings.desk.work
        self.notice = getattr(site.settings.desk.web.notice, self.language, None)

    def t(self, key: str, **values: Any) -> str:
        """Return a message."""
        return self._words.say(self.language, key, **values)

    def word(self, group: str, name: str) -> str:
        """Return the words for one of a group's names, or the name where the catalogue has none."""
        key = f"{group}.{name}"
        return self.t(key) if self._words.has(key) else name.replace("_", " ")

    def label(self, labels: Mapping[str, Any], name: str | None) -> str:
        """Return what the configuration calls something."""
        found = labels.get(name or "")
        return str(getattr(found, self.language)) if found is not None else (name or "")

    def both(self, words: Any) -> str:
        """Return the right one of a text in two languages."""
        return "" if words is None else str(getattr(words, self.language))

    def asset(self, name: str) -> str:
        """Return the address of a file of the page; another content has another address."""
        return f"/static/{name}?v={self._assets(name)}"

    def at(self, time: int | None) -> str:
        """Return a time on the clock of who looks; today without the date."""
        if time is None:
            return ""
        local, today = self._local(time), self._local(self.now)
        if local.date() == today.date():
            return local.strftime("%H:%M")
        return local.strftime("%m-%d %H:%M" if local.year == today.year else "%Y-%m-%d %H:%M")

    def when(self, text: Any) -> str:
        """Return a time that came as RFC 3339 as `at` does; what is none stays as it came."""
        try:
            return self.at(round(dt.datetime.fromisoformat(str(text)).timestamp() * 1000)) if text else ""
        except ValueError:
            return str(text)

    def span_said(self, text: Any) -> str:
        """Return a worker's `since TIME` or `until TIME` in the language of who looks."""
        word, _, time = str(text).partition(" ")
        return self.t(f"why.{word}", at=self.when(time)) if word in ("since", "until") else ""

    def day(self, time: int | None) -> str:
        """Return a local date."""
        return "" if time is None else self._local(time).strftime("%Y-%m-%d")

    def iso(self, time: int) -> str:
        """Return a time for machines."""
        return self._local(time).isoformat(timespec="seconds")

    def minute(self, time: int) -> str:
        """Return a time as `datetime-local` wants it."""
        return self._local(time).strftime("%Y-%m-%dT%H:%M")

    def left(self, due: int | None) -> str:
        """Return how long there is until a time, or since when it is over."""
        if due is None:
            return ""
        key = "time.over" if due < self.now else "time.left"
        return self.t(key, span=self.span(abs(due - self.now)))

    def ago(self, time: int) -> str:
        """Return how long ago a time was."""
        return self.t("time.ago", span=self.span(max(0, self.now - time)))

    def span(self, ms: int) -> str:
        """Return a span in its largest unit."""
        if ms >= 2 * _DAY_MS:
            return self.t("time.days", n=ms // _DAY_MS)
        if ms >= 2 * _HOUR_MS:
            return self.t("time.hours", n=ms // _HOUR_MS)
        return self.t("time.minutes", n=max(1, ms // 60_000))

    def amount(self, value: float | None) -> str:
        """Return money in units of the base currency, without minor units."""
        return "" if value is None else f"{value:,.0f} {self.currency}"

    def owner(self, route: str) -> str:
        """Return who has something: a person's id, a branch, or nobody."""
        kind, _, id_ = route.partition(":")
        if kind in ("rm", "manager") and id_:
            return id_
        return self.t("owner.branch", id=id_) if kind == "branch" and id_ else self.word("owner", route)

    def dom(self, id_: str) -> str:
        """Return an element's id, as `dom` does."""
        return dom(id_)

    def serves(self, path: str) -> bool:
        """Tell whether there is a page at a path."""
        return path in self._paths

    def new_id(self) -> str:
        """Return an id for a form's action: sent twice it is done once."""
        return secrets.token_hex(16)

    def _local(self, time: int) -> dt.datetime:
        return dt.datetime.fromtimestamp(time / 1000, self.zone)


def dom(id_: str) -> str:
    """Return an element's id for an id from outside, whatever signs are in it."""
    return hashlib.blake2b(id_.encode(), digest_size=8).hexdigest()


def zone_of(person: Person | None, default: str) -> ZoneInfo:
    """Return the time zone of who looks."""
    try:
        return ZoneInfo((person.time_zone if person else None) or default)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(default)


def fingerprints(folder: Path) -> Callable[[str], str]:
    """Return what tells a file's content from any other, for its address."""
    made = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        for file in folder.rglob("*")
        if file.is_file()
    }
    return made.__getitem__

"""Robots of chat groups, WeCom and DingTalk: a POST to the URL with the group's key, answered by an error code."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from stream.desk.notify.addresses import UrlError, checked_url
from stream.desk.notify.channel import Answer, Parcel
from stream.desk.notify.webhook import Posts, fault_of
from stream.settings.desk_notify import Bot as Settings

_TOO_OFTEN = {45009: 60.0, 45033: 60.0, 130101: 60.0}  # of either service -> seconds to wait
_MOST_BYTES = 2_000  # of a text that both take
_ANSWER_BYTES = 16_384


class _Said(msgspec.Struct):
    errcode: int


@dataclass(frozen=True, slots=True)
class BotChannel:
    """One robot. `clock`: wall clock, epoch ms."""

    settings: Settings
    posts: Posts
    clock: Callable[[], int]

    async def send(self, parcel: Parcel) -> Answer:
        """Post one message."""
        settings = self.settings
        try:
            url = checked_url(settings.url.get_secret_value(), allow_private=settings.allow_private)
            return await self._post(self._signed(url), payload(settings.style, parcel))
        except UrlError:
            return Answer(fault="address refused")
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            return Answer(fault=fault_of(fault))

    async def _post(self, url: URL, message: Mapping[str, Any]) -> Answer:
        session = self.posts.session(allow_private=self.settings.allow_private)
        async with session.post(
            url,
            data=msgspec.json.encode(message),
            headers={"Content-Type": "application/json"},
            timeout=aiohttp.ClientTimeout(total=self.settings.timeout_s),
            allow_redirects=False,
        ) as answer:
            return said(answer.status, await answer.content.read(_ANSWER_BYTES))

    def _signed(self, url: URL) -> URL:
        """Sign as DingTalk asks for: the time and the secret, in the query."""
        secret = self.settings.secret.get_secret_value()
        if self.settings.style != "dingtalk" or not secret:
            return url
        now = self.clock()
        digest = hmac.new(secret.encode(), f"{now}\n{secret}".encode(), hashlib.sha256).digest()
        return url.update_query({"timestamp": str(now), "sign": base64.b64encode(digest).decode()})


def payload(style: str, parcel: Parcel) -> dict[str, Any]:
    """Return the message; `parcel.to` are user ids who are called by it."""
    text = parcel.body.decode()
    text = text if len(parcel.body) <= _MOST_BYTES else parcel.body[:_MOST_BYTES].decode(errors="ignore") + "…"
    if style == "wecom":
        return {"msgtype": "text", "text": {"content": text, "mentioned_list": list(parcel.to)}}
    return {"msgtype": "text", "text": {"content": text}, "at": {"atUserIds": list(parcel.to)}}


def said(status: int, body: bytes) -> Answer:
    """Read the answer: both services say 200 and an `errcode`."""
    if status != 200:
        return Answer(status=status, fault=f"status {status}")
    try:
        code = msgspec.json.decode(body, type=_Said).errcode
    except msgspec.MsgspecError:
        return Answer(status=status, fault="answer not understood")
    if code == 0:
        return Answer(taken=True, status=status)
    return Answer(status=status, fault=f"errcode {code}", wait_s=_TOO_OFTEN.get(code))

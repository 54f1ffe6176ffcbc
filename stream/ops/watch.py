"""Tails `alerts` and puts each one into lines that an RM in a hurry can read."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.cells import cell_len
from rich.text import Text

from stream.config import Settings
from stream.domain.alerts import NextStep, Words
from stream.domain.signals import Language
from stream.engine.log.readable import decoded
from stream.ops.printable import printable
from stream.ops.reading import Reader

INDENT = 18
"""Columns of the time before everything else: `2025-01-20 22:44  `."""

SEVERITY: dict[str, dict[Language, str]] = {
    "critical": {"en": "CRITICAL", "zh": "特急"},
    "high": {"en": "HIGH", "zh": "高"},
    "medium": {"en": "MEDIUM", "zh": "中"},
    "low": {"en": "LOW", "zh": "低"},
}
STATE: dict[str, dict[Language, str]] = {
    "opened": {"en": "new", "zh": "新预警"},
    "updated": {"en": "update", "zh": "更新"},
    "resolved": {"en": "resolved", "zh": "已解除"},
    "expired": {"en": "expired", "zh": "已到期"},
    "acknowledged": {"en": "acknowledged", "zh": "已受理"},
    "escalated": {"en": "escalated", "zh": "已升级"},
    "closed": {"en": "closed", "zh": "已关闭"},
    "test": {"en": "test", "zh": "测试"},
    "heartbeat": {"en": "heartbeat", "zh": "心跳"},
}
_STYLE = {"critical": "bold white on red", "high": "bold red", "medium": "yellow", "low": "cyan"}
_OVER = frozenset({"resolved", "expired", "closed"})
_WORDS: dict[Language, dict[str, str]] = {
    "en": {"customer": "customer", "rm": "RM", "nobody": "no RM", "to": "also to", "by": "By", "colon": ": "},
    "zh": {"customer": "客户", "rm": "客户经理", "nobody": "无客户经理", "to": "抄送", "by": "最迟", "colon": "："},
}


class Seen(msgspec.Struct, frozen=True):
    """What is shown of a record on `alerts`: engine's, desk's, a test or a heartbeat; what it lacks is empty."""

    state: str
    kind: str = ""
    severity: str = ""
    alert_id: str = ""
    episode_id: str = ""
    customer_id: str = ""
    rm_id: str | None = None
    routes: list[str] = []
    title: Words | None = None
    reason: Words | None = None
    next_step: NextStep | None = None
    event_time: str = ""


@dataclass(frozen=True)
class Received:
    """A record of `alerts`. `alert` is `None` where the body cannot be read; `arrived` is epoch ms."""

    partition: int
    offset: int
    arrived: int
    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    alert: Seen | None

    def header(self, name: str) -> str:
        """Return a CloudEvents attribute, empty when it is missing."""
        return next((value.decode("utf-8", "replace") for key, value in self.headers if key == name), "")


def received(record: Any) -> Received:
    """Return what a consumer's record holds."""
    body = record.value or b""
    try:
        alert = decoded(body, Seen)
    except msgspec.DecodeError:
        alert = None
    return Received(record.partition, record.offset, record.timestamp, tuple(record.headers), body, alert)


@asynccontextmanager
async def tail(
    settings: Settings, stop: asyncio.Event, *, from_start: bool = False
) -> AsyncIterator[AsyncIterator[Received]]:
    """Give an iterator over alerts as they are committed; what is sent once this is entered is not missed.

    Raises:
        ReadError: broker or topic cannot be read.
    """
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(Reader(settings, "alerts"))
        await (reader.from_beginning() if from_start else reader.from_end())
        yield _each(reader, stop)


async def _each(reader: Reader, stop: asyncio.Event) -> AsyncIterator[Received]:
    async for records in reader.follow(stop):
        for record in records:
            yield received(record)


async def alerts(
    settings: Settings, *, from_start: bool = False, stop: asyncio.Event | None = None
) -> AsyncIterator[Received]:
    """Yield alerts as they are committed, until `stop` is set or the consumer of this generator closes it.

    Raises:
        ReadError: broker or topic cannot be read.
    """
    async with tail(settings, stop or asyncio.Event(), from_start=from_start) as each:
        async for one in each:
            yield one


def render(one: Received, language: Language, zone: ZoneInfo) -> list[Text]:
    """Return what to show: who and what, then why, then what to do by when. The last two as far as there are any."""
    alert = one.alert
    if alert is None:
        return [Text(f"{_local(one.arrived, zone)}  not an alert: partition {one.partition}, offset {one.offset}")]
    words = _WORDS[language]
    head = Text(f"{_when(alert.event_time, one.arrived, zone)}  ")
    over = alert.state in _OVER
    if alert.severity:
        text = SEVERITY.get(alert.severity, {}).get(language, alert.severity)
        head.append(_padded(text, 8), "dim" if over else _STYLE.get(alert.severity, ""))
        head.append("  ")
    head.append(_padded(STATE.get(alert.state, {}).get(language, alert.state), 8), "green" if over else "")
    parts = [_in(alert.title, language) or alert.kind]
    if alert.customer_id:
        parts.append(f"{words['customer']} {alert.customer_id}")
        if alert.severity:
            parts.append(f"{words['rm']} {alert.rm_id}" if alert.rm_id else words["nobody"])
    others = [name for name in alert.routes if name.partition(":")[0] not in ("rm", "branch", "unassigned")]
    if others:
        parts.append(f"{words['to']} {', '.join(others)}")
    head.append("  " + _clean(" · ".join(part for part in parts if part)), "" if over else "bold")
    body = [Text(_clean(_in(alert.reason, language)))] if alert.reason else []
    if alert.next_step is not None:
        due = _when(alert.next_step.due, None, zone)
        step = alert.next_step.zh if language == "zh" else alert.next_step.en
        body.append(Text(f"→ {words['by']} {due}{words['colon']}{_clean(step)}", "italic"))
    return [head, *body]


def _in(words: Words | None, language: Language) -> str:
    return "" if words is None else words.zh if language == "zh" else words.en


def _padded(text: str, width: int) -> str:
    """Fill up to `width` columns; a Chinese character takes two."""
    return text + " " * (width - cell_len(text))


def _when(rfc3339: str, otherwise: int | None, zone: ZoneInfo) -> str:
    try:
        return f"{dt.datetime.fromisoformat(rfc3339).astimezone(zone):%Y-%m-%d %H:%M}"
    except ValueError:
        return printable(rfc3339) if otherwise is None else _local(otherwise, zone)


def _local(ms: int, zone: ZoneInfo) -> str:
    return f"{dt.datetime.fromtimestamp(ms / 1000, zone):%Y-%m-%d %H:%M}"


def _clean(text: str) -> str:
    return printable(text)

"""`churnwatch watch`: alerts as they come."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.config import Settings
    from stream.domain.signals import Language
    from stream.ops.watch import Received, Seen


class Tongue(StrEnum):
    """In which language to show alerts."""

    zh = "zh"
    en = "en"


class Severity(StrEnum):
    """How grave."""

    critical = "critical"
    high = "high"
    medium = "medium"
    low = "low"


def command(
    as_json: Annotated[bool, typer.Option("--json", help="The bodies as they are, one a line, for pipes.")] = False,
    language: Annotated[Tongue, typer.Option(help="Of title, reason and next step.")] = Tongue.en,
    from_start: Annotated[bool, typer.Option("--from-start", help="First show what is there already.")] = False,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind, such as balance_drop; repeatable.")] = None,
    severity: Annotated[list[Severity] | None, typer.Option(help="Only this severity; repeatable.")] = None,
    rm: Annotated[list[str] | None, typer.Option(help="Only customers of this RM; repeatable.")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
    seconds: Annotated[float | None, typer.Option("--for", min=0, help="End after so many seconds.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="TOML with what differs from the defaults.")] = None,
) -> None:
    """Show alerts as they come, until Ctrl-C: when, how grave, what and who, why, and what to do by when.

    Only what is committed is shown, each once; others may watch at the same time.

    Ends with 0, also on Ctrl-C; with 1 when --for ran out before --count alerts came.

    Example: churnwatch watch --severity critical --language zh
    """
    import asyncio

    from stream.broker.launcher import located
    from stream.cli.console import faults
    from stream.config import load

    wanted = _filter(frozenset(kind or ()), frozenset(s.value for s in severity or ()), frozenset(rm or ()))
    with faults():
        settings = located(load(config))
        show = _json() if as_json else _lines(settings, language.value)
        code = _until_closed(lambda: asyncio.run(_watch(settings, show, wanted, from_start, count, seconds)))
    raise typer.Exit(code)


def _filter(kinds: frozenset[str], severities: frozenset[str], rms: frozenset[str]) -> Callable[[Seen | None], bool]:
    def takes(alert: Seen | None) -> bool:
        if not (kinds or severities or rms):
            return True
        return (
            alert is not None
            and (not kinds or alert.kind in kinds)
            and (not severities or alert.severity in severities)
            and (not rms or alert.rm_id in rms)
        )

    return takes


def _json() -> Callable[[Received], None]:
    import sys

    def show(one: Received) -> None:
        if one.alert is not None:  # what is no JSON object would break the pipe's reader
            sys.stdout.buffer.write(b" ".join(one.body.split(b"\n")) + b"\n")
            sys.stdout.buffer.flush()

    return show


def _lines(settings: Settings, language: Language) -> Callable[[Received], None]:
    from zoneinfo import ZoneInfo

    from rich.console import Console
    from rich.padding import Padding

    from stream.ops.watch import INDENT, render

    console = Console(highlight=False)
    zone = ZoneInfo(settings.business.time_zone)

    def show(one: Received) -> None:
        head, *body = render(one, language, zone)
        console.print(head)
        for line in body:
            console.print(Padding(line, (0, 0, 0, INDENT)))

    def write(one: Received) -> None:
        head, *body = render(one, language, zone)
        lines = [head.plain, *(" " * INDENT + line.plain for line in body)]
        print("\n".join(lines), flush=True)  # noqa: T201 - rich would end the process when the pipe is closed

    return show if console.is_terminal else write


async def _watch(
    settings: Settings,
    show: Callable[[Received], None],
    wanted: Callable[[Seen | None], bool],
    from_start: bool,
    count: int | None,
    seconds: float | None,
) -> int:
    import asyncio
    import signal
    from contextlib import suppress

    from stream.ops.watch import tail

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    asked = [False]

    def halt() -> None:
        asked[0] = True
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, halt)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    shown = 0
    async with tail(settings, stop, from_start=from_start) as alerts:
        async for one in alerts:
            if not wanted(one.alert):
                continue
            show(one)
            shown += 1
            if shown == count:
                return 0
    return 1 if count is not None and not asked[0] else 0


def _until_closed(work: Callable[[], int]) -> int:
    """Run `work`; a reader that went away (`| head`) is a good end."""
    import os
    import sys

    try:
        return work()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at exit
        return 0

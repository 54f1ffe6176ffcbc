"""`churnwatch deadletters`: what could not be read or handled, and sending it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream.clock import wall_ms

if TYPE_CHECKING:
    from stream.config import Settings
    from stream.ops.deadletters import Filter, Letter, Listing
    from stream.ops.redrive import Plan

app = typer.Typer(
    no_args_is_help=True,
    help="Dead letters: the records that could not be read or handled, with where they came from and why. "
    "List them, look at one, mend the cause, send them again."
    "\n\nExample: churnwatch deadletters list --since 1h",
)

Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML with what differs from the defaults.")]
Topic = Annotated[str, typer.Option("--topic", help="Only those that came from this topic.")]
_SHOWN = 20


@app.command(name="list")
def list_(
    reason: Annotated[list[str] | None, typer.Option(help="Only this reason; may be repeated.")] = None,
    topic: Topic = "",
    since: Annotated[str, typer.Option(help="Only those since: 15m, 6h, 2d, or RFC 3339.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="The newest so many; all are counted.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for pipes.")] = False,
    config: Config = None,
) -> None:
    """List dead letters, the newest last, and count them by reason.

    An id is the letter's partition and offset: churnwatch deadletters show 3/17.

    Example: churnwatch deadletters list --since 6h --reason missing
    """
    import asyncio

    from stream.cli.console import faults
    from stream.ops import deadletters

    with faults():
        which = _filter(reason, topic)
        try:
            begin = deadletters.since_ms(since, wall_ms()) if since else None
        except ValueError as fault:
            raise typer.BadParameter(str(fault), param_hint="--since") from None
        found = asyncio.run(deadletters.listing(_located(config), which, since=begin, limit=limit))
    letters = list(found.letters)[-limit:] if limit else []
    if as_json:
        for one in letters:
            typer.echo(_line(one, found))
    else:
        _table(letters, found)
    counts = ", ".join(f"{reason} {count:,}" for reason, count in found.reasons.most_common())
    typer.echo(f"{found.reasons.total():,} dead letters" + (f": {counts}" if counts else ""), err=as_json)


@app.command()
def show(id: Annotated[str, typer.Argument(help="As listed: partition/offset.")], config: Config = None) -> None:  # noqa: A002
    """Show one dead letter: its headers, and the record as it was received, as text or as a hex dump.

    Example: churnwatch deadletters show 3/17
    """
    import asyncio

    from stream.cli.console import faults
    from stream.ops import deadletters

    with faults():
        wanted = _ids([id])[0]
        letter = asyncio.run(deadletters.find(_located(config), wanted))
    if letter is None:
        typer.echo(f"no dead letter {wanted}: it never was, or its time on the topic is over", err=True)
        raise typer.Exit(1)
    for line in shown(letter):
        typer.echo(line)


@app.command()
def redrive(
    reason: Annotated[list[str] | None, typer.Option(help="Only this reason; may be repeated.")] = None,
    topic: Topic = "",
    id: Annotated[list[str] | None, typer.Option(help="Only this letter; may be repeated.")] = None,  # noqa: A002
    most: Annotated[int, typer.Option("--attempts", min=1, help="Attempts for one record in all.")] = 3,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    actor: Annotated[str, typer.Option(help="Who does it. [default: you]")] = "",
    config: Config = None,
) -> None:
    """Send the records of dead letters back to the topics they came from, as they were received.

    Each letter is sent once only, however often this runs; a record that fails again becomes a new letter, which may
    be sent up to --attempts times in all. Records of the past arrive late: mend the cause first.

    Ends with 0 when all that was asked for was sent, 1 when something was left (it says what and why), 2 when it
    could not run.

    Example: churnwatch deadletters redrive --reason missing --dry-run
    """
    import asyncio

    from stream.cli.console import faults
    from stream.cli.who import user

    with faults():
        which = _filter(reason, topic, id)
        code = asyncio.run(_redrive(_located(config), which, most, dry_run, yes, actor or user()))
    raise typer.Exit(code)


async def _redrive(settings: Settings, which: Filter, most: int, dry: bool, yes: bool, actor: str) -> int:
    from stream.cli.progress import bar
    from stream.ops.redrive import Redrive

    async with Redrive(settings, which, most=most, actor=actor, dry=dry) as redrive:
        plan = await redrive.plan()
        _say_plan(plan, dry)
        code = 1 if plan.missing or (which.ids and plan.refused) else 0
        if dry or not plan.chosen:
            return code
        if not yes and not _agreed(len(plan.chosen)):
            typer.echo("nothing was sent", err=True)
            return 1
        with bar() as shown:
            task = shown.add_task("sent", total=len(plan.chosen), rate="")
            done = await redrive.send(plan, lambda count: shown.update(task, completed=count))
    typer.echo(f"sent {done:,}")
    return code if done == len(plan.chosen) else 1


def _agreed(count: int) -> bool:
    import sys

    if not sys.stdin.isatty():
        raise OSError("nobody is there to ask: add --yes to send, or --dry-run to look")
    return typer.confirm(f"Send {count:,} records again?", err=True)


def _say_plan(plan: Plan, dry: bool) -> None:
    from collections import Counter

    topics = ", ".join(f"{topic} {count:,}" for topic, count in sorted(plan.by_topic().items()))
    what = "would be sent" if dry else "to send"
    typer.echo(f"{what}: {len(plan.chosen):,}" + (f" ({topics})" if topics else ""), err=not dry)
    if dry:
        for letter, (attempt, topic, reason) in list(plan.chosen.items())[:_SHOWN]:
            typer.echo(f"  {letter}  {topic}  {_safe(reason)}  attempt {attempt}")
        if len(plan.chosen) > _SHOWN:
            typer.echo(f"  … and {len(plan.chosen) - _SHOWN:,} more")
    for why, count in Counter(plan.refused.values()).most_common():
        ids = ", ".join(str(letter) for letter, reason in plan.refused.items() if reason == why)
        typer.echo(f"left alone: {count:,}, {why}" + (f" ({ids})" if count <= _SHOWN else ""), err=True)
    for letter in sorted(plan.missing):
        typer.echo(f"no dead letter {letter}", err=True)


def shown(letter: Letter) -> list[str]:
    """Return the lines that show a letter; whatever its bytes are, no line steers the terminal."""
    import datetime as dt

    when = dt.datetime.fromtimestamp(letter.written / 1000).astimezone()
    lines = [f"{'receipt' if not letter.is_letter else 'letter'} {letter.id}, written {when.isoformat(' ', 'seconds')}"]
    lines += [f"  {_safe(name)}: {_safe(value.decode('utf-8', 'backslashreplace'))}" for name, value in letter.headers]
    return [*lines, *_bytes("key", letter.key), *_bytes("value", letter.value)]


def _bytes(what: str, raw: bytes | None) -> list[str]:
    from stream.ops.printable import as_text, hex_dump, printable

    if raw is None:
        return [f"{what}: none"]
    text = as_text(raw)
    if text is not None:
        return [
            f"{what}, {len(raw):,} bytes of text:",
            *(f"  {printable(line, keep=chr(9))}" for line in text.split("\n")),
        ]
    return [f"{what}, {len(raw):,} bytes:", *(f"  {line}" for line in hex_dump(raw))]


def _safe(text: str) -> str:
    from stream.ops.printable import printable

    return printable(text)


def _table(letters: list[Letter], found: Listing) -> None:
    import datetime as dt

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("id", "when", "source", "reason", "path", "message", "redriven", box=None)
    for one in letters:
        when = dt.datetime.fromtimestamp(one.written / 1000).astimezone()
        cells = (
            str(one.id),
            when.strftime("%Y-%m-%d %H:%M:%S"),
            str(one.source) if one.source else one.topic,
            one.reason,
            one.header("dl_path"),
            one.header("dl_message"),
            _redriven(one, found),
        )
        table.add_row(*(Text(_safe(cell)) for cell in cells))
    console = Console()
    if letters:
        # wide enough for its longest line when it goes to a pipe
        Console(width=console.width if console.is_terminal else 240).print(table)


def _redriven(one: Letter, found: Listing) -> str:
    attempts = found.receipts.attempts(one)
    again = f"failed again, attempt {attempts}" if attempts else ""
    return "sent again" if one.id in found.receipts.redriven else again


def _line(one: Letter, found: Listing) -> str:
    import orjson

    from stream.domain.alerts import rfc3339

    source = one.source
    body: dict[str, Any] = {
        "id": str(one.id),
        "written": rfc3339(one.written),
        "topic": one.topic,
        "partition": source.partition if source else None,
        "offset": source.offset if source else None,
        "reason": one.reason,
        "path": one.header("dl_path"),
        "message": one.header("dl_message"),
        "version": one.header("dl_version"),
        "key": _plain(one.key),
        "value": _plain(one.value),
        "redriven": one.id in found.receipts.redriven,
        "attempts": found.receipts.attempts(one),
    }
    return orjson.dumps(body).decode()


def _plain(raw: bytes | None) -> str | dict[str, str] | None:
    """Bytes in JSON: text where they are UTF-8, else an object with their base64."""
    import base64

    if raw is None:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _filter(reasons: list[str] | None, topic: str, ids: list[str] | None = None) -> Filter:
    from stream.ops.deadletters import Filter
    from stream.topics import BY_NAME

    if topic and topic != "timers" and topic not in BY_NAME:
        raise typer.BadParameter(f"no topic {topic!r}; there are {', '.join(BY_NAME)}", param_hint="--topic")
    return Filter(frozenset(reasons or ()), topic, frozenset(_ids(ids or [])))


def _ids(texts: list[str]) -> list[Any]:
    from stream.ops.deadletters import letter_id

    try:
        return [letter_id(text) for text in texts]
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from None


def _located(config: Path | None) -> Settings:
    from stream.broker.launcher import located
    from stream.config import load

    return located(load(config))

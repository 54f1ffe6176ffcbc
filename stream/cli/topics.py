"""`churnwatch topics`: the topics of the design in a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stream.config import Settings
    from stream.ops.widen.run import Line

app = typer.Typer(
    no_args_is_help=True,
    help="The topics: create what is missing, check what is there. Layout: section topics of the settings."
    "\n\nExample: churnwatch topics check",
)

Config = Annotated[Path | None, typer.Option("--config", "-c", help="Settings in TOML.")]


@app.command()
def apply(config: Config = None) -> None:
    """Create the topics that are missing and set the configs that differ.

    A partition count is never changed, since it decides which shard a customer belongs to: what is left to mend by
    hand is listed, and the status is 1.

    Example: churnwatch topics apply --config /etc/churnwatch.toml
    """
    import asyncio

    from stream.broker import admin, progress

    with _errors_told(), progress.shown() as report:
        done = asyncio.run(admin.apply(_located(config), report))
    typer.echo(f"created {len(done.created)}, altered {len(done.altered)}")
    for mismatch in done.left:
        typer.echo(str(mismatch), err=True)
    raise typer.Exit(1 if done.left else 0)


@app.command()
def check(config: Config = None) -> None:
    """List every difference with the command that mends it; status 1 when there is one.

    Example: churnwatch topics check
    """
    import asyncio

    from stream.broker import admin

    with _errors_told():
        mismatches = asyncio.run(admin.check(_located(config)))
    for mismatch in mismatches:
        typer.echo(str(mismatch))
    if mismatches:
        raise typer.Exit(1)
    typer.echo("the topics fit")


@app.command(name="list")
def list_(config: Config = None) -> None:
    """Print the table: name, key, partitions, clean-up, retention and what each topic carries. Needs no broker.

    Example: churnwatch topics list
    """
    from rich.console import Console
    from rich.table import Table

    from stream.broker.layout import DAY_MS, wanted
    from stream.config import load

    table = Table("topic", "key", "partitions", "clean-up", "kept", "time", "carries", box=None)
    with _errors_told():
        topics = wanted(load(config))
    for want in topics:
        kept = want.topic.retention_ms
        table.add_row(
            want.name,
            want.topic.key,
            str(want.partitions),
            want.topic.cleanup,
            "last" if kept is None else f"{kept // DAY_MS} d",
            "arrival" if want.topic.broker_time else "producer's",
            want.topic.carries,
        )
    # wide enough for its longest line when it goes to a pipe
    console = Console()
    Console(width=console.width if console.is_terminal else 200).print(table)


@app.command()
def widen(
    to: Annotated[int, typer.Option(help="Partitions of every keyed topic: a multiple of those there are.")],
    prefix: Annotated[str, typer.Option(help="topics.prefix of the new topics; the old ones stay.")],
    reader: Annotated[
        list[str] | None, typer.Option(help="A group whose place in alerts is to go over; may be given several times.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it; else only what would be done is told.")] = False,
    config: Config = None,
) -> None:
    """More partitions: copy every keyed topic into a wider layout under another prefix, each record once and in order.

    States, timers and the group's places go with them. Every worker and reader must be stopped; producers need not: run
    it again when they are, and it carries over the rest. It may be killed and run again. See the runbook.

    Example: churnwatch topics widen --to 16 --prefix wide-
    """
    import asyncio

    from stream.broker import progress
    from stream.cli.console import quiet_clients
    from stream.ops.widen import run
    from stream.ops.widen.layout import wider

    quiet_clients()
    with _errors_told():
        old = _located(config)
        new = wider(old, to, prefix)
        if not yes:
            _print_lines(asyncio.run(run.plan(old, new, reader or ())))
            typer.echo(f"nothing was done; --yes makes topics of {to} partitions under {prefix!r} and copies this")
            return
        with progress.shown() as report:
            lines = asyncio.run(run.widen(old, new, reader or (), report))
    _print_lines(lines)
    typer.echo(f"copied and compared: now topics.partitions = {to} and topics.prefix = {prefix!r} for every role")


def _print_lines(lines: Iterable[Line]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("topic", "records up to", "not yet taken", "copied", box=None)
    for line in lines:
        cells = ("-" if count is None else str(count) for count in (line.waiting, line.copied))
        table.add_row(line.topic, str(line.records), *cells)
    Console().print(table)


def _located(config: Path | None) -> Settings:
    from stream.broker.launcher import located
    from stream.config import load

    return located(load(config))


@contextmanager
def _errors_told() -> Iterator[None]:
    from aiokafka.errors import KafkaError

    from stream.broker.admin import TopicError
    from stream.broker.errors import BrokerUnavailable
    from stream.config import ConfigError
    from stream.ops.group import GroupRuns
    from stream.ops.widen.layout import WidenRefused

    try:
        yield
    except (BrokerUnavailable, ConfigError, GroupRuns, KafkaError, TimeoutError, TopicError, WidenRefused) as fault:
        typer.echo(f"error: {fault or type(fault).__name__}", err=True)
        raise typer.Exit(1) from None

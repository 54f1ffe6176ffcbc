"""`churnwatch group`: where the engine's consumer group stands, and moving it while no worker runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.config import Settings
    from stream.ops.group import Place

app = typer.Typer(
    no_args_is_help=True,
    help="The engine's consumer group: where it stands by topic and shard, and moving it while no worker runs."
    "\n\nExample: churnwatch group show",
)

Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML with what differs from the defaults.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command()
def show(config: Config = None) -> None:
    """Print the group's next offset of every input partition, what the log holds, and how far behind it is.

    Example: churnwatch group show
    """
    import asyncio

    from stream.cli.console import faults
    from stream.ops import group

    with faults():
        settings = _located(config)
        state, count = asyncio.run(group.members(settings))
        typer.echo(f"group {settings.engine.group}: {state or 'unknown'}, {count} members")
        _print(asyncio.run(group.places(settings)))


@app.command()
def rewind(
    to: Annotated[str, typer.Option(help="A date or RFC 3339 time of arrival, or earliest: the beginning.")],
    yes: Yes = False,
    config: Config = None,
) -> None:
    """Have the group read again from a time on, with no state: every worker must be stopped.

    The changelog is emptied, and states are built again from what is read. Alerts that come again have the same ids as
    before, so that receivers can tell. Set policy.backfill_days first if old warnings must not open again.

    Example: churnwatch group rewind --to earliest
    """
    import asyncio

    from stream.cli.console import faults
    from stream.ops import group

    with faults():
        settings = _located(config)
        moment = None if to == "earliest" else _moment(to, settings)
        if not yes:
            typer.confirm(f"Forget every state of group {settings.engine.group} and read again from {to}?", abort=True)
        _print(asyncio.run(group.rewind(settings, moment)))


@app.command(name="skip-lost")
def skip_lost(yes: Yes = False, config: Config = None) -> None:
    """Move the group over records that were deleted before it came to them, or to the beginning of a topic that was
    made anew: every worker must be stopped.

    States stay; what the lost records said is not in them.

    Example: churnwatch group skip-lost
    """
    import asyncio

    from stream.cli.console import faults
    from stream.ops import group

    with faults():
        settings = _located(config)
        if not yes:
            typer.confirm("Go on without the records that are lost?", abort=True)
        lost = asyncio.run(group.skip_lost(settings))
        gone = [place for place in lost if not place.anew]
        typer.echo(f"{sum(place.lost for place in gone)} records skipped in {len(gone)} partitions")
        if anew := len(lost) - len(gone):
            typer.echo(f"{anew} partitions were made anew: they are read from their beginning")


def _print(places: Iterable[Place]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("topic", "shard", "next", "log from", "to", "behind", "lost", box=None)
    for place in places:
        following = "-" if place.committed is None else str(place.committed)
        cells = (place.shard, following, place.first, place.end, place.lag, place.lost)
        table.add_row(place.topic, *map(str, cells))
    Console().print(table)


def _moment(text: str, settings: Settings) -> int:
    from zoneinfo import ZoneInfo

    from stream.cli.spans import date

    return date(text, "--to", ZoneInfo(settings.business.time_zone))


def _located(config: Path | None) -> Settings:
    from stream.broker.launcher import located
    from stream.config import load

    return located(load(config))

"""`churnwatch convert`: published data sets into replay files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from stream.convert.base import Stats
    from stream.engine.log.jsonl import Line

app = typer.Typer(
    no_args_is_help=True,
    help="Read published data sets (plain or gzip) into a replay file, sorted by event time. "
    "Rows that cannot be read are reported by line and left out."
    "\n\nExample: churnwatch convert online-retail baskets.csv.gz --output events.jsonl",
)

Sources = Annotated[list[Path], typer.Argument(help="The data set's files, plain or gzip.", metavar="SRC...")]
Output = Annotated[Path, typer.Option(help="Where to write; .gz compresses, - is standard output.")]
Zone = Annotated[str, typer.Option(help="The files' days and hours are taken as this time zone's.")]
Reports = Annotated[int, typer.Option(min=0, help="How many bad rows to name; all are counted.")]

_ZONE = "Asia/Shanghai"


@app.command("online-retail")
def online_retail(sources: Sources, output: Output, time_zone: Zone = _ZONE, show_bad: Reports = 20) -> None:
    """UCI Online Retail II, one row per customer and invoice: purchases and returns.

    Example: churnwatch convert online-retail baskets.csv.gz --output events.jsonl
    """
    from stream.convert import online_retail as source

    zone = _zone(time_zone)
    _run(lambda stats: source.lines(sources, stats, zone=zone), output, show_bad)


@app.command()
def berka(sources: Sources, output: Output, time_zone: Zone = _ZONE, show_bad: Reports = 20) -> None:
    """PKDD'99 Berka: trans, and any of account, disp, card, loan (with disp, the customer is the owner).

    Example: churnwatch convert berka trans.csv account.csv disp.csv --output events.jsonl
    """
    from stream.convert import berka as source

    zone = _zone(time_zone)
    _run(lambda stats: source.lines(sources, stats, zone=zone), output, show_bad)


@app.command()
def complaints(
    sources: Sources,
    output: Output,
    customers: Annotated[int, typer.Option(min=1, help="Synthetic customers to attach them to.")] = 1000,
    closed_after: Annotated[int, typer.Option(min=0, help="Days until a finished complaint closes.")] = 30,
    time_zone: Zone = _ZONE,
    show_bad: Reports = 20,
) -> None:
    """FCC and CFPB complaints: for load and texts; they name no customer, so no figure of quality.

    Example: churnwatch convert complaints complaints.csv.gz --output events.jsonl --customers 5000
    """
    from stream.convert import complaints as source

    zone = _zone(time_zone)
    _run(
        lambda stats: source.lines(sources, stats, zone=zone, customers=customers, closed_after=closed_after),
        output,
        show_bad,
    )


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise typer.BadParameter(f"{name!r} is not an IANA time zone such as {_ZONE}") from None


def _run(lines: Callable[[Stats], Iterator[Line]], output: Path, show_bad: int) -> None:
    from stream.cli.progress import counted
    from stream.convert.base import ConvertError, Stats, in_order
    from stream.engine.log.jsonl import write_lines

    stats = Stats()
    try:
        write_lines(output, counted(in_order(lines(stats), stats), "events"))
    except (ConvertError, OSError) as fault:
        typer.echo(f"churnwatch convert: {fault}", err=True)
        raise typer.Exit(2) from None
    _summary(stats, show_bad)


def _summary(stats: Stats, show_bad: int) -> None:
    from stream.convert.base import rfc3339

    for bad in stats.bad[:show_bad]:
        typer.echo(f"{bad.file}:{bad.line}: {bad.reason}", err=True)
    if len(stats.bad) > show_bad:
        typer.echo(f"… and {len(stats.bad) - show_bad:,} more bad rows (see --show-bad)", err=True)
    topics = ", ".join(f"{topic} {count:,}" for topic, count in sorted(stats.events.items())) or "none"
    typer.echo(f"rows       {stats.rows:,} ({len(stats.bad):,} bad, {stats.skipped:,} outside the period)", err=True)
    typer.echo(f"events     {stats.events.total():,}: {topics}", err=True)
    typer.echo(f"customers  {len(stats.customers):,}", err=True)
    if stats.first is not None and stats.last is not None:
        typer.echo(f"period     {rfc3339(stats.first)} to {rfc3339(stats.last)}", err=True)

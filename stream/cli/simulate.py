"""`churnwatch simulate`: a town whose leavers are known."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stream.simulate.town import Options


def command(
    output: Annotated[Path, typer.Option(help="Where to write; .gz compresses, - is standard output.")],
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 1000,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days.")] = 180,
    seed: Annotated[int, typer.Option(help="The same seed gives the same town.")] = 1,
    truth: Annotated[
        Path | None, typer.Option(help="Who leaves, when and why. [default: OUTPUT with .truth.jsonl]")
    ] = None,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")] = datetime(2025, 1, 1),
    drift: Annotated[
        list[str] | None,
        typer.Option(
            help="A change of the town from a day on, DATE:WHAT or DATE:WHAT=FACTOR; may be repeated. WHAT: "
            "campaign (a competitor's: more leave), quiet-leavers (more leave without a sign), "
            "price-rise (more complaints), outages (more incidents), slump (all spend less, none leaves for it)."
        ),
    ] = None,
    mess: Annotated[float, typer.Option(min=0, max=0.5, help="Share of events that come late or twice.")] = 0.005,
    time_zone: Annotated[str, typer.Option(help="The town's days, paydays and hours.")] = "Asia/Shanghai",
) -> None:
    """Simulate a bank's and a phone company's customers: a replay file, and the truth in a file of its own.

    Some leave with signs before, some without, and many stayers show what only looks like a sign.
    A customer's life depends on the seed and their number alone, not on how many others there are.

    Example: churnwatch simulate --customers 500 --days 180 --seed 7 --output town.jsonl
    """
    from zoneinfo import ZoneInfo

    from stream.simulate.drift import DriftError, parse
    from stream.simulate.town import Options

    try:
        drifts = tuple(parse(text) for text in drift or ())
    except DriftError as fault:
        raise typer.BadParameter(str(fault), param_hint="--drift") from None
    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        raise typer.BadParameter(f"{time_zone!r} is not an IANA time zone", param_hint="--time-zone") from None
    if truth is None:
        if str(output) == "-":
            raise typer.BadParameter(
                "say where the truth goes when the events go to standard output", param_hint="--truth"
            )
        name = output.name.removesuffix(".gz").removesuffix(".jsonl")
        truth = output.with_name(f"{name}.truth.jsonl")
    options = Options(customers, days, seed, start.date(), mess, drifts, zone=zone)
    try:
        _run(options, output, truth)
    except OSError as fault:
        typer.echo(f"churnwatch simulate: {fault}", err=True)
        raise typer.Exit(2) from None


def _run(options: Options, output: Path, truth: Path) -> None:
    from collections import Counter

    import orjson

    from stream.cli.progress import counted
    from stream.engine.log.jsonl import Line, open_output, write_lines
    from stream.simulate.town import Town

    town = Town(options)
    topics: Counter[str] = Counter()

    def tallied(line: Line) -> Line:
        topics[line.topic] += 1
        return line

    total = write_lines(output, counted(map(tallied, town.lines()), "events"))
    truths = town.truths()
    with open_output(truth) as file:
        for known in truths:
            file.write(orjson.dumps(known.line(), option=orjson.OPT_APPEND_NEWLINE))
    left = [known for known in truths if known.left_at is not None]
    signed = sum(bool(known.precursors) for known in left)
    by_topic = ", ".join(f"{topic} {count:,}" for topic, count in sorted(topics.items()))
    typer.echo(f"events     {total:,}: {by_topic}", err=True)
    typer.echo(f"customers  {len(truths):,}", err=True)
    typer.echo(f"left       {len(left):,}: {signed:,} with precursors, {len(left) - signed:,} without", err=True)
    typer.echo(f"truth      {truth}", err=True)

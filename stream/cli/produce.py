"""`churnwatch produce`: a replay file onto Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stream.config import Settings
    from stream.produce import Sent

_SHOWN = 20


def command(
    source: Annotated[Path, typer.Option("--input", help="The replay file, plain or gzip; - is standard input.")],
    rate: Annotated[float | None, typer.Option(min=0.001, help="Events a second at most.")] = None,
    speedup: Annotated[
        float | None, typer.Option(min=0.001, help="Seconds of the lines' timestamps that pass in one second.")
    ] = None,
    bootstrap: Annotated[str, typer.Option(help="host:port of the broker. [default: KAFKA_BOOTSTRAP, or ours]")] = "",
    config: Annotated[Path | None, typer.Option(help="Settings that differ from the default, TOML.")] = None,
) -> None:
    """Publish a replay file in its order, keyed as Java clients do, and wait for every acknowledgement.

    Ends with 0 when every line was acknowledged, 1 when some were not (they are named), 2 when it could not
    run, 130 or 143 when it was interrupted (what was taken is delivered first).

    Example: churnwatch produce --input town.jsonl --rate 2000
    """
    import asyncio

    from stream.broker.errors import BrokerUnavailable
    from stream.broker.launcher import located
    from stream.config import ConfigError, load
    from stream.produce import ProduceError

    try:
        settings = load(config)
        if bootstrap:
            settings = settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"bootstrap": bootstrap})})
        code = asyncio.run(_run(located(settings), source, rate, speedup))
    except (ConfigError, BrokerUnavailable, ProduceError, OSError) as fault:
        typer.echo(f"churnwatch produce: {fault}", err=True)
        raise typer.Exit(2) from None
    raise typer.Exit(code)


async def _run(settings: Settings, source: Path, rate: float | None, speedup: float | None) -> int:
    import asyncio
    import signal
    from contextlib import suppress

    from stream.cli.progress import bar
    from stream.engine.log.jsonl import read_lines
    from stream.produce import produce

    stop, caught = asyncio.Event(), [0]

    def halt(number: int) -> None:
        caught[0] = number
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, halt, number)
    with bar() as shown:
        task = shown.add_task("sent", total=_count(source), rate="")

        def progress(sent: Sent) -> None:
            elapsed = max(shown.tasks[0].elapsed or 0.0, 0.001)
            done = sent.total + len(sent.faults) + sent.refused.total()
            shown.update(task, completed=done, rate=f"{done / elapsed:,.0f}/s")

        sent = await produce(settings, read_lines(source), rate=rate, speedup=speedup, progress=progress, stop=stop)
    _summary(sent)
    if caught[0]:
        return 128 + caught[0]
    return 1 if sent.faults or sent.refused else 0


def _count(source: Path) -> int | None:
    """Count a plain file's lines for the bar; a compressed one or standard input has no known end."""
    if str(source) == "-" or source.suffix == ".gz":
        return None
    with source.open("rb") as file:
        return sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b""))


def _summary(sent: Sent) -> None:
    for fault in sent.faults[:_SHOWN]:
        typer.echo(f"line {fault.line}: {fault.reason}", err=True)
    if len(sent.faults) > _SHOWN:
        typer.echo(f"… and {len(sent.faults) - _SHOWN:,} more lines that could not be sent", err=True)
    for reason, count in sent.refused.items():
        typer.echo(f"refused by the broker: {count:,} of {reason}", err=True)
    topics = ", ".join(f"{topic} {count:,}" for topic, count in sorted(sent.by_topic.items())) or "none"
    speed = sent.total / sent.seconds if sent.seconds else 0.0
    typer.echo(f"sent       {sent.total:,} in {sent.seconds:.1f} s, {speed:,.0f}/s: {topics}", err=True)
    if sent.faults or sent.refused:
        typer.echo(f"not sent   {len(sent.faults) + sent.refused.total():,}", err=True)

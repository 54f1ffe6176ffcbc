"""`churnwatch kafka`: a broker to run against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stream.config import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="A Kafka broker to run against: the one you name (KAFKA_BOOTSTRAP or kafka.bootstrap), an unpacked "
    "distribution (KAFKA_HOME), or an embedded one that needs nothing but Python."
    "\n\nExample: churnwatch kafka up",
)

Name = Annotated[str, typer.Option("--name", "-n", help="Brokers of different names run side by side.")]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="The broker's directory, instead of one in the cache (CHURNWATCH_CACHE)."),
]
Config = Annotated[Path | None, typer.Option("--config", "-c", help="Settings in TOML.")]


@app.command()
def up(name: Name = "default", data: Data = None, config: Config = None) -> None:
    """Start a broker, or find the one that runs, and print its address once it answers.

    The address is all that goes to standard output: export KAFKA_BOOTSTRAP="$(churnwatch kafka up)".
    The broker goes on running when this command ends; started again it has its old address and data.

    Example: churnwatch kafka up --name second
    """
    from stream.broker import launcher, progress
    from stream.broker.errors import BrokerUnavailable

    try:
        with progress.shown() as report:
            broker = launcher.up(_settings(config), name=name, data=data, progress=report)
    except (BrokerUnavailable, ValueError) as fault:
        raise _failed(fault) from None
    typer.echo(broker.bootstrap)


@app.command()
def down(name: Name = "default", data: Data = None) -> None:
    """Stop the broker that `up` started. Its data stays. A broker that was given is left alone.

    Example: churnwatch kafka down --name second
    """
    from stream.broker import launcher

    try:
        stopped = launcher.down(name=name, data=data)
    except ValueError as fault:
        raise _failed(fault) from None
    typer.echo("stopped" if stopped else "not running", err=True)


@app.command()
def status(
    name: Name = "default",
    data: Data = None,
    config: Config = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Say which broker is used and whether it runs; status 1 when it does not.

    With --json: running, bootstrap, kind (given, home, embedded), pid, version, log, data.

    Example: churnwatch kafka status
    """
    from dataclasses import asdict

    from stream.broker import launcher

    try:
        found = asdict(launcher.status(_settings(config), name=name, data=data))
    except ValueError as fault:
        raise _failed(fault) from None
    if json:
        import orjson

        typer.echo(orjson.dumps(found).decode())
    else:
        for key, value in found.items():
            typer.echo(f"{key:<10} {'-' if value is None else str(value).lower() if key == 'running' else value}")
    raise typer.Exit(0 if found["running"] else 1)


def _settings(config: Path | None) -> Settings:
    from stream.config import load

    return load(config)


def _failed(fault: Exception) -> typer.Exit:
    typer.echo(f"error: {fault}", err=True)
    return typer.Exit(1)

"""`churnwatch control`: operators' commands, and whether they took effect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Commands to the running workers. Each is written to the topic control with who gave it, carried out by one "
    "worker, and waited for.",
)

Actor = Annotated[str, typer.Option(help="Who gives it, for the audit. [default: you]")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the effect.")]
Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML with what differs from the defaults.")]


@app.command(name="test-alert")
def test_alert(
    customer: Annotated[str, typer.Option(help="The customer id it carries; none of yours.")] = "test-customer",
    actor: Actor = "",
    timeout: Timeout = 30,
    config: Config = None,
) -> None:
    """Have a test alert sent on alerts, so that a receiver can be checked. It concerns nobody and opens nothing.

    Ends with 0 when it arrived, 1 when no worker answered in time, 2 when it could not be sent.
    """
    _give("test_alert", {"customer_id": customer}, actor, timeout, config)


@app.command()
def heartbeat(actor: Actor = "", timeout: Timeout = 30, config: Config = None) -> None:
    """Have a heartbeat sent on alerts, so that a receiver knows that silence means that there is nothing to say.

    Ends as test-alert does.
    """
    _give("heartbeat", {}, actor, timeout, config)


def _give(command: str, arguments: dict[str, Any], actor: str, timeout: float, config: Path | None) -> None:
    import asyncio
    import time
    import uuid

    from stream.broker.launcher import located
    from stream.cli.console import faults, say
    from stream.cli.who import user
    from stream.codec import Rejected
    from stream.config import load
    from stream.ops import commanding

    with faults():
        settings = located(load(config))
        work = commanding.give(
            settings,
            command,
            arguments,
            actor=actor or user(),
            event_id=str(uuid.uuid4()),
            now=time.time_ns() // 1_000_000,
            timeout_s=timeout,
            sent=lambda: say(f"{command} is on {settings.topics.prefix}control; waiting for a worker"),
        )
        try:
            answer = asyncio.run(work)
        except Rejected as why:
            raise typer.BadParameter(str(why)) from None
    if answer is None:
        say(f"no worker answered within {timeout:g} s. Does one run? churnwatch worker")
        raise typer.Exit(1)
    one, took = answer
    where = f"partition {one.partition}, offset {one.offset}"
    typer.echo(f"{one.header('ce_type')} {one.header('ce_id')} arrived on alerts after {took:.1f} s ({where})")

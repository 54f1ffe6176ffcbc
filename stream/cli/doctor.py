"""`churnwatch doctor`: is this deployment well?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stream.clock import wall_ms

_COLOURS = {"ok": "green", "look": "yellow", "wrong": "red"}


def command(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML with what differs from defaults.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for pipes.")] = False,
) -> None:
    """Check a deployment: packages, disk, the desk's database and keys; the cluster, topics, clock, group, and model.

    Changes nothing. Run it as the user and with the configuration of a role: what this user may not do, it says, too.
    Ends with 0 when nothing is wrong, 1 when something is, 2 when the configuration cannot be read.

    Example: churnwatch doctor --config /etc/churnwatch.toml
    """
    import asyncio
    import dataclasses

    import orjson

    from stream.broker.launcher import located
    from stream.cli.console import faults, quiet_clients
    from stream.config import load
    from stream.ops.doctor.round import visit

    quiet_clients()
    with faults():
        settings = located(load(config))

    async def run() -> bool:
        well = True
        async for finding in visit(settings, wall_ms()):
            well = well and finding.verdict != "wrong"
            if as_json:
                typer.echo(orjson.dumps(dataclasses.asdict(finding)).decode())
                continue
            verdict = typer.style(f"{finding.verdict:<6}", fg=_COLOURS[finding.verdict])
            typer.echo(f"{verdict} {finding.check}: {finding.said}")
            if finding.mend:
                typer.echo(f"       {finding.mend}")
        return well

    raise typer.Exit(0 if asyncio.run(run()) else 1)

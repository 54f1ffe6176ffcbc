"""`churnwatch demo`: all of it at once, to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_RATE = 4000.0


def command(
    paths: Annotated[list[Path] | None, typer.Argument(help="The files of --source.", metavar="[PATH...]")] = None,
    source_file: Annotated[Path | None, typer.Option("--input", help="A replay file instead of the town.")] = None,
    source: Annotated[str | None, typer.Option(help="berka, online-retail or complaints, with its files.")] = None,
    customers: Annotated[int, typer.Option(min=1, help="Customers of the simulated town.")] = 400,
    days: Annotated[int, typer.Option(min=1, help="Days the town lives through.")] = 120,
    seed: Annotated[int, typer.Option(help="Another seed is another town.")] = 1,
    rate: Annotated[
        float | None, typer.Option(min=0, help="Events a second; 0 = as fast as it goes. [default: 4000 for the town]")
    ] = None,
    desk: Annotated[bool, typer.Option("--desk/--no-desk", help="Run the desk beside the worker.")] = True,
    desk_port: Annotated[int, typer.Option(min=0, max=65535, help="Loopback port of its page; 0 = a free one.")] = 0,
    dashboard: Annotated[
        bool,
        typer.Option("--dashboard", help="Dashboards in a browser, by a Prometheus of its own (to be installed)."),
    ] = False,
    browse: Annotated[bool, typer.Option("--open", help="Open the RM's link in a browser (on a terminal).")] = False,
    leave: Annotated[bool, typer.Option("--exit", help="End when the input is done (always so in a pipe).")] = False,
    test_alert: Annotated[bool, typer.Option("--test-alert", help="Send a test alert to `alerts` first.")] = False,
    heartbeat: Annotated[bool, typer.Option("--heartbeat", help="Send a heartbeat to `alerts` first.")] = False,
    memory: Annotated[bool, typer.Option("--memory", help="No broker: the same over the log in memory.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="TOML with what differs from the defaults.")] = None,
) -> None:
    """Start a broker, a worker and a desk, feed them a simulated town, and show the warnings as they fire.

    The desk's page is on the loopback address; links that sign in are printed, one for an RM whose customers nobody
    else answers for, one each for the manager, an auditor and an administrator. The other RMs' answers are simulated.
    The desk goes by the town's time. The dashboards are those for Grafana, as pages of a Prometheus that scrapes
    worker and desk.

    Ends with a summary; status 0 only if every event was accounted for and the desk has every alert.
    Everything it made is removed again.

    Example: churnwatch demo --dashboard

    Example: churnwatch demo --input events.jsonl --exit

    Example: churnwatch demo --source berka trans.asc.gz account.asc.gz disp.asc.gz --exit
    """
    import asyncio

    from rich.console import Console

    from stream.cli.console import faults, quiet_clients
    from stream.config import load
    from stream.demo import memory as in_memory
    from stream.demo import run
    from stream.demo.plan import Plan
    from stream.demo.source import TownLines, lines
    from stream.engine.assemble import business

    console = Console()
    quiet_clients()
    with faults():
        settings = load(config)
        zone = business(settings).zone
        try:
            what, events = lines(
                file=source_file, source=source, paths=paths or [], customers=customers, days=days, seed=seed, zone=zone
            )
        except ValueError as fault:
            raise typer.BadParameter(str(fault)) from None
        if memory and dashboard:
            raise typer.BadParameter("--memory has no worker whose metrics could be shown: leave --dashboard away")
        if memory:
            raise typer.Exit(in_memory.run(settings, what, events, console))
        town = source_file is None and source is None
        pace = (_RATE if town else None) if rate is None else rate or None
        checks = ("test_alert",) * test_alert + ("heartbeat",) * heartbeat
        leave = leave or not console.is_terminal
        plan = Plan(
            what, events, pace, leave, config, events.town if isinstance(events, TownLines) else None,
            desk, desk_port, browse and not leave, dashboard, checks,
        )  # fmt: skip
        try:
            status = asyncio.run(run.run(settings, plan, console))
        except asyncio.CancelledError:
            status = 130
        raise typer.Exit(status)

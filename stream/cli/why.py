"""`churnwatch why`: why there was an alert about a customer, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    kind: Annotated[str, typer.Option(help="Only this kind of warning.")] = "",
    worker: Annotated[str, typer.Option(help="URL of a worker's internal port. [default: any that runs]")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The worker's answer as it is.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="TOML with what differs from the defaults.")] = None,
) -> None:
    """Tell what every rule and stage said last about a customer, also why no alert went out.

    A rule is open, on trial (in shadow), held back (and by which stage), over, quiet (with the figures it goes by) or
    off. Any worker takes the question and passes it to the one that owns the customer.

    Ends with 0, with 1 when nothing is known about the customer, with 2 when nobody could be asked.

    Example: churnwatch why c-1001 --kind balance_drop
    """
    import sys

    import orjson

    from stream.cli.state import asked
    from stream.ops.why_view import lines
    from stream.rules.registry import discover

    if kind and kind not in discover():
        raise typer.BadParameter(f"no rule {kind}; there are {', '.join(sorted(discover()))}", param_hint="--kind")
    _, answer = asked(config, worker, customer, "why")
    if as_json:
        typer.echo(orjson.dumps(answer).decode())
        return
    colours = {"open": "red", "on trial": "yellow", "held back": "yellow", "over": "cyan", "figures": "bright_black"}
    for verdict, line in lines(answer, kind):
        colour = colours.get(verdict)
        typer.echo(typer.style(line, fg=colour) if colour and sys.stdout.isatty() else line)

"""`churnwatch state`: what is known about a customer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from stream.config import Settings


def command(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    worker: Annotated[str, typer.Option(help="URL of a worker's internal port. [default: any that runs]")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The worker's answer as it is.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="TOML with what differs from the defaults.")] = None,
) -> None:
    """Show what is known about a customer: open warnings, holdings, activity, complaints, timers.

    Any worker takes the question and passes it to the one that owns the customer. It wants the bearer token of the
    internal port: http.token, or the one kept beside the state where the workers run.

    Ends with 0, with 1 when nothing is known about the customer, with 2 when nobody could be asked.

    Example: churnwatch state c-1001
    """
    settings, answer = asked(config, worker, customer, "state")
    if as_json:
        import orjson

        typer.echo(orjson.dumps(answer).decode())
        return
    from stream.engine.assemble import business
    from stream.ops.state_view import picture

    for line in picture(answer, business(settings)):
        typer.echo(line)


def asked(config: Path | None, worker: str, customer: str, what: str) -> tuple[Settings, dict[str, Any]]:
    """Return the settings and a worker's answer about a customer; ends the command where there is none.

    `worker`: whom to ask, empty for any; `what`: see `asking.ask`.
    """
    import asyncio

    from stream.cli.console import faults, say
    from stream.config import load
    from stream.ops.asking import Unknown

    with faults():
        settings = load(config)
        try:
            return settings, asyncio.run(_ask(settings, worker, customer, what))
        except Unknown as why:
            say(str(why.args[0]))
            raise typer.Exit(1) from None


async def _ask(settings: Settings, worker: str, customer: str, what: str) -> dict[str, Any]:
    from stream.broker.launcher import located
    from stream.engine.worker.directory import token
    from stream.ops import asking

    urls = [worker] if worker else await asking.workers(located(settings))
    return await asking.ask(urls, customer, token(settings, make=False), what=what)

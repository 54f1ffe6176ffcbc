"""`churnwatch models`: what the trainer published, and what of it is in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream.cli.control import Actor, Config, Timeout, give

if TYPE_CHECKING:
    from models.snapshot import Snapshot

app = typer.Typer(
    no_args_is_help=True,
    help="The models that the trainer published: list them, read one's card, choose which is in force."
    "\n\nExample: churnwatch models list",
)

Json = Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")]


@app.command(name="list")
def list_(as_json: Json = False, config: Config = None) -> None:
    """List the snapshots there are, the newest first: which is in force, what each learned from, how well it does.

    Example: churnwatch models list
    """
    from stream.cli.console import say
    from stream.ops import model_view

    there, settings, standing = _read(config)
    rows = [model_view.row(snapshot, standing, settings) for snapshot in there]
    if as_json:
        _json(rows)
    elif rows:
        _console().print(model_view.table(rows))
    else:
        say("there is no snapshot yet. Does a trainer run? churnwatch trainer")


@app.command()
def show(
    version: Annotated[str, typer.Argument(help="Its version, as models list has it. [default: that in force]")] = "",
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Show a snapshot's model card: champion, span, figures by candidate and class, weights, grades, deciles.

    Example: churnwatch models show
    """
    from models.card import card
    from stream.cli.console import say
    from stream.ops import model_view

    there, _, standing = _read(config)
    found = next((one for one in there if one.version == version), None) if version else standing
    if found is None:
        known = ", ".join(one.version for one in there) or "none"
        say(f"no snapshot {version}; there are {known}" if version else "there is no snapshot yet")
        raise typer.Exit(1)
    if as_json:
        _json(card(found, top=len(found.features)))
        return
    console = _console()
    for part in model_view.picture(card(found)):
        console.print(part)


@app.command()
def promote(
    candidate: Annotated[str, typer.Argument(help="stack, or an expert's name, as models show has it.")] = "",
    reset: Annotated[bool, typer.Option("--reset", help="Leave the choice to the trainer again.")] = False,
    actor: Actor = "",
    timeout: Timeout = 30,
    config: Config = None,
) -> None:
    """Let a candidate score from now on, on every worker, whichever snapshot is in force.

    Example: churnwatch models promote booster
    """
    if bool(candidate) == reset:
        raise typer.BadParameter("give a candidate, or --reset")
    give("promote_model", {} if reset else {"name": candidate}, actor, timeout, config)


@app.command()
def rollback(actor: Actor = "", timeout: Timeout = 30, config: Config = None) -> None:
    """Go back to the version before the one in force, now, and stay there until unpinned.

    Example: churnwatch models rollback
    """
    give("rollback_model", {}, actor, timeout, config)


@app.command()
def pin(
    version: Annotated[str, typer.Argument(help="Its version, as models list has it.")],
    actor: Actor = "",
    timeout: Timeout = 30,
    config: Config = None,
) -> None:
    """Keep a version in force, whatever is published after it.

    Example: churnwatch models pin 2026-11-28-000123
    """
    give("pin_model", {"version": version}, actor, timeout, config)


@app.command()
def unpin(actor: Actor = "", timeout: Timeout = 30, config: Config = None) -> None:
    """Let the newest version be in force again.

    Example: churnwatch models unpin
    """
    give("unpin_model", {}, actor, timeout, config)


@app.command()
def publish(actor: Actor = "", timeout: Timeout = 30, config: Config = None) -> None:
    """Have the trainer publish what it knows now, without waiting for more examples.

    Example: churnwatch models publish
    """
    give("publish_model", {}, actor, timeout, config)


def _read(config: Path | None) -> tuple[list[Snapshot], dict[bytes, bytes], Snapshot | None]:
    """Return the snapshots, what is on `settings`, and the snapshot in force."""
    import asyncio

    from stream.broker.launcher import located
    from stream.cli.console import faults
    from stream.config import load
    from stream.engine.kafka.broadcast import read_whole
    from stream.training import shelf

    with faults():
        settings = located(load(config))

        async def both() -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
            return await read_whole(settings, "models"), await read_whole(settings, "settings")

        models, said = asyncio.run(both())
    return shelf.snapshots(models), said, shelf.standing(models, said)


def _json(value: Any) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _console() -> Any:
    """Return a console for the result: as wide as the terminal, or wide enough where there is none."""
    import sys

    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=160)

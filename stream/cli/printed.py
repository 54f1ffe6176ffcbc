"""`--print-config`: the settings in force, as a role would run with them, secrets masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stream.config import Settings

PrintConfig = Annotated[
    bool, typer.Option("--print-config", help="Print the settings in force as JSON, secrets masked, and end.")
]


def stop_if(wanted: bool, settings: Settings) -> None:
    """Print `settings` and end the command, where that is wanted.

    Every secret is a `SecretStr`, which no dump reveals.
    """
    if wanted:
        typer.echo(settings.model_dump_json(indent=2))
        raise typer.Exit(0)

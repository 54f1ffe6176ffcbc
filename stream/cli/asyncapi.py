"""`churnwatch asyncapi`: the interface as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    output: Annotated[Path | None, typer.Option("--output", help="Write it here. [default: standard output]")] = None,
) -> None:
    """Print the whole interface, every topic, message and field, as an AsyncAPI 3 document in YAML.

    Example: churnwatch asyncapi --output deploy/docs/asyncapi.yaml
    """
    from stream.cli.console import faults
    from stream.interface.asyncapi import as_yaml

    with faults():
        if output is None:
            typer.echo(as_yaml(), nl=False)
        else:
            output.write_text(as_yaml(), encoding="utf-8")

"""`churnwatch openapi`: the desk's API as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    output: Annotated[Path | None, typer.Option("--output", help="Write it here. [default: standard output]")] = None,
) -> None:
    """Print the desk's API, every path and struct, as an OpenAPI 3.1 document in YAML.

    Example: churnwatch openapi --output deploy/docs/openapi.yaml
    """
    from stream.cli.console import faults
    from stream.desk.web.openapi import as_yaml
    from stream.desk.web.routes import TABLE

    with faults():
        if output is None:
            typer.echo(as_yaml(TABLE), nl=False)
        else:
            output.write_text(as_yaml(TABLE), encoding="utf-8")

"""`churnwatch settings`: every setting as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    output: Annotated[Path | None, typer.Option("--output", help="Write it here. [default: standard output]")] = None,
) -> None:
    """Print every setting with its type, default, bounds and meaning, as Markdown.

    Example: churnwatch settings --output deploy/docs/configuration.md
    """
    from stream.cli.console import faults
    from stream.config import load
    from stream.interface.settings import reference

    with faults():
        text = reference(load(env={}))
        if output is None:
            typer.echo(text, nl=False)
        else:
            output.write_text(text, encoding="utf-8")

"""`churnwatch dashboards`: what Grafana shows, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    output: Annotated[Path, typer.Option("--output", help="A folder: a file for each dashboard.")],
) -> None:
    """Write the Grafana dashboards as JSON, for provisioning or import.

    Needs the extra `churnwatch[dashboards]`.

    Example: churnwatch dashboards --output deploy/grafana
    """
    from stream.cli.console import faults, say

    try:
        from stream.interface.dashboards.build import documents
    except ImportError:
        say('churnwatch: Grafana\'s foundation SDK is not installed: pip install "churnwatch[dashboards]"')
        raise typer.Exit(2) from None
    with faults():
        output.mkdir(parents=True, exist_ok=True)
        for name, text in documents():
            (output / name).write_text(text, encoding="utf-8")
            say(f"{output / name}")

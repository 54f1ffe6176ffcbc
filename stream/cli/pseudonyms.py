"""`churnwatch pseudonyms`: keys for pseudonyms on outgoing topics, and whom one stands for."""

from __future__ import annotations

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Pseudonyms of customers on outgoing topics (section privacy)."
    "\n\nExample: churnwatch pseudonyms new-key k2026",
)


@app.command("new-key")
def new_key(name: str = typer.Argument(help="1 to 16 letters and digits, such as k2026")) -> None:
    """Print a fresh key, to be the first line of privacy.keys_file.

    Example: churnwatch pseudonyms new-key k2026 | cat - keys > keys.new
    """
    from stream.cli.console import faults
    from stream.config import ConfigError
    from stream.engine.shard import pseudonyms

    with faults():
        try:
            key = pseudonyms.new_key(name)
        except ValueError as fault:
            raise ConfigError(str(fault)) from None
    typer.echo(key)

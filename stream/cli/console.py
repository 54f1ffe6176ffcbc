"""How every command speaks: results on stdout, all else on stderr, faults in one sentence, no colours in pipes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer


def say(text: str) -> None:
    """Tell the person something that is not the result."""
    typer.echo(text, err=True)


@contextmanager
def faults() -> Iterator[None]:
    """Turn what a person can mend into one sentence and exit code 2."""
    from stream.broker.errors import BrokerUnavailable
    from stream.config import ConfigError
    from stream.rules.registry import RegistryError

    try:
        yield
    except (ConfigError, RegistryError, BrokerUnavailable, OSError) as fault:
        typer.secho(f"churnwatch: {fault}", err=True, fg="red")
        raise typer.Exit(2) from None

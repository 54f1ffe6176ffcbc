"""How every command speaks: results on stdout, all else on stderr, faults in one sentence, no colours in pipes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import typer


def say(text: str) -> None:
    """Tell the person something that is not the result."""
    typer.echo(text, err=True)


def quiet_clients() -> None:
    """Keep what the Kafka client says of its retries off the screen; what matters is raised."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())


@contextmanager
def faults() -> Iterator[None]:
    """Turn what a person can mend into one sentence and exit code 2."""
    from stream.broker.errors import BrokerUnavailable
    from stream.broker.layout import TopicMismatch
    from stream.config import ConfigError
    from stream.policy.base import PolicyError
    from stream.rules.registry import RegistryError

    try:
        yield
    except (ConfigError, RegistryError, PolicyError, BrokerUnavailable, TopicMismatch, OSError) as fault:
        typer.secho(f"churnwatch: {fault}", err=True, fg="red")
        raise typer.Exit(2) from None

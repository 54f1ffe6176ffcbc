"""`churnwatch acls`: the least that each role needs at the broker, made from the topics' table."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stream.access import Grant
    from stream.config import Settings
    from stream.topics import Role

app = typer.Typer(
    no_args_is_help=True,
    help="Access lists of the broker: print, apply or check the least that each role needs. Roles: producer, worker, "
    "trainer, desk, reader (of alerts), operator."
    "\n\nExample: churnwatch acls print --role worker",
)

Config = Annotated[Path | None, typer.Option("--config", "-c", help="Settings in TOML.")]
Principal = Annotated[
    list[str] | None,
    typer.Option("--principal", metavar="ROLE=PRINCIPAL", help="As worker=User:CN=w. [default: User:churnwatch-ROLE]"),
]
Roles = Annotated[list[str] | None, typer.Option("--role", help="Only this one; may be given several times.")]
Groups = Annotated[
    str, typer.Option(help="What the groups of those who read alerts begin with. [default: GROUP-reader]")
]


@app.command("print")
def print_(config: Config = None, principal: Principal = None, role: Roles = None, reader_groups: Groups = "") -> None:
    """Print the commands of Kafka's own tool. Needs no broker.

    Example: churnwatch acls print --principal worker=User:CN=worker --role worker > acls.sh
    """
    from stream import access
    from stream.cli.console import faults
    from stream.config import load

    with faults():
        settings = load(config)
        wanted, who = _wanted(settings, principal, role, reader_groups)
    for line in access.commands(wanted, who, settings.kafka.bootstrap or "BROKER:9093"):
        typer.echo(line)


@app.command()
def apply(config: Config = None, principal: Principal = None, role: Roles = None, reader_groups: Groups = "") -> None:
    """Give what is missing, with an administrator's credentials in [kafka]. Nothing is taken away.

    Example: churnwatch acls apply --config admin.toml
    """
    from stream.broker import acls

    settings, wanted, who = _asked(config, principal, role, reader_groups)
    with _told():
        given = asyncio.run(acls.apply(settings, wanted, who))
    typer.echo(f"given {len(given)} of {len(wanted)}")


@app.command()
def check(config: Config = None, principal: Principal = None, role: Roles = None, reader_groups: Groups = "") -> None:
    """List every grant that is missing; status 1 when one is.

    Example: churnwatch acls check --role worker
    """
    from stream.broker import acls

    settings, wanted, who = _asked(config, principal, role, reader_groups)
    with _told():
        lacking = asyncio.run(acls.missing(settings, wanted, who))
    for grant in lacking:
        typer.echo(f"{who[grant.role]} lacks {grant.operation} on {grant.resource} {grant.name}")
    if lacking:
        raise typer.Exit(1)
    typer.echo("the access lists are complete")


def _asked(
    config: Path | None, principal: list[str] | None, role: list[str] | None, reader_groups: str
) -> tuple[Settings, list[Grant], dict[Role, str]]:
    from stream.broker.launcher import located
    from stream.cli.console import faults
    from stream.config import load

    with faults():
        settings = located(load(config))
        return settings, *_wanted(settings, principal, role, reader_groups)


def _wanted(
    settings: Settings, principal: list[str] | None, role: list[str] | None, reader_groups: str
) -> tuple[list[Grant], dict[Role, str]]:
    from stream import access
    from stream.config import ConfigError

    try:
        pairs = dict(text.split("=", 1) for text in principal or ())
        who = access.principals(pairs)
    except ValueError as fault:
        raise ConfigError(f"--principal: {fault}") from None
    if unknown := set(role or ()) - set(access.ROLES):
        raise ConfigError(f"--role: {', '.join(sorted(unknown))}; there are {', '.join(access.ROLES)}")
    made = access.grants(settings, reader_groups=reader_groups)
    return [grant for grant in made if not role or grant.role in role], who


@contextmanager
def _told() -> Iterator[None]:
    from aiokafka.errors import KafkaError

    from stream.broker.acls import AclError
    from stream.cli.console import faults

    with faults():
        try:
            yield
        except (AclError, KafkaError) as fault:
            raise OSError(str(fault) or type(fault).__name__) from None

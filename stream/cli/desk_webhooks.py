"""`churnwatch desk-webhooks`: where alerts are posted to, as an operator keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.desk_store import run

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from stream.config import Settings
    from stream.desk.store.vault import Vault

Config = Annotated[Path | None, typer.Option("--config", help="TOML with what differs from the defaults.")]
Id = Annotated[str, typer.Argument(metavar="ENDPOINT", help="its id, as `list` shows it")]
Some = Annotated[list[str] | None, typer.Option(help="only these; may be given several times")]

app = typer.Typer(
    no_args_is_help=True,
    help="Webhooks of the desk: where alerts are posted to (Standard Webhooks)."
    "\n\nExample: churnwatch desk-webhooks list",
)


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="https://...")],
    config: Config = None,
    description: Annotated[str, typer.Option(help="for people")] = "",
    state: Some = None,
    kind: Some = None,
    severity: Some = None,
    branch: Some = None,
    allow_private: Annotated[bool, typer.Option(help="an address of the house's own network, or plain http")] = False,
    contact: Annotated[str, typer.Option(help="mail address of its owner, who is told when it fails")] = "",
) -> None:
    """Add an endpoint. Its secret is printed this once: the receiver verifies signatures with it.

    Example: churnwatch desk-webhooks add https://crm.example.com/hook --severity critical --contact crm@example.com
    """
    from stream.cli.who import user
    from stream.desk.notify import endpoints

    wanted = endpoints.Endpoint(
        url=url,
        description=description,
        states=tuple(state or ()),
        kinds=tuple(kind or ()),
        severities=tuple(severity or ()),
        branch_ids=tuple(branch or ()),
        allow_private=allow_private,
        contact=contact,
    )
    id_, secret = run(config, lambda tx, vault, _, now: endpoints.add(tx, vault, wanted, user(), now))
    typer.echo(f"{id_}\n{secret}")


@app.command("list")
def list_(config: Config = None) -> None:
    """Show every endpoint: id, host, whether it is enabled, how many deliveries wait and failed, what it wants.

    Example: churnwatch desk-webhooks list
    """
    from stream.desk.notify import endpoints
    from stream.domain.alerts import rfc3339

    for row, waiting, failed in run(config, lambda tx, _vault, _settings, _now: endpoints.listed(tx)):
        failing = "" if row.failing_since is None else f" (failing since {rfc3339(row.failing_since)})"
        on = f"enabled{failing}" if row.enabled else f"disabled ({row.disabled_why})"
        wants = " ".join([*row.states, *row.kinds, *row.severities, *row.branch_ids]) or "everything"
        typer.echo(f"{row.endpoint_id} {row.host} {on} waiting={waiting} failed={failed} {wants} {row.description}")


@app.command("rotate")
def rotate(endpoint: Id, config: Config = None) -> None:
    """Give an endpoint a new secret, and print it. The old one signs beside it for desk.notify.webhooks.overlap_h.

    Example: churnwatch desk-webhooks rotate ep_2b1c
    """
    from stream.desk.notify import endpoints

    typer.echo(
        run(
            config,
            lambda tx, vault, settings, now: endpoints.rotate(
                tx, vault, endpoint, now, round(settings.desk.notify.webhooks.overlap_h * 3_600_000)
            ),
        )
    )


@app.command("disable")
def disable(endpoint: Id, config: Config = None) -> None:
    """Post nothing more to an endpoint; what waits for it is cancelled and can be replayed.

    Example: churnwatch desk-webhooks disable ep_2b1c
    """
    from stream.cli.who import user
    from stream.desk.notify import endpoints

    if not run(config, lambda tx, _vault, _settings, now: endpoints.disable(tx, endpoint, f"by {user()}", now)):
        raise typer.BadParameter("there is no such endpoint that is enabled")


@app.command("enable")
def enable(endpoint: Id, config: Config = None) -> None:
    """Post to an endpoint again.

    Example: churnwatch desk-webhooks enable ep_2b1c
    """
    from stream.desk.notify import endpoints

    run(config, lambda tx, _vault, _settings, now: endpoints.enable(tx, endpoint, now))


@app.command("replay")
def replay(
    what: Annotated[str, typer.Argument(help="a delivery (msg_...), or an endpoint: all that failed there")],
    config: Config = None,
    hours: Annotated[float, typer.Option(help="of an endpoint: what was made within so many hours", min=0)] = 72,
) -> None:
    """Send again, with the same webhook-id: a receiver that has it can tell.

    Example: churnwatch desk-webhooks replay ep_2b1c --hours 24
    """
    from stream.desk.notify import endpoints

    async def again(tx: AsyncSession, _vault: Vault, _settings: Settings, now: int) -> int:
        if what.startswith("msg_"):
            await endpoints.replay(tx, what, now)
            return 1
        return await endpoints.replay_failed(tx, what, now - round(hours * 3_600_000), now)

    typer.echo(f"{run(config, again)} to be sent again")

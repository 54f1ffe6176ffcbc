"""`churnwatch desk-staff`: the first administrator, and whoever else the topic `staff` does not tell of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.desk_store import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from stream.config import Settings
    from stream.desk.store.tables import Staff
    from stream.desk.store.vault import Vault

Config = Annotated[Path | None, typer.Option("--config", help="TOML with what differs from the defaults.")]
_ROLES = ("rm", "manager", "auditor", "admin")

app = typer.Typer(
    no_args_is_help=True,
    help="Staff of the desk: role and account. The desk's page does the rest.\n\nExample: churnwatch desk-staff list",
)


@app.command("set")
def set_(
    staff_id: Annotated[str, typer.Argument(help="made known if need be")],
    config: Config = None,
    role: Annotated[str | None, typer.Option(help=", ".join(_ROLES))] = None,
    subject: Annotated[str | None, typer.Option(help="of the account at the identity provider")] = None,
    name: Annotated[str | None, typer.Option(help="as people call them")] = None,
) -> None:
    """Set role, account or name; what is not given stays.

    Example: churnwatch desk-staff set adm-1 --role admin --subject 8f14e45f
    """
    from stream.desk.store.repositories.people import set_staff

    if role is not None and role not in _ROLES:
        raise typer.BadParameter(f"expected one of {', '.join(_ROLES)}", param_hint="--role")

    async def kept(tx: AsyncSession, vault: Vault, _settings: Settings, _now: int) -> None:
        given = {"role": role, "subject": subject, "name_sealed": vault.seal_if(name)}
        await set_staff(tx, staff_id, **{key: value for key, value in given.items() if value is not None})

    run(config, kept)


@app.command("list")
def list_(config: Config = None) -> None:
    """Show everybody: id, role, status, branch, and whether an account is known. No names.

    Example: churnwatch desk-staff list
    """
    from sqlalchemy import select

    from stream.desk.store.tables import Staff

    async def everybody(tx: AsyncSession, _vault: Vault, _settings: Settings, _now: int) -> Sequence[Staff]:
        return list(await tx.scalars(select(Staff).order_by(Staff.staff_id)))

    for row in run(config, everybody):
        account = "account" if row.subject else "no account"
        typer.echo(f"{row.staff_id} {row.role} {row.status} {row.branch_id or '-'} {account}")

"""`churnwatch desk`: the page of the people who can still save the customer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stream.cli.printed import PrintConfig, stop_if
from stream.cli.serving import LogFormatOption, LogLevelOption, serve


def command(
    config: Annotated[Path | None, typer.Option("--config", help="TOML with what differs from the defaults.")] = None,
    log_level: LogLevelOption = "info",
    log_format: LogFormatOption = "auto",
    print_config: PrintConfig = False,
) -> None:
    """Run the desk: read alerts, show the worklist, push, escalate, publish answers, until SIGTERM.

    Several may share a database on PostgreSQL: each shows the page, one at a time reads, publishes and escalates. The
    page is at desk.host and desk.port; metrics, health and readiness are on the internal port (section http).

    Example: churnwatch desk --config /etc/churnwatch.toml
    """
    from stream.broker.launcher import located
    from stream.cli.console import faults
    from stream.config import ConfigError, load
    from stream.desk.store.vault import VaultError
    from stream.desk.web.signing.development import PublicAddress
    from stream.desk_app import build_desk

    with faults():
        loaded = load(config)
        stop_if(print_config, loaded)
        settings = located(loaded)
        try:
            app, desk = build_desk(settings)
        except (VaultError, PublicAddress) as fault:
            raise ConfigError(str(fault)) from None
    serve(app, desk, role="desk", level=log_level, form=log_format)

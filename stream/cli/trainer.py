"""`churnwatch trainer`: learns from who really left."""

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
    """Run the trainer: learn from every example once, publish snapshots that workers score by, until SIGTERM.

    There is one: a second takes over, and the first ends. What it knows is kept in model.trainer.state_dir; without it
    it learns again from the beginning of the topic examples. Metrics, health and readiness are on the internal port
    (section http of the settings).

    Example: churnwatch trainer --config /etc/churnwatch.toml
    """
    from stream.broker.launcher import located
    from stream.cli.console import faults
    from stream.config import load
    from stream.trainer_app import build_trainer

    with faults():
        loaded = load(config)
        stop_if(print_config, loaded)
        settings = located(loaded)
        app, trainer = build_trainer(settings)
    serve(app, trainer, role="trainer", level=log_level, form=log_format)

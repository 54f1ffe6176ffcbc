"""`churnwatch worker`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stream.cli.printed import PrintConfig, stop_if
from stream.cli.serving import LogFormatOption, LogLevelOption, serve

_GC = (2_000_000, 10, 100)
"""States are trees without cycles: looking for some finds next to nothing, and walks through all that is new.

What counts for the first is what was made since the last look less what was dropped. At 300,000, a worker whose
customers are far more than its cached states looked every 24,000 events, for half a second: a quarter of its work.
"""


def command(
    config: Annotated[Path | None, typer.Option("--config", help="TOML with what differs from the defaults.")] = None,
    log_level: LogLevelOption = "info",
    log_format: LogFormatOption = "auto",
    print_config: PrintConfig = False,
) -> None:
    """Run a worker: read events, keep state, emit warnings, until SIGTERM.

    Start as many as there is work for; the shards are divided among them. Metrics, health and readiness are on the
    internal port (section http of the settings).

    Example: churnwatch worker --config /etc/churnwatch.toml
    """
    import gc

    from stream.app import build_worker
    from stream.broker.launcher import located
    from stream.cli.console import faults
    from stream.config import load

    with faults():
        loaded = load(config)
        stop_if(print_config, loaded)
        settings = located(loaded)
        app, engine = build_worker(settings)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC)
    serve(app, engine, role="worker", level=log_level, form=log_format)

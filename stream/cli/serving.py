"""How a role's process runs: its logging, then the Faust worker until SIGTERM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream.log_config import LogFormat, log_config, python_warnings

if TYPE_CHECKING:
    import faust

LogLevelOption = Annotated[str, typer.Option(help="debug, info, warning or error.")]
LogFormatOption = Annotated[
    LogFormat,
    typer.Option(
        envvar="CHURNWATCH_LOG_FORMAT",
        help="json or console; auto: console on a terminal, json elsewhere.",
    ),
]


def serve(app: faust.App, service: Any, *, role: str, level: str, form: LogFormat) -> None:
    """Run `service` beside `app` until a signal ends it."""
    import faust

    worker = faust.Worker(
        app,
        service,
        loglevel=level.upper(),
        logging_config=log_config(level, form, role),
        redirect_stdouts=False,
        quiet=True,
        override_logging=True,
    )
    worker.spinner = None  # it draws on whatever stdout is
    python_warnings()
    worker.execute_from_commandline()

"""How the processes of a deployment log: JSON lines for machines, readable ones for a terminal, nothing personal.

Callers use the standard library's loggers; what belongs to a line besides its words goes into `extra`, under a name of
`FIELDS`. What holds for all that a task says is bound by `structlog.contextvars`.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LogFormat = Literal["auto", "json", "console"]

FIELDS = (
    "alert_id", "count", "event_id", "kind", "offset", "partition", "path", "reason", "seconds", "severity", "shard",
    "stacks", "state", "topic", "version",
)  # fmt: skip
"""What a line may carry besides its words. A field that is not here is left out: none may name a customer."""

_SPEAKING = ("stream.", "models.", "aiokafka.", "mode.", "faust.")
"""Packages whose exceptions hold no customer's data in their words; those of others are named without them."""


def log_config(level: str, form: LogFormat, role: str, stream: TextIO | None = None) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`.

    Args:
        level: debug, info, warning or error.
        form: `auto` is `console` where `stream` is a terminal and `json` elsewhere.
        role: worker, trainer or desk: stands in every JSON line.
        stream: where lines go; standard error unless given.
    """
    out = stream or sys.stderr
    terminal = out.isatty()
    console = form == "console" or (form == "auto" and terminal)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _before(),
                "processors": _for_people(colors=terminal) if console else _for_machines(role),
            }
        },
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "lines", "stream": out}},
        "root": {"level": level.upper(), "handlers": ["out"]},
    }


def _before() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=FIELDS),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        tell_fault,
    ]


def _for_people(*, colors: bool) -> list[Processor]:
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="time", pad_event_to=0),
    ]


def _for_machines(role: str) -> list[Processor]:
    def placed(logger: WrappedLogger, method: str, line: EventDict) -> Mapping[str, Any]:
        """Put first what every line has."""
        first = {key: line.pop(key) for key in ("time", "level")}
        return {**first, "role": role, "message": line.pop("event"), **line}

    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        placed,
        structlog.processors.JSONRenderer(ensure_ascii=False, separators=(",", ":")),
    ]


def tell_fault(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Put an exception's places and type into the line; its words only where they hold nothing personal."""
    given = line.pop("exc_info", None)
    fault = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(fault, BaseException):
        line["exception"] = _told(traceback.TracebackException.from_exception(fault), fault)
    return line


def _told(trace: traceback.TracebackException, fault: BaseException) -> str:
    lines = []
    before = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    cause = trace.__cause__ or trace.__context__
    if before is not None and cause is not None:
        lines.append(_told(cause, before) + "\nand then\n")
    return "".join([*lines, *trace.stack.format(), words_of(fault)])


def words_of(fault: BaseException) -> str:
    """Return an exception's type, with its words where they hold no customer's data."""
    kind = type(fault)
    if kind.__module__.startswith(_SPEAKING) or isinstance(fault, OSError):
        return f"{kind.__name__}: {fault}"
    return f"{kind.__name__} (its words may hold personal data)"


def python_warnings() -> None:
    """Send Python's warnings to the log."""
    logging.captureWarnings(True)

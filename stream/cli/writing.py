"""A report's forms in files."""

from __future__ import annotations

from pathlib import Path

import msgspec
import orjson
import typer


def write_json(report: msgspec.Struct, path: Path) -> bool:
    """Write a report as JSON and tell whether that was to a file: `-` is standard output."""
    body = orjson.dumps(msgspec.to_builtins(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if str(path) == "-":
        typer.echo(body, nl=False)
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return True


def write_page(page: str, path: Path) -> None:
    """Write a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def print_schema(kind: type[msgspec.Struct]) -> None:
    """Print the JSON Schema of a report."""
    typer.echo(orjson.dumps(msgspec.json.schema(kind), option=orjson.OPT_INDENT_2).decode())

"""`churnwatch evaluate`: the model that learns online, beside models fitted in one go, on history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.spans import date, days

if TYPE_CHECKING:
    from stream.evaluate.report import Scoreboard
    from stream.evaluate.session import Options


def _print_schema(wanted: bool) -> None:
    if wanted:
        from stream.cli.writing import print_schema
        from stream.evaluate.report import Scoreboard

        print_schema(Scoreboard)
        raise typer.Exit


def command(
    source: Annotated[Path, typer.Option("--input", help="Events, one JSON object a line; .gz and - are read too.")],
    report_at: Annotated[
        list[str],
        typer.Option(help="A date to report at, such as 2011-06-09 (local midnight) or RFC 3339; may be repeated."),
    ],
    cutoff_every: Annotated[
        str | None, typer.Option(help="A customer is scored this often: 7d, 30d or month; otherwise as configured.")
    ] = None,
    horizon: Annotated[
        str | None,
        typer.Option(help="The label is known so long after a cut-off, such as 90d."),
    ] = None,
    active_within: Annotated[
        str | None, typer.Option(help="Only customers are asked about who acted so shortly before, such as 180d.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML with what differs from the defaults.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures as JSON; - is standard output.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one page with charts that needs no network.")] = None,
    _schema: Annotated[
        bool, typer.Option("--schema", is_eager=True, callback=_print_schema, help="Print the JSON's schema and end.")
    ] = False,
) -> None:
    """Replay history through the shards and the trainer, and tell at each date how well churn was foreseen.

    The model has learned only from what was known by the date. Beside it stand a logistic regression and gradient
    boosting, fitted in one go on the very same examples.

    Example: churnwatch evaluate --input orders.jsonl --report-at 2011-06-09 --html board.html
    """
    from stream.cli.console import say

    with _faults():
        options = _options(source, report_at, cutoff_every, horizon, active_within, config)
        if html is not None:
            from stream.reporting.extra import require

            require(["plotly.graph_objects"], "--html")
        board = _run(options)
        for what, path in _write(board, json, html):
            say(f"{what:<9}{path}")
        if str(json) != "-":
            from stream.evaluate import tables
            from stream.reporting.terminal import console_of, print_facts, print_table

            out = console_of()
            print_facts(out, tables.facts(board))
            for table in tables.all_tables(board):
                print_table(out, table)


@contextmanager
def _faults() -> Iterator[None]:
    from stream.cli.console import faults
    from stream.evaluate.session import EvaluateError
    from stream.reporting.extra import MissingExtra

    with faults():
        try:
            yield
        except (EvaluateError, MissingExtra) as fault:
            typer.secho(f"churnwatch evaluate: {fault}", err=True, fg="red")
            raise typer.Exit(2) from None


def _options(
    source: Path,
    report_at: list[str],
    cutoff_every: str | None,
    horizon: str | None,
    active_within: str | None,
    config: Path | None,
) -> Options:
    from stream.config import load
    from stream.engine.assemble import business
    from stream.evaluate.session import Options

    zone = business(load(config)).zone
    every = None if cutoff_every is None else cutoff_every.strip().lower()
    return Options(
        source=source,
        report_at=tuple(sorted({date(text, "--report-at", zone) for text in report_at})),
        config=config,
        cutoff_every=every if every in (None, "month") else days(every, "--cutoff-every", above=0, most=92),
        horizon=None if horizon is None else days(horizon, "--horizon", above=0, most=730),
        active_within=None if active_within is None else days(active_within, "--active-within", above=0, most=730),
    )


def _run(options: Options) -> Scoreboard:
    from stream.cli.progress import reporting
    from stream.evaluate.session import evaluate

    with reporting() as (shown, watch):
        return evaluate(options, shown, watch)


def _write(board: Scoreboard, json: Path | None, html: Path | None) -> Iterator[tuple[str, Path]]:
    from stream.cli.writing import write_json, write_page

    if json is not None and write_json(board, json):
        yield "JSON", json
    if html is not None:
        from stream.evaluate.page import page

        write_page(page(board), html)
        yield "page", html

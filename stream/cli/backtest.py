"""`churnwatch backtest`: rules and policy measured on history whose end is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.spans import date, days

if TYPE_CHECKING:
    from stream.backtest.session import Options, Result


def _print_schema(wanted: bool) -> None:
    if wanted:
        from stream.backtest.report import Report
        from stream.cli.writing import print_schema

        print_schema(Report)
        raise typer.Exit


def command(
    source: Annotated[Path, typer.Option("--input", help="Events, one JSON object a line; .gz and - are read too.")],
    truth: Annotated[
        str,
        typer.Option(
            help="Who left: the truth file of churnwatch simulate, or customer_id and left_at as CSV or JSON lines; "
            "or the word inactivity: gone is who does nothing of their own for the whole horizon."
        ),
    ],
    config: Annotated[
        list[Path] | None, typer.Option(help="TOML with what differs from the defaults; twice: two side by side.")
    ] = None,
    horizon: Annotated[
        str | None,
        typer.Option(
            help="A warning is right when the customer leaves within it, such as 90d; otherwise as configured."
        ),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(help="With inactivity: a cut-off date, may be repeated; without it every first of a month."),
    ] = None,
    active_within: Annotated[
        str, typer.Option(help="With inactivity: customers are those active so shortly before a cut-off.")
    ] = "180d",
    since: Annotated[
        str | None, typer.Option(help="Measure from this date on; what is before it only builds baselines.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Measure up to before this date.")] = None,
    history: Annotated[
        str, typer.Option(help="Leave planted signs out of customers known for a shorter time than this.")
    ] = "0d",
    with_shadow: Annotated[
        bool, typer.Option("--with-shadow", help="Measure rules in shadow as if they were live.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the figures as JSON; - is standard output.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one page with charts that needs no network.")] = None,
    alerts_parquet: Annotated[Path | None, typer.Option(help="Write every alert as Parquet.")] = None,
    feedback_parquet: Annotated[Path | None, typer.Option(help="Write the input's feedback as Parquet.")] = None,
    _schema: Annotated[
        bool, typer.Option("--schema", is_eager=True, callback=_print_schema, help="Print the JSON's schema and end.")
    ] = False,
) -> None:
    """Measure what the rules would have said about history, against who really left.

    Per rule and overall: warnings, load of an RM, precision, recall, lead time, overlap, what suppression saved, and
    cost. With two --config both are measured, side by side.

    Example: churnwatch backtest --input town.jsonl --truth town.truth.jsonl --html report.html
    """
    from stream.cli.console import say

    with _faults():
        options = _options(source, truth, config, horizon, at, active_within, since, until, history, with_shadow)
        _check_extra(html, alerts_parquet, feedback_parquet)
        result = _run(options)
        for what, path in _write(result, json, html, alerts_parquet, feedback_parquet):
            say(f"{what:<9}{path}")
        if str(json) != "-":
            from stream.backtest.table import show

            show(result.report)


@contextmanager
def _faults() -> Iterator[None]:
    from stream.backtest.session import BacktestError
    from stream.backtest.truth import TruthError
    from stream.cli.console import faults
    from stream.reporting.extra import MissingExtra

    with faults():
        try:
            yield
        except (BacktestError, TruthError, MissingExtra) as fault:
            typer.secho(f"churnwatch backtest: {fault}", err=True, fg="red")
            raise typer.Exit(2) from None


def _options(
    source: Path,
    truth: str,
    config: list[Path] | None,
    horizon: str | None,
    at: list[str] | None,
    active_within: str,
    since: str | None,
    until: str | None,
    history: str,
    with_shadow: bool,
) -> Options:
    from stream.backtest.session import INACTIVITY, Options, zone_of

    configs: tuple[Path | None, ...] = tuple(config) if config else (None,)
    if len(configs) > 2:
        raise typer.BadParameter("one configuration, or two to compare", param_hint="--config")
    if len(configs) == 2 and str(source) == "-":
        raise typer.BadParameter("standard input cannot be read twice, for two configurations", param_hint="--input")
    if at and truth != INACTIVITY:
        raise typer.BadParameter("goes with --truth inactivity", param_hint="--at")
    zone = zone_of(configs[0])

    return Options(
        source=source,
        truth=truth,
        configs=configs,
        horizon=None if horizon is None else days(horizon, "--horizon", above=0),
        active_within=days(active_within, "--active-within", above=0),
        at=tuple(date(text, "--at", zone) for text in at or ()),
        since=None if since is None else date(since, "--since", zone),
        until=None if until is None else date(until, "--until", zone),
        history=days(history, "--history"),
        with_shadow=with_shadow,
    )


def _check_extra(html: Path | None, *parquets: Path | None) -> None:
    """Say what is missing before the long work, not after it."""
    from stream.reporting.extra import require

    if html is not None:
        require(["plotly.graph_objects"], "--html")
    if any(parquets):
        require(["pyarrow.parquet"], "--alerts-parquet and --feedback-parquet")


def _run(options: Options) -> Result:
    from stream.backtest.session import backtest
    from stream.cli.progress import reporting

    with reporting() as (shown, watch):
        return backtest(options, shown, watch)


def _write(
    result: Result, json: Path | None, html: Path | None, alerts: Path | None, feedback: Path | None
) -> Iterator[tuple[str, Path]]:
    from stream.cli.writing import write_json, write_page

    if json is not None and write_json(result.report, json):
        yield "JSON", json
    if html is not None:
        from stream.backtest.page import page

        write_page(page(result.report), html)
        yield "page", html
    if alerts is not None:
        from stream.backtest import parquet

        parquet.write_alerts(alerts, result.outcomes, result.label)
        yield "alerts", alerts
    if feedback is not None:
        from stream.backtest import parquet

        parquet.write_feedback(feedback, result.history.feedback)
        yield "feedback", feedback

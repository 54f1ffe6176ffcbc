"""`churnwatch rules`: the catalogue of warnings, for those who tune it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from stream.rules.base import Rule

app = typer.Typer(
    no_args_is_help=True,
    help="The warnings there are: list them, have one explained, try one on a file of events before it goes live."
    "\n\nExample: churnwatch rules explain balance_drop",
)

Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML with what differs from the defaults.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")]
Chinese = Annotated[bool, typer.Option("--zh", help="Titles and texts in Chinese.")]


@app.command(name="list")
def list_(as_json: Json = False, zh: Chinese = False, config: Config = None) -> None:
    """List every rule: whether it is on, what it listens to, and how soon an RM should act.

    Example: churnwatch rules list
    """
    from rich.table import Table

    from stream.cli.console import faults
    from stream.config import load
    from stream.ops import rulebook

    with faults():
        entries = rulebook.entries(load(config), "zh" if zh else "en")
    if as_json:
        _json(entries)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("rule", "warning", "mode", "kind", "act within"):
        table.add_column(column, no_wrap=column in ("rule", "mode"))
    for entry in entries:
        colour = {"on": "green", "shadow": "yellow", "off": "dim"}[entry.mode]
        kind = "behaviour" if entry.behavioural else "fact"
        table.add_row(entry.name, entry.title, f"[{colour}]{entry.mode}[/]", kind, f"{entry.respond_within_h} h")
    _console().print(table)
    on = sum(entry.mode == "on" for entry in entries)
    typer.echo(f"\n{len(entries)} rules, {on} on. One in full: churnwatch rules explain {entries[0].name}")


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="The rule's name, as rules list has it.")],
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Say what a rule goes by: its practice, what it listens to, its parameters with their ranges, its words.

    Example: churnwatch rules explain balance_drop
    """
    from stream.cli.console import faults
    from stream.config import load
    from stream.ops import rulebook

    with faults():
        settings = load(config)
        rule = rulebook.find(settings, name)
    parameters = rulebook.parameters(rule)
    if as_json:
        _json(
            {
                "name": rule.name,
                "version": rule.version,
                "summary": rulebook.summary(type(rule)),
                "practice": rule.practice,
                "behavioural": rule.behavioural,
                "listens": sorted(rule.listens),
                "respond_within_h": rule.respond_within_h,
                "texts": rule.texts,
                "parameters": parameters,
            }
        )
        return
    _picture(_console(), rule, parameters)


@app.command()
def document(
    output: Annotated[Path, typer.Option("--output", help="Where to write it.")],
    config: Config = None,
) -> None:
    """Write the catalogue of all warnings as one Markdown document, for RMs and analysts.

    Example: churnwatch rules document --output deploy/docs/warnings.md
    """
    from stream.cli.console import faults
    from stream.config import load
    from stream.interface.catalogue import catalogue

    with faults():
        output.write_text(catalogue(load(config)), encoding="utf-8")
    typer.echo(str(output))


def _picture(console: Console, rule: Rule[Any], parameters: list[Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from stream.ops import rulebook

    texts = rule.texts
    parts = texts["en"].__struct_fields__
    words = [(f"{part} {lang}", getattr(spoken, part)) for lang, spoken in texts.items() for part in parts]
    kind = "behaviour: a wish for no retention contact silences it" if rule.behavioural else "fact: always goes through"
    console.print(f"[bold]{rule.name}[/]  {texts['en'].title} · {texts['zh'].title}")
    console.print(escape(rulebook.summary(type(rule))))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    for label, text in (
        ("practice", rule.practice),
        ("kind", kind),
        ("listens to", ", ".join(sorted(rule.listens))),
        ("act within", f"{rule.respond_within_h} h"),
        *words,
    ):
        facts.add_row(label.replace("_", " "), escape(text))
    console.print(facts)
    console.print(f"\n[bold]\\[rules.{rule.name}][/]")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("parameter", "value", "default", "allowed", "meaning"):
        table.add_column(column, no_wrap=column == "parameter")
    for one in parameters:
        changed = one.value != one.default
        value = escape(_short(one.value))
        table.add_row(
            one.name, f"[yellow]{value}[/]" if changed else value, escape(_short(one.default)), one.allowed, one.meaning
        )
    console.print(table)


@app.command()
def test(
    name: Annotated[str, typer.Argument(help="The rule's name.")],
    source: Annotated[Path, typer.Option("--input", help="Events, one JSON object a line; .gz and - are read too.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="PARAMETER=VALUE, to try another one; may be given often.")
    ] = None,
    customer: Annotated[str, typer.Option(help="Show this customer only.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Alerts to show at most; 0 = all.")] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="Alert bodies, one a line, all of them.")] = False,
    zh: Chinese = False,
    config: Config = None,
) -> None:
    """Try one rule alone on a file of events, without a broker, and show what it would have said.

    All other rules are off, and one on trial or switched off is on, so what is shown is this rule's own doing.

    Example: churnwatch rules test balance_drop --input events.jsonl --set min_share=0.4
    """
    import orjson

    from stream.cli.console import faults, say
    from stream.cli.progress import bar
    from stream.config import load
    from stream.ops import rulebook

    with faults():
        settings = rulebook.alone(load(config), name, dict(rulebook.assignments(set_ or ())))
        with bar() as shown:
            task = shown.add_task(f"trying {name}", total=None, rate="")
            tried = rulebook.trial(settings, source, lambda done: shown.update(task, completed=done))
    alerts = [alert for alert in tried.alerts if not customer or alert["customer_id"] == customer]
    if as_json:
        for alert in alerts:
            typer.echo(orjson.dumps(alert).decode())
    else:
        _alerts(alerts[: limit or None], "zh" if zh else "en")
        if limit and len(alerts) > limit:
            say(f"... and {len(alerts) - limit} more: --limit 0 shows all")
    opened = [alert for alert in alerts if alert["state"] == "opened"]
    held = ", ".join(f"{count} by {stage}" for stage, count in sorted(tried.suppressed.items())) or "none"
    say(
        f"{name}: {len(opened)} opened for {len({a['customer_id'] for a in opened})} of {tried.customers} customers, "
        f"held back: {held}; {tried.sent} records, {tried.results.get('dead-letter', 0)} of them dead letters"
    )


def _alerts(alerts: list[dict[str, Any]], language: str) -> None:
    from stream.ops.printable import printable

    colours = {"critical": "red", "high": "yellow", "medium": "cyan", "low": "white"}
    for alert in alerts:
        head = f"{alert['event_time'][:16].replace('T', ' ')}Z  {alert['customer_id']}  {alert['state']}"
        typer.secho(printable(f"{head}  {alert['severity']}"), fg=colours[alert["severity"]], bold=True)
        typer.echo(f"    {printable(alert['reason'][language])}")


def _short(value: Any) -> str:
    text = str(sorted(value)) if isinstance(value, frozenset | set) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _json(value: Any) -> None:
    import msgspec
    import orjson

    typer.echo(orjson.dumps(msgspec.to_builtins(value, enc_hook=_plain), option=orjson.OPT_INDENT_2).decode())


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset | set) else str(value)


def _console() -> Console:
    """Return a console for the result: as wide as the terminal, or wide enough where there is none."""
    import sys

    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=160)

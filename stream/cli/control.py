"""`churnwatch control`: operators' commands, and whether they took effect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from stream.clock import wall_ms

app = typer.Typer(
    no_args_is_help=True,
    help="Commands to the running workers. Each is written to the topic control with who gave it, carried out by one "
    "worker, and waited for."
    "\n\nExample: churnwatch control show",
)

Actor = Annotated[str, typer.Option(help="Who gives it, for the audit. [default: you]")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the effect.")]
Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML with what differs from the defaults.")]


@app.command(name="test-alert")
def test_alert(
    customer: Annotated[str, typer.Option(help="The customer id it carries; none of yours.")] = "test-customer",
    actor: Actor = "",
    timeout: Timeout = 30,
    config: Config = None,
) -> None:
    """Have a test alert sent on alerts, so that a receiver can be checked. It concerns nobody and opens nothing.

    Ends with 0 when it arrived, 1 when no worker answered in time, 2 when it could not be sent or was refused.

    Example: churnwatch control test-alert
    """
    give("test_alert", {"customer_id": customer}, actor, timeout, config)


@app.command()
def heartbeat(actor: Actor = "", timeout: Timeout = 30, config: Config = None) -> None:
    """Have a heartbeat sent on alerts, so that a receiver knows that silence means that there is nothing to say.

    Ends as test-alert does.

    Example: churnwatch control heartbeat
    """
    give("heartbeat", {}, actor, timeout, config)


@app.command(name="set")
def set_(
    rule: Annotated[str, typer.Argument(help="The rule's name, as churnwatch rules list has it.")],
    changes: Annotated[list[str], typer.Argument(help="PARAMETER=VALUE, as rules explain has them.")],
    actor: Actor = "",
    timeout: Timeout = 30,
    config: Config = None,
) -> None:
    """Change a rule's parameters on every running worker, now. They stay until reset, also over restarts.

    Example: churnwatch control set balance_drop min_share=0.4 min_amount=5000
    """
    from stream.cli.console import faults
    from stream.ops.rulebook import assignments

    with faults():
        params = dict(assignments(changes))
    give("set_rule", {"rule": rule, "params": params}, actor, timeout, config)


@app.command()
def reset(
    rule: Annotated[str, typer.Argument(help="The rule's name.")],
    actor: Actor = "",
    timeout: Timeout = 30,
    config: Config = None,
) -> None:
    """Go back to the configured parameters of a rule.

    Example: churnwatch control reset balance_drop
    """
    give("reset_rule", {"rule": rule}, actor, timeout, config)


@app.command()
def shadow(
    rule: Annotated[str, typer.Argument(help="The rule's name.")],
    off: Annotated[bool, typer.Option("--off", help="End the trial: the rule's warnings are sent again.")] = False,
    actor: Actor = "",
    timeout: Timeout = 30,
    config: Config = None,
) -> None:
    """Put a rule on trial: what it says is recorded and counted, and nobody is told.

    Example: churnwatch control shadow usage_drop
    """
    give("set_rule", {"rule": rule, "params": {"shadow": not off}}, actor, timeout, config)


@app.command()
def silence(
    until: Annotated[str, typer.Option(help="Until when: 2026-03-01T18:00+08:00, or 6h, 3d from now.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.")],
    customer: Annotated[str | None, typer.Option(help="Only this customer.")] = None,
    rm: Annotated[str | None, typer.Option(help="Only customers of this RM.")] = None,
    branch: Annotated[str | None, typer.Option(help="Only customers of this branch.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of warning.")] = None,
    class_: Annotated[str | None, typer.Option("--class", help="Only customers of this class.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="From when; RFC 3339. [default: now]")] = None,
    actor: Actor = "",
    timeout: Timeout = 30,
    config: Config = None,
) -> None:
    """Hold warnings back for a while. Everything given must match; with nothing given it is for everyone.

    Example: churnwatch control silence --kind service_failure --branch b-7 --until 4h --reason "works on the line"
    """
    given = {"customer": customer, "rm": rm, "branch": branch, "kind": kind, "class": class_, "from": since}
    arguments = {name: value for name, value in given.items() if value is not None}
    give("silence", {**arguments, "until": _moment(until), "reason": reason}, actor, timeout, config)


@app.command()
def unsilence(
    silence_id: Annotated[str, typer.Argument(help="Its id, as control show has it.")],
    actor: Actor = "",
    timeout: Timeout = 30,
    config: Config = None,
) -> None:
    """End a silence before its time.

    Example: churnwatch control unsilence s-2b1c
    """
    give("unsilence", {"id": silence_id}, actor, timeout, config)


@app.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="The records as they are, one a line.")] = False,
    config: Config = None,
) -> None:
    """Show what is in force over the configuration: changed rules and silences, who said so and when.

    Example: churnwatch control show
    """
    import asyncio

    import orjson

    from stream.broker.launcher import located
    from stream.cli.console import faults, say
    from stream.config import load
    from stream.engine.feeds.in_force import told
    from stream.engine.kafka.broadcast import read_whole
    from stream.ops.printable import printable

    with faults():
        records = list(told(asyncio.run(read_whole(located(load(config)), "settings"))))
    for key, body in records:
        if as_json:
            typer.echo(orjson.dumps({"key": key, **body}).decode())
        else:
            what = body.get("params") or body.get("silence")
            typer.echo(printable(f"{key}  {orjson.dumps(what).decode()}  by {_by(body)} at {_when(body.get('at'))}"))
    if not records:
        say("nothing is in force over the configuration")


def _by(body: dict[str, Any]) -> str:
    silence = body.get("silence")
    return str(body.get("by") or (silence.get("by") if isinstance(silence, dict) else ""))


def _when(at: object) -> str:
    from stream.domain.alerts import rfc3339

    return rfc3339(at) if isinstance(at, int) else "?"


def _moment(text: str) -> str | int:
    """Read `6h` as so long from now, epoch ms; anything else is left as it is."""
    import re

    found = re.fullmatch(r"(\d{1,5})([mhd])", text.strip())
    if found is None:
        return text
    span = int(found[1]) * {"m": 60_000, "h": 3_600_000, "d": 86_400_000}[found[2]]
    return wall_ms() + span


def give(command: str, arguments: dict[str, Any], actor: str, timeout: float, config: Path | None) -> None:
    """Give a command and say what came of it; ends with 1 when nobody answered, with 2 when it was refused."""
    import asyncio
    import uuid

    from stream.broker.launcher import located
    from stream.cli.console import faults, say
    from stream.cli.who import user
    from stream.codec import Rejected
    from stream.config import load
    from stream.ops import commanding

    with faults():
        settings = located(load(config))
        work = commanding.give(
            settings,
            command,
            arguments,
            actor=actor or user(),
            event_id=str(uuid.uuid4()),
            now=wall_ms(),
            timeout_s=timeout,
            sent=lambda: say(f"{command} is on {settings.topics.prefix}control; waiting for a worker"),
        )
        try:
            answer = asyncio.run(work)
        except Rejected as why:
            raise typer.BadParameter(str(why)) from None
    if answer is None:
        say(f"no worker answered within {timeout:g} s. Does one run? churnwatch worker")
        raise typer.Exit(1)
    if answer.refused:
        say(f"refused: {answer.refused}")
        raise typer.Exit(2)
    what = " ".join(answer.headers[name] for name in ("ce_type", "ce_id") if name in answer.headers) or answer.key
    done = "arrived on" if answer.body else "taken away from"
    where = f"partition {answer.partition}, offset {answer.offset}"
    typer.echo(f"{what} {done} {answer.topic} after {answer.took_s:.1f} s ({where})")

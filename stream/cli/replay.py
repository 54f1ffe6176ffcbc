"""`churnwatch replay`: history through the same shards, without a broker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    source: Annotated[Path, typer.Option("--input", help="Events, one JSON object a line; .gz and - are read too.")],
    output: Annotated[Path, typer.Option("--output", help="Alerts, one JSON body a line, in order of event time.")],
    config: Annotated[Path | None, typer.Option("--config", help="TOML with what differs from the defaults.")] = None,
    state_out: Annotated[
        Path | None, typer.Option("--state-out", help="Every customer's final state, one JSON object a line.")
    ] = None,
    dead_letters: Annotated[
        Path | None, typer.Option("--dead-letters", help="What could not be read, with the reason, one a line.")
    ] = None,
    examples: Annotated[
        Path | None, typer.Option("--examples", help="Training examples whose labels became known, one a line.")
    ] = None,
) -> None:
    """Replay a file of events and write the alerts they lead to, without a broker.

    A line of input is {"topic": ..., "key": ..., "timestamp": ms, "value": {...}}. The alerts are those that a
    worker on Kafka would emit.

    Example: churnwatch replay --input events.jsonl --output alerts.jsonl
    """
    from stream.cli.console import faults, say
    from stream.cli.progress import bar
    from stream.config import load
    from stream.engine import report
    from stream.engine.log.jsonl import read_lines
    from stream.engine.replay import Replay

    with faults():
        replay = Replay(load(config))
        replay.load(read_lines(source))
        with bar() as shown:
            task = shown.add_task("replaying", total=replay.loaded, rate="")
            replayed = replay.run(lambda done: shown.update(task, completed=done))
        report.write_alerts(output, replayed)
        if state_out is not None:
            report.write_states(state_out, replayed)
        if dead_letters is not None:
            report.write_dead_letters(dead_letters, replayed)
        if examples is not None:
            report.write_examples(examples, replayed)
        say(report.summary(replayed))

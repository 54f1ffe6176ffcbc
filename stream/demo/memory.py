"""The demo where no broker can run: the same shards over the log in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator

import orjson
from rich.console import Console

from stream.config import Settings
from stream.demo import view
from stream.demo.source import Lines
from stream.engine.log.jsonl import Fault, Line, Record
from stream.engine.replay import Replay
from stream.engine.report import in_time


def run(settings: Settings, what: str, lines: Lines, console: Console) -> int:
    """Replay the input, print every warning and the summary; 0 only if every event was accounted for."""
    started = time.monotonic()
    replay = Replay(settings)
    replay.load(_records(lines))
    replayed = replay.run()
    seen = view.Seen(what, started)
    for body in in_time(record.value for record in replayed.alerts if record.value is not None):
        alert = orjson.loads(body)
        seen.take_alert(alert)
        console.print(view.headline(alert), soft_wrap=True)
    seen.sent = replayed.sent - replayed.skipped
    seen.figures.results = replayed.results
    lost = seen.sent - replayed.results.total()
    problems = [f"{lost:,} events are not accounted for"] if lost else []
    summary = view.summary(seen, time.monotonic() - started, replayed.skipped, problems)
    console.print(summary, highlight=False, soft_wrap=True)
    return 1 if problems else 0


def _records(lines: Lines) -> Iterator[Record | Fault]:
    for number, line in enumerate(lines, 1):
        if isinstance(line, Line):
            value = None if line.value is None else orjson.dumps(line.value)
            key = None if line.key is None else line.key.encode()
            yield Record(number, line.topic, key, line.timestamp, value)
        else:
            yield line

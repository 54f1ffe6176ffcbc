"""What a replay writes and says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import orjson

from models.example import Example, in_turn
from stream.engine.log.jsonl import STDIO
from stream.engine.log.memory import MemoryRecord
from stream.engine.replay import Replayed
from stream.engine.store.described import describe_state


def write_alerts(path: Path, replayed: Replayed) -> None:
    """Write alert bodies, one a line, in order of event time; the file is there even when it is empty."""
    _write(path, in_time(record.value for record in replayed.alerts if record.value is not None))


def in_time(bodies: Iterable[bytes]) -> Iterator[bytes]:
    """Yield alert bodies by event time; those of one moment by episode and sequence."""
    keyed = []
    for body in bodies:
        alert = orjson.loads(body)
        keyed.append(((alert["event_time"], alert["episode_id"], alert["sequence"]), body))
    yield from (body for _, body in sorted(keyed))


def write_states(path: Path, replayed: Replayed) -> None:
    """Write every customer's state as a JSON object, in order of customer id."""
    _write(
        path,
        (
            orjson.dumps(
                {"customer_id": customer.decode(), "state": describe_state(stored), "bytes": len(stored)},
                option=orjson.OPT_NON_STR_KEYS,
            )
            for customer, stored in sorted(replayed.states.items())
        ),
    )


def write_examples(path: Path, replayed: Replayed) -> None:
    """Write training examples in the order in which a trainer takes them."""
    read = msgspec.json.Decoder(Example).decode
    examples = [read(record.value) for record in replayed.examples if record.value is not None]
    _write(path, map(msgspec.json.encode, sorted(examples, key=in_turn)))


def write_dead_letters(path: Path, replayed: Replayed) -> None:
    """Write dead letters: headers by name, key and value as text where they are UTF-8."""
    _write(path, (orjson.dumps(_letter(record)) for record in replayed.dead_letters))


def _letter(record: MemoryRecord) -> dict[str, object]:
    headers = {name.removeprefix("dl_"): value.decode() for name, value in record.headers}
    return {**headers, "key": _text(record.key), "value": _text(record.value)}


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "backslashreplace")


def summary(replayed: Replayed) -> str:
    """Return one paragraph for a person: what came in, what became of it, which alerts."""
    results = replayed.results
    lines = [
        f"{replayed.sent} records: {results['handled']} handled, {results['duplicate']} duplicates, "
        f"{results['dead-letter']} dead letters, {replayed.skipped} of topics that no shard reads"
    ]
    kinds: Counter[tuple[str, str]] = Counter()
    for record in replayed.alerts:
        alert = orjson.loads(record.value or b"{}")
        kinds[alert["kind"], alert["state"]] += 1
    lines += [f"  {kind} {state}: {count}" for (kind, state), count in sorted(kinds.items())]
    if not kinds:
        lines.append("  no alerts")
    return "\n".join(lines)


@contextmanager
def _target(path: Path) -> Iterator[IO[bytes]]:
    if path == STDIO:
        import sys

        yield sys.stdout.buffer
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            yield file


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with _target(path) as file:
        for line in lines:
            file.write(line + b"\n")

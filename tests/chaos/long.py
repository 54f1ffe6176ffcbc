"""Seeded schedules one after another, and a table of what came of them.

    python -m tests.chaos.long --schedules 50 --first-seed 1 --output FILE

`--seeds 7,12` runs these; `--faults kill-worker,stall-worker` runs the seed with these faults instead of drawn ones.
Logs of a seed that failed stay in the folder that is named with it, with `--keep` those of all. Status 1 when any did.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest's settings have it

from chaos.ground import Ground
from chaos.run import Result, run
from chaos.schedule import Schedule, draw

HEAD = (
    "| seed | workers | brokers | desk | history | faults | events | alerts | examples | bad | ended | missed | s "
    "| outcome |"
)
_RULE = "|" + " ---: |" * 3 + " --- |" * 3 + " ---: |" * 4 + " --- | ---: | ---: | --- |"


def row(result: Result) -> str:
    """Return a result as a row of the table."""
    made = result.schedule
    ended = ", ".join(f"{name} {count}" for name, count in sorted(result.ended.items())) or "-"
    workers = f"{made.workers}{' static' if made.static else ''}"
    cells = (
        made.seed, workers, made.brokers, "PostgreSQL" if made.postgresql else "SQLite", made.source, made.faults,
        result.events, result.alerts, result.examples, result.letters, ended, result.missed, round(result.seconds),
        " ".join("; ".join(result.problems).split())[:300] or "clean",
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def schedules(arguments: argparse.Namespace) -> Iterator[Schedule]:
    """Yield what was asked for."""
    first = arguments.first_seed
    seeds = map(int, arguments.seeds.split(",")) if arguments.seeds else range(first, first + arguments.schedules)
    faults = arguments.faults.split(",") if arguments.faults else None
    for seed in seeds:
        yield draw(seed, faults)


def run_all(wanted: Sequence[Schedule], folder: Path, output: Path | None, keep: bool) -> list[Result]:
    """Run schedules one after another; say and keep each row as it comes."""
    results: list[Result] = []
    with _table(output) as say, _ground() as ground:
        for schedule in wanted:
            place = folder / f"seed-{schedule.seed}"
            results.append(asyncio.run(run(schedule, ground, place)))
            say(row(results[-1]))
            if results[-1].problems:
                say(f"<!-- seed {schedule.seed}: logs in {place / 'logs'} -->")
            for part in place.iterdir():
                if part.name != "logs" or not (keep or results[-1].problems):
                    shutil.rmtree(part, ignore_errors=True)
    return results


@contextmanager
def _ground() -> Iterator[Ground]:
    made = Ground()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def _table(output: Path | None) -> Iterator[object]:
    file = output.open("a", encoding="utf-8") if output else None

    def say(line: str) -> None:
        print(line, flush=True)
        if file is not None:
            print(line, file=file, flush=True)

    say(HEAD)
    say(_RULE)
    try:
        yield say
    finally:
        if file is not None:
            file.close()


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=50)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--seeds", help="these seeds, by commas")
    parser.add_argument("--faults", help="these faults in every schedule, by commas")
    parser.add_argument("--output", type=Path, help="the table is added to this file, too")
    parser.add_argument("--keep", action="store_true", help="keep all logs")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # of the oracle, which runs in here
    folder = Path(tempfile.mkdtemp(prefix="churnwatch-chaos-"))
    results = run_all(list(schedules(arguments)), folder, arguments.output, arguments.keep)
    failed = [result for result in results if result.problems]
    print(f"{len(results)} schedules, {len(results) - len(failed)} clean")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

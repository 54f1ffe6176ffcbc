"""How many examples it takes until the model is as good again after the town has changed, beside batch models.

    python -m tests.benchmarks.drift --help

A simulated town changes half-way (`churnwatch simulate --drift`). It is replayed through the very shards and trainer;
beside the champion stand gradient boosting fitted anew at the first of each month on all that was known by then, and
the same never fitted again after the day of the change. Every score was made at its cut-off, by what was known then.
"Back" is the first month whose PR-AUC, over its share of leavers, reaches that of the three months before the change: a
change of the share alone moves PR-AUC.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from models.features.sets import NAMES
from models.snapshot import STACK
from stream.cli.progress import reporting
from stream.config import Settings, load
from stream.domain.business import Business
from stream.engine.assemble import business
from stream.engine.log.jsonl import read_lines, write_lines
from stream.engine.replay import Replay
from stream.evaluate.baselines import boosting
from stream.evaluate.figures import Floats
from stream.evaluate.ledger import Ledger
from stream.evaluate.training import Training
from stream.simulate.drift import parse
from stream.simulate.town import Options, Town

START = dt.date(2024, 1, 1)
BEFORE = 3
"""Months whose mean is what is to be reached again."""


@dataclass(frozen=True)
class Month:
    """One month's cut-offs: how many, the share of leavers, examples known at its end, PR-AUC by model."""

    begin: dt.date
    n: int
    churned: float
    known: int
    pr_auc: dict[str, float]

    def gain(self, model: str) -> float:
        """Return PR-AUC over the share of leavers: how much better than chance."""
        return self.pr_auc[model] / self.churned


def play(customers: int, days: int, seed: int, drift: str) -> tuple[Ledger, Settings]:
    """Simulate and replay; return every example as it became known."""
    settings = load(env={})
    rules = {name: {**section, "enabled": False} for name, section in settings.rules.items()}
    settings = settings.model_copy(update={"rules": rules})
    ledger = Ledger(len(NAMES))
    with tempfile.TemporaryDirectory() as folder, reporting() as (shown, watch):
        file = Path(folder) / "town.jsonl"
        write_lines(file, Town(Options(customers, days, seed, START, drifts=(parse(drift),))).lines())
        replay = Replay(settings, Training(settings, ledger))
        replay.load(shown("reading", read_lines(file)))
        replay.run(watch("learning", replay.loaded))
    return ledger, settings


def months(ledger: Ledger, units: Business, change: dt.date) -> list[Month]:
    """Return every month with scores, judged by all three."""
    cutoffs, _, labels, scores = ledger.columns()
    rows, _ = ledger.learned(len(labels))
    champion = scores.get(STACK)
    if champion is None:  # nothing was learned
        return []
    fixed = boosting(*ledger.learned(ledger.known_by(_moment(change, units))))
    found = []
    begin = START
    while (moment := _moment(begin, units)) <= cutoffs.max():
        after = (begin + dt.timedelta(days=32)).replace(day=1)
        here = (cutoffs >= moment) & (cutoffs < _moment(after, units)) & ~np.isnan(champion)
        if here.sum() >= 200 and labels[here].sum() >= 10:
            monthly = boosting(*ledger.learned(ledger.known_by(moment)))
            said: dict[str, Floats] = {"champion": champion[here], "monthly": monthly(rows[here])}
            said["never again"] = fixed(rows[here]) if begin >= change else said["monthly"]
            figures = {name: float(average_precision_score(labels[here], one)) for name, one in said.items()}
            count = ledger.known_by(_moment(after, units))
            found.append(Month(begin, int(here.sum()), float(labels[here].mean()), count, figures))
        begin = after
    return found


def back(found: Sequence[Month], change: dt.date, model: str) -> tuple[float, Month | None]:
    """Return the gain before the change, and the first month after it that reaches that again."""
    before = [month.gain(model) for month in found if month.begin < change][-BEFORE:]
    usual = sum(before) / len(before)
    later = (month for month in found if month.begin >= change and month.gain(model) >= usual)
    return usual, next(later, None)


def _moment(day: dt.date, units: Business) -> int:
    return round(dt.datetime.combine(day, dt.time(), units.zone).timestamp() * 1000)


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=540)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--drift", default="2024-10-01:slump=0.2", help="DATE:WHAT=FACTOR, at the first of a month")
    given = parser.parse_args(arguments)
    change = parse(given.drift).begins
    ledger, settings = play(given.customers, given.days, given.seed, given.drift)
    found = months(ledger, business(settings), change)
    if not any(month.begin < change for month in found):
        parser.error("no month before the change has 200 scores and ten who left: more customers, or more days")
    models = list(found[0].pr_auc)
    print(f"{'month':<10}{'n':>7}{'churned':>9}{'known':>9}" + "".join(f"{name:>13}" for name in models))
    for month in found:
        figures = "".join(f"{month.pr_auc[name]:>13.3f}" for name in models)
        mark = "  <- changed" if month.begin == change else ""
        print(f"{month.begin:%Y-%m}   {month.n:>7,}{month.churned:>9.1%}{month.known:>9,}{figures}{mark}")
    at = next(month.known for month in reversed(found) if month.begin < change)
    for name in models:
        usual, again = back(found, change, name)
        when = f"back in {again.begin:%Y-%m}, {again.known - at:,} examples later" if again else "not back"
        print(f"{name}: {usual:.2f} times its share of leavers before the change; {when}")


if __name__ == "__main__":
    main()

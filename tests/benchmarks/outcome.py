"""Runs of several rounds side by side: medians, ratios, a table for people and JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from .lineup import ENGINES
from .measure import Run


@dataclass(frozen=True)
class Outcome:
    """All runs by engine, in order of the rounds; what is compared is the median over the rounds."""

    runs: Mapping[str, Sequence[Run]]

    def rate(self, engine: str) -> float:
        """Events a second."""
        return median(run.rate for run in self.runs[engine])

    def cpu_us(self, engine: str) -> float:
        """CPU microseconds an event."""
        return median(run.cpu_us for run in self.runs[engine])

    def ratio(self, engine: str, other: str) -> float:
        """Return how many times as many events a second `engine` does as `other`: the median of the rounds' ratios.

        Two engines of one round met the same neighbours on the machine; their medians over all rounds may not have.
        """
        return median(mine.rate / theirs.rate for mine, theirs in self._pairs(engine, other))

    def cpu_ratio(self, engine: str, other: str) -> float:
        """Return the same by CPU time, which a busy machine disturbs less: events in a CPU second over the other's."""
        return median(theirs.cpu_us / mine.cpu_us for mine, theirs in self._pairs(engine, other))

    def _pairs(self, engine: str, other: str) -> list[tuple[Run, Run]]:
        return list(zip(self.runs[engine], self.runs[other], strict=True))

    def phases(self) -> dict[str, float]:
        """Return where the worker's time went, median seconds by phase."""
        runs = self.runs.get("churnwatch", ())
        return {name: median(run.phases[name] for run in runs) for name in (runs[0].phases if runs else ())}

    def as_json(self) -> dict[str, Any]:
        """Return everything, for programs."""
        others = [name for name in self.runs if "churnwatch" in self.runs and name != "churnwatch"]
        return {
            "runs": {
                name: [asdict(run) | {"rate": run.rate, "cpu_us": run.cpu_us} for run in runs]
                for name, runs in self.runs.items()
            },
            "rate": {name: self.rate(name) for name in self.runs},
            "cpu_us": {name: self.cpu_us(name) for name in self.runs},
            "churnwatch_over": {
                name: {"rate": self.ratio("churnwatch", name), "cpu": self.cpu_ratio("churnwatch", name)}
                for name in others
            },
        }

    def lines(self) -> list[str]:
        """Return the tables for people."""
        found = [f"{'engine':<19}{'events/s, median (min-max)':>32}{'of bare':>9}{'CPU us/event':>14}{'MB':>6}"
                 f"{'others':>8}{'events':>9}  promises"]  # fmt: skip
        for name, runs in self.runs.items():
            rates = [run.rate for run in runs]
            span = f"{self.rate(name):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"
            bare = f"{self.ratio(name, 'bare'):.3f}" if "bare" in self.runs else "-"
            memory = max(run.peak_mb for run in runs)
            others = f"{median(run.others for run in runs):.2f}"
            found.append(f"{name:<19}{span:>32}{bare:>9}{self.cpu_us(name):>14.1f}{memory:>6.0f}{others:>8}"
                         f"{runs[0].events:>9,}  {ENGINES[name].promises}")  # fmt: skip
        if "churnwatch" in self.runs:
            found += ["", *self._comparison(), "", *self._where()]
        return found + self._scores()

    def _comparison(self) -> list[str]:
        return [
            f"churnwatch does {self.ratio('churnwatch', name):.2f} x the events/s of {name}, "
            f"{self.cpu_ratio('churnwatch', name):.2f} x by CPU time"
            for name in self.runs
            if name != "churnwatch"
        ]

    def _where(self) -> list[str]:
        phases = dict(self.phases())
        batches = phases.pop("batches")
        told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in phases.items())
        broker = median(run.broker_s for run in self.runs["churnwatch"])
        return [
            f"churnwatch's phases, summed over {batches:.0f} batches: {told} (clock time; the shards' transactions "
            f"overlap); the broker's CPU meanwhile {broker:.1f} s"
        ]

    def _scores(self) -> list[str]:
        """Return how many scores there were, and what one took, of engines that score."""
        told = []
        for name, runs in self.runs.items():
            of = runs[0].counts
            if of.get("scored"):
                each = f"{median(run.counts['score_s'] / run.counts['scored'] for run in runs) * 1e6:.0f} us"
                told.append(
                    f"{name} scored {of['scored']:,.0f} of {of['cutoffs']:,.0f} cut-offs, {each} of the clock each"
                )
        return ["", *told] if told else []

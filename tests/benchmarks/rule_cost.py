"""What each rule costs: CPU of the core for one event, with no rule, with each alone, with all.

    python -m tests.benchmarks.rule_cost --help

A simulated town's events are decoded once (untimed) and taken through the step, states in memory, timers fired when
due, in interleaved rounds. Reported is the median of CPU time (not of the wall, which others share), and each rule's
own share as a ratio to the step without rules: that ratio is the figure to compare between machines. A rule's cost
holds what it does at its timers and at new days, spread over all events.
"""

from __future__ import annotations

import argparse
import gc
import logging
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from stream.codec import Rejected
from stream.config import Settings, load
from stream.domain.events import Forget
from stream.domain.state import State
from stream.engine.assemble import codec, step
from stream.engine.log.jsonl import Record, parse
from stream.metrics import Metrics
from stream.policy.base import Moment
from stream.simulate.town import Options, Town
from stream.topics import INPUTS

NONE, ALL = "(none)", "(all)"


@dataclass
class Costs:
    """Microseconds of CPU an event by what ran, one figure a round."""

    events: int
    customers: int
    runs: dict[str, list[float]] = field(default_factory=dict)

    def us(self, name: str) -> float:
        """Return the median."""
        return statistics.median(self.runs[name])

    def own(self, name: str) -> float:
        """Return what a rule adds to the step without any."""
        return self.us(name) - self.us(NONE)

    def table(self) -> str:
        """Return a table, the dearest rule first."""
        base = self.us(NONE)
        lines = [
            f"{self.events:,} events of {self.customers:,} customers; the step without rules: {base:.2f} us an event",
            f"{'rule':<26}{'us an event':>12}{'of the bare step':>18}",
        ]
        rules = sorted((n for n in self.runs if n not in (NONE, ALL)), key=self.own, reverse=True)
        lines += [f"{name:<26}{self.own(name):>12.2f}{self.own(name) / base:>17.1%}" for name in rules]
        lines.append(f"{'all of them':<26}{self.own(ALL):>12.2f}{self.own(ALL) / base:>17.1%}")
        return "\n".join(lines)


def measure(customers: int, days: int, rounds: int, told: Callable[[str], None], only: Sequence[str] = ()) -> Costs:
    """Take a town's events through the step with every choice of rules, `rounds` times, interleaved."""
    settings = load(env={})
    events = town(settings, customers, days)
    names = [NONE, ALL, *(only or sorted(settings.rules))]
    costs = Costs(len(events), customers, {name: [] for name in names})
    for number in range(rounds):
        for name in names:
            costs.runs[name].append(once(chosen(settings, name), events))
        told(f"round {number + 1} of {rounds}: bare {costs.runs[NONE][-1]:.2f} us, all {costs.runs[ALL][-1]:.2f} us")
    return costs


def chosen(settings: Settings, name: str) -> Settings:
    """Return settings with all rules on, none, or just one."""
    rules = {
        rule: {**section, "enabled": section.get("enabled", True) if name == ALL else rule == name}
        for rule, section in settings.rules.items()
    }
    return settings.model_copy(update={"rules": rules})


def town(settings: Settings, customers: int, days: int) -> list[Any]:
    """Return a simulated town's events, decoded, in order of arrival."""
    reader, events = codec(settings), []
    for number, line in enumerate(Town(Options(customers=customers, days=days, seed=11)).lines(), 1):
        record = parse(number, line.encode())
        if isinstance(record, Record) and record.topic in INPUTS:
            try:
                event = reader.decode(record.topic, record.key, record.value, record.timestamp)
            except Rejected:
                continue
            if (
                hasattr(event, "customer_id")
                and event.topic not in ("group-signals", "staff")
                and type(event) is not Forget
            ):
                events.append(event)
    return events


def once(settings: Settings, events: list[Any]) -> float:
    """Return the CPU time of one event, us."""
    core, states = step(settings, Metrics()).scoring_by(None), {}  # the model is no rule's cost
    gc.collect()
    begun = time.process_time()
    for event in events:
        customer = event.customer_id
        state = states.get(customer)
        if state is None:
            state = states[customer] = State()
        while state.timers and (due := state.due()) <= event.time:
            core.timers(customer, state, Moment(due, 0))
        core.event(customer, state, event, Moment(event.time, 0))
    return (time.process_time() - begun) / len(events) * 1e6


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--days", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rule", action="append", default=[], help="only this one, beside none and all")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    told = logging.getLogger("rule_cost").info
    costs = measure(given.customers, given.days, given.rounds, told, given.rule)
    print(costs.table())


if __name__ == "__main__":
    main()

"""The three workloads of the comparison: what of the core is on, as a configuration that every engine reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stream.rules import registry

FIRST_THREE = ("balance_drop", "complaint_unanswered", "call_forwarding_off_net")
"""The rules of 0.1.0."""


@dataclass(frozen=True)
class Workload:
    """`rules` that are on, `None` = all; `scored`: the worker scores every cut-off, which peers have nothing for."""

    name: str
    about: str
    rules: tuple[str, ...] | None
    scored: bool = False

    def write(self, folder: Path) -> Path:
        """Write the configuration into `folder` and return the file."""
        lines = [] if self.rules is None else ["[model]", "enabled = false"]
        for rule in sorted(registry.discover()):
            if self.rules is not None and rule not in self.rules:
                lines += [f"[rules.{rule}]", "enabled = false"]
        file = folder / f"{self.name}.toml"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file


STEP = Workload("step", "the step alone: decoded, deduplicated, folded into the state; no rule, no model", ())
THREE = Workload("three", "the same with the three rules of 0.1.0", FIRST_THREE)
ALL = Workload("all", "27 rules; the worker also fires timers and scores every cut-off, its peers do not", None, True)
PLAIN = Workload("plain", "27 rules; features are kept at cut-offs, no snapshot scores them", None)
"""What `throughput` runs by itself."""

WORKLOADS = {workload.name: workload for workload in (STEP, THREE, ALL)}

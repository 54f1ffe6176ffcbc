"""What a person sees of the demo: a live page on a terminal, plain lines elsewhere, and the summary at the end."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stream.demo.scrape import Figures
from stream.demo.tally import Tally

SHOWN = 12
COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


@dataclass
class Seen:
    """What the demo knows so far. Times are seconds of a monotonic clock."""

    what: str
    started: float
    sent: int = 0
    feeding: bool = True
    figures: Figures = field(default_factory=Figures)
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=SHOWN))
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)  # what the desk told `alerts`, by state
    desk: Tally | None = None
    feedback: int = 0  # messages on the topic at the end
    rates: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=20))

    @property
    def expected(self) -> int:
        """Events that the worker should account for: what was sent, and what the desk sent it."""
        return self.sent + (0 if self.desk is None else self.desk.from_desk)

    @property
    def settled(self) -> bool:
        """Whether what was sent is handled, and everybody has what came of it."""
        committed = self.figures.alerts.total()
        at_desk = self.desk is None or (self.desk.rows >= committed and not self.desk.waiting)
        # more than expected: the desk sent something after it was asked, and is to be asked again
        handled = self.figures.accounted == self.expected and not self.figures.lag
        return handled and self.kinds.total() >= committed and at_desk

    def take_alert(self, alert: dict[str, Any]) -> bool:
        """Count an alert as a consumer of the topic sees it, and tell whether it is the engine's."""
        if alert.get("answer") is not None or alert["state"] in ("acknowledged", "escalated"):
            self.told[alert["state"]] += 1
            return False
        self.kinds[alert["kind"], alert["state"]] += 1
        self.recent.appendleft(alert)
        return True

    def take_figures(self, now: float, figures: Figures) -> None:
        """Take the worker's figures as of `now`."""
        self.figures = figures
        self.rates.append((now, figures.accounted))

    @property
    def rate(self) -> float:
        """Events a second over the last scrapes."""
        if len(self.rates) < 2:
            return 0.0
        (then, before), (now, after) = self.rates[0], self.rates[-1]
        return (after - before) / (now - then) if now > then else 0.0


def page(seen: Seen, now: float) -> RenderableType:
    """Return the live page."""
    return Group(_numbers(seen, now), _kinds(seen), _alerts(seen.recent))


def _numbers(seen: Seen, now: float) -> Panel:
    figures = seen.figures
    results = figures.results
    text = Text.assemble(
        (f"{seen.rate:,.0f} events/s", "bold green"),
        f"   sent {seen.sent:,}   done {figures.accounted:,}   lag {figures.lag:,}   shards {figures.running}\n",
        f"duplicates {results['duplicate']:,}   dead letters {results['dead-letter']:,}   latency {_latency(figures)}",
        _desk_line(seen),
    )
    return Panel(text, title=f"Churnwatch · {seen.what} · {now - seen.started:.0f} s")


def _desk_line(seen: Seen) -> str:
    desk = seen.desk
    if desk is None:
        return ""
    return (
        f"\ndesk: {desk.rows:,} alerts   {desk.answers:,} answers   {desk.contacts:,} contacts   "
        f"{desk.escalated:,} escalated   {desk.feedback:,} to feedback"
    )


def _kinds(seen: Seen) -> Table:
    table = Table(expand=True, box=None, pad_edge=False)
    table.add_column("warnings by kind")
    states = ("opened", "updated", "resolved", "expired")
    for state in states:
        table.add_column(state, justify="right")
    for kind in sorted({kind for kind, _ in seen.kinds}):
        table.add_row(kind, *(f"{seen.kinds[kind, state]:,}" for state in states))
    return table


def _alerts(alerts: Sequence[dict[str, Any]]) -> Panel:
    lines = [headline(alert) for alert in alerts]
    return Panel(Group(*lines) if lines else Text("no warning yet", "dim"), title="latest warnings")


def headline(alert: dict[str, Any]) -> Text:
    """Return an alert in one line: when, how grave, what, who, why."""
    style = COLOURS.get(alert["severity"], "") if alert["state"] in ("opened", "updated") else "dim green"
    return Text.assemble(
        (f"{alert['event_time'][:16].replace('T', ' ')} ", "dim"),
        (f"{alert['severity']:<8} {alert['state']:<8} ", style),
        (f"{alert['customer_id']} ", "bold"),
        f"{alert['title']['en']}: {alert['reason']['en']}",
        overflow="ellipsis",
        no_wrap=True,
    )


def summary(seen: Seen, seconds: float, skipped: int, problems: Sequence[str]) -> str:
    """Return what came of it: every event accounted for or not, alerts by kind, and what a warning looks like."""
    figures = seen.figures
    lines = [
        "",
        f"{seen.what}: {seen.sent:,} events in {seconds:.1f} s",
        f"  handled {figures.results['handled']:,} + duplicates {figures.results['duplicate']:,}"
        f" + dead letters {figures.results['dead-letter']:,} = {figures.accounted:,}"
        + (f" ({skipped:,} more on topics that no shard reads)" if skipped else ""),
    ]
    if figures.latency:
        lines.append(f"  broker to commit: {_latency(figures)}")
    lines += [f"  {kind} {state}: {count:,}" for (kind, state), count in sorted(seen.kinds.items())]
    if not seen.kinds:
        lines.append("  no warning")
    lines += [f"  {stage} held back {count:,}" for stage, count in sorted(figures.suppressed.items())]
    lines += [f"  dead letters, {reason}: {count:,}" for reason, count in sorted(figures.dead_letters.items())]
    if seen.desk is not None:
        desk = seen.desk
        lines.append(
            f"  desk: rows {desk.rows:,} of {figures.alerts.total():,} alerts committed; {desk.answers:,} answers, "
            f"{desk.contacts:,} contacts, {desk.escalated:,} escalations; feedback messages {seen.feedback:,}"
        )
    sample = next((alert for alert in seen.recent if alert["state"] == "opened"), None)
    if sample is not None:
        lines += ["", *_sample(sample)]
    lines += ["", *(f"NOT RIGHT: {problem}" for problem in problems)]
    if not problems:
        lines.append("Every event is accounted for.")
    return "\n".join(lines)


def _latency(figures: Figures) -> str:
    return ", ".join(f"p{round(quantile * 100)} ≤ {seconds:g} s" for quantile, seconds in figures.latency.items())


def _sample(alert: dict[str, Any]) -> list[str]:
    step = alert["next_step"] or {}
    return [
        f"A warning as an RM gets it ({alert['kind']}, {alert['severity']}, customer {alert['customer_id']}, "
        f"to {', '.join(alert['routes'])}):",
        f"  {alert['title']['zh']} / {alert['title']['en']}",
        f"  {alert['reason']['zh']}",
        f"  {alert['reason']['en']}",
        f"  → {step.get('zh', '')}",
        f"  → {step.get('en', '')} (by {step.get('due', '')[:16].replace('T', ' ')} UTC)",
    ]

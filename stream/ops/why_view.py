"""The answer to "why was there no alert?", as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stream.ops.printable import printable

_ORDER = ("open", "on trial", "held back", "over", "quiet", "off")
_STAGES = {
    "backfill": "it lies before the group's first start",
    "departed": "the customer has left",
    "inhibit": "a graver warning says it already",
    "silence": "an operator's silence",
    "no_retention_contact": "the customer wants no retention contact",
    "not_worth_keeping": "judged not worth keeping",
    "snooze": "snoozed by the RM",
    "cool_down": "one of its kind ended a short while ago",
    "dedup": "nothing new since the last word",
    "acknowledged": "the RM has acknowledged it",
    "shadow": "the rule is on trial",
}


def lines(answer: Mapping[str, Any], kind: str = "") -> Iterator[tuple[str, str]]:
    """Yield (verdict, line) for each rule, or the one asked for; other lines are of `heading` or `figures`."""
    rules = [rule for rule in answer["rules"] if not kind or rule["kind"] == kind]
    yield "heading", printable(f"{answer['customer_id']}   as of {answer['time']}")
    for what, since in answer["standing"].items():
        yield "heading", f"{what}: {since}"
    width = max((len(rule["kind"]) for rule in rules), default=0)
    for rule in sorted(rules, key=lambda rule: (_ORDER.index(rule["verdict"]), rule["kind"])):
        yield rule["verdict"], printable(f"{rule['kind']:<{width}}  {_said(rule)}")
        if rule["figures"]:
            yield "figures", printable(f"{'':<{width}}  {_figures(rule['figures'])}")


def _said(rule: Mapping[str, Any]) -> str:
    verdict, since = rule["verdict"], rule.get("since")
    said: str = verdict
    if verdict in ("open", "on trial"):
        said = f"{verdict}, {rule['severity']}, since {since}"
    elif verdict == "held back":
        stage = rule["stage"]
        said = f"held back at {since} ({rule['severity']}) by {stage}: {_STAGES.get(stage, stage)}"
    elif verdict == "over":
        said = f"over since {since} ({rule['severity']})"
    for label, name in (("snoozed until", "snoozed_until"), ("looks again", "looks_again")):
        if rule.get(name):
            said += f"; {label} {rule[name]}"
    return said


def _figures(figures: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_figure(value)}" for name, value in figures.items())


def _figure(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return "/".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value) or "none"

"""Snapshots and model cards as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from models.snapshot import Snapshot
from stream.domain.alerts import rfc3339
from stream.training import shelf

_FIGURES = (
    ("roc_auc", "ROC-AUC"),
    ("pr_auc", "PR-AUC"),
    ("lift", "lift"),
    ("recall", "recall"),
    ("precision", "precision"),
    ("calibration_error", "calibration"),
    ("brier", "Brier"),
    ("log_loss", "log loss"),
    ("base_rate", "base rate"),
    ("examples", "examples"),
)


def row(snapshot: Snapshot, standing: Snapshot | None, settings: Mapping[bytes, bytes]) -> dict[str, Any]:
    """Return a snapshot's line in the list; `settings`: what operators said."""
    inside = [*snapshot.experts, *(["stack"] if snapshot.stack else [])]
    chosen = shelf.promoted(settings)
    champion = chosen if chosen in inside else snapshot.champion
    quality = snapshot.quality.get(champion)
    return {
        "version": snapshot.version,
        "in_force": standing is not None and snapshot.version == standing.version,
        "pinned": snapshot.version == shelf.pinned(settings),
        "made_at": rfc3339(snapshot.made_at),
        "champion": champion,
        "promoted_by_operator": champion == chosen,
        "examples": snapshot.span.examples,
        "churned": snapshot.span.churned,
        "roc_auc": quality.roc_auc if quality else None,
        "pr_auc": quality.pr_auc if quality else None,
        "feature_set": snapshot.feature_set,
        "candidates": inside,
    }


def table(rows: list[dict[str, Any]]) -> Table:
    """Return the list of snapshots."""
    found = _table("version", "in force", "labels known until", "champion", "examples", "churned", "ROC-AUC", "PR-AUC")
    for one in rows:
        force = "[green]yes[/]" + (", pinned" if one["pinned"] else "") if one["in_force"] else ""
        champion = one["champion"] + (" (promoted)" if one["promoted_by_operator"] else "")
        found.add_row(
            escape(one["version"]), force, one["made_at"][:16].replace("T", " "), champion, f"{one['examples']:,}",
            f"{one['churned']:,}", _figure(one["roc_auc"]), _figure(one["pr_auc"]),
        )  # fmt: skip
    return found


def picture(card: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the parts of a model card, to be printed one under the other."""
    span, grades = card["learned_from"], card["grades"]
    yield f"[bold]{escape(card['version'])}[/]  champion [bold]{card['champion']}[/], feature set {card['feature_set']}"
    yield (
        f"learned from {span['examples']:,} examples, {span['churned']:,} of them churned; cut-offs "
        f"{_day(span['first_cutoff'])} to {_day(span['last_cutoff'])}, labels known until {_day(card['made_at'])}"
    )
    yield (
        f"near-churn from {grades['near_churn']:.3f}, churned from {grades['churned']:.3f}, "
        f"left under {grades['hysteresis']:.0%} of that"
    )
    if card["outcomes"]:
        yield "outcomes: " + ", ".join(f"{name} {count:,}" for name, count in card["outcomes"].items())
    yield "\n[bold]Candidates[/], prequential over the window (scored at the cut-off, judged when the label was known)"
    yield _candidates(card)
    if card["by_class"]:
        yield "\n[bold]The champion by class[/]"
        yield _by_class(card["by_class"])
    for name, candidate in card["candidates"].items():
        if candidate["top_features"]:
            yield f"\n[bold]{name}[/] goes by most ({candidate['form']})"
            yield ", ".join(f"{feature} {value:+.3f}" for feature, value in candidate["top_features"])
    if any(arm != "none" for arm in card["treatment"]):
        yield "\n[bold]By what was done[/] (churned of examples): " + ", ".join(
            f"{name} {arm['churned']:,} of {arm['examples']:,}" for name, arm in sorted(card["treatment"].items())
        )
    if card["shifted_features"]:
        yield "\n[bold]Spread otherwise than some weeks before[/] (population stability index): " + ", ".join(
            f"{name} {value:.2f}" for name, value in card["shifted_features"].items()
        )
    if card["deciles"]:
        yield "\n[bold]Deciles of the features[/]"
        yield _deciles(card["deciles"])


def _candidates(card: Mapping[str, Any]) -> Table:
    found = _table("candidate", *(words for _, words in _FIGURES), "weight in stack", "form")
    for name, one in card["candidates"].items():
        weight = one["weight_in_stack"]
        found.add_row(
            f"[green]{name}[/]" if name == card["champion"] else name,
            *_figures(one["quality"]),
            "" if weight is None else f"{weight:.3f}",
            one["form"],
        )
    return found


def _by_class(classes: Mapping[str, Any]) -> Table:
    found = _table("class", *(words for _, words in _FIGURES))
    for name, quality in classes.items():
        found.add_row(escape(name), *_figures(quality))
    return found


def _deciles(deciles: Mapping[str, list[float]]) -> Table:
    found = _table("feature", *(f"{share} %" for share in range(10, 100, 10)))
    for name, values in deciles.items():
        found.add_row(name, *(f"{value:g}" for value in values))
    return found


def _figures(quality: Mapping[str, Any] | None) -> list[str]:
    return [_figure((quality or {}).get(measure)) for measure, _ in _FIGURES]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _day(time: int) -> str:
    return rfc3339(time)[:10]


def _table(first: str, *others: str) -> Table:
    found = Table(box=None, pad_edge=False, header_style="bold")
    found.add_column(first, no_wrap=True)
    for column in others:
        found.add_column(column)
    return found

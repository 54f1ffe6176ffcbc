"""The model card: what a snapshot is, what it learned from, how well it does, for a person to read.

After Mitchell et al., Model Cards for Model Reporting (2019): figures by group beside the whole.
"""

from __future__ import annotations

from typing import Any

import msgspec

from models.snapshot import STACK, Forest, Linear, Quality, Snapshot

_TOP = 10


def card(snapshot: Snapshot, top: int = _TOP) -> dict[str, Any]:
    """Return a snapshot's card as plain data.

    Args:
        snapshot: the one to be described.
        top: features named for each expert at most.
    """
    span = snapshot.span
    weights = snapshot.stack.weights if snapshot.stack else {}
    return {
        "version": snapshot.version,
        "sequence": snapshot.sequence,
        "made_at": snapshot.made_at,
        "feature_set": snapshot.feature_set,
        "champion": snapshot.champion,
        "learned_from": {
            "examples": span.examples,
            "churned": span.churned,
            "first_cutoff": span.first,
            "last_cutoff": span.last,
        },
        "outcomes": snapshot.outcomes,
        "treatment": msgspec.to_builtins(snapshot.treatment),
        "grades": msgspec.to_builtins(snapshot.grades),
        "candidates": {
            name: {
                "quality": _figures(snapshot.quality.get(name)),
                "weight_in_stack": weights.get(name),
                "form": "stack" if name == STACK else _form(snapshot.experts[name].model),
                "top_features": [] if name == STACK else importance(snapshot, name)[:top],
            }
            for name in (*([STACK] if snapshot.stack else []), *snapshot.experts)
        },
        "by_class": {name: _figures(quality) for name, quality in snapshot.by_class.items()},
        "shifted_features": snapshot.shift,
        "deciles": snapshot.deciles,
    }


def importance(snapshot: Snapshot, expert: str) -> list[tuple[str, float]]:
    """Return features with how much an expert goes by them, the most first; what it ignores is left out.

    Of a linear model the weight of one standard deviation, with its sign (of bins the spread of their weights); of
    trees the share of their splits.
    """
    model = snapshot.experts[expert].model
    if isinstance(model, Linear):
        found = {
            name: max(term.bins) - min(term.bins) if term.bins else term.weight for name, term in model.terms.items()
        }
    else:
        found = _splits(model, snapshot.features)
    known = [(name, round(value, 4)) for name, value in found.items() if round(value, 4)]
    return sorted(known, key=lambda pair: (-abs(pair[1]), pair[0]))


def _splits(forest: Forest, names: list[str]) -> dict[str, float]:
    counts: dict[str, int] = {}
    for tree in forest.trees:
        for index in tree.feature:
            if index >= 0:
                counts[names[index]] = counts.get(names[index], 0) + 1
    whole = sum(counts.values())
    return {name: count / whole for name, count in counts.items()}


def _form(model: Linear | Forest) -> str:
    if isinstance(model, Linear):
        return f"linear, {len(model.terms)} terms"
    return f"{len(model.trees)} trees, {sum(len(tree.feature) for tree in model.trees)} nodes"


def _figures(quality: Quality | None) -> dict[str, Any] | None:
    return None if quality is None else msgspec.to_builtins(quality)

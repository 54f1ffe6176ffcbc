"""What a snapshot must keep to beyond its types, so that evaluating it can neither fail nor run for ever."""

from __future__ import annotations

import math
from collections.abc import Iterable

from models.snapshot.schema import STACK, Expert, Forest, Linear, Snapshot, Term, Tree

LARGEST = 1e9
"""No weight, mean or value is larger; sums of such over any features stay finite."""
SMALLEST_SCALE = 1e-9
DEEPEST = 64
MOST_TREES = 10_000
MOST_EXPERTS = 32


class Insane(ValueError):
    """It says where, and what is wrong."""


def check(snapshot: Snapshot) -> None:
    """Raise `Insane` unless the snapshot is consistent: lengths, indices, names, finite numbers in their ranges."""
    names = set(snapshot.features)
    _demand(len(names) == len(snapshot.features) > 0, "features: empty, or a name twice")
    _demand(bool(snapshot.version), "version: empty")
    _demand(0 < len(snapshot.experts) <= MOST_EXPERTS, f"experts: {len(snapshot.experts)}")
    _demand(STACK not in snapshot.experts, "experts: one of the stack's name")
    for name, expert in snapshot.experts.items():
        _expert(f"experts.{name}", expert, names, len(snapshot.features))
    if snapshot.stack is not None:
        _numbers("stack", [snapshot.stack.bias, *snapshot.stack.weights.values()])
        _demand(snapshot.stack.weights.keys() <= snapshot.experts.keys(), "stack: weighs an expert that is not there")
    known = snapshot.experts.keys() | ({STACK} if snapshot.stack is not None else set())
    _demand(snapshot.champion in known, f"champion: there is no {snapshot.champion!r}")
    grades = snapshot.grades
    _numbers("grades", [grades.near_churn, grades.churned, grades.hysteresis])
    _demand(0 < grades.near_churn <= grades.churned <= 1 and 0 < grades.hysteresis <= 1, "grades: out of order")
    for name, deciles in snapshot.deciles.items():
        _numbers(f"deciles.{name}", deciles)


def _expert(where: str, expert: Expert, names: set[str], width: int) -> None:
    _numbers(where, [expert.slope, expert.offset])
    _demand(expert.slope >= 0, f"{where}: its slope turns the order round")
    if isinstance(expert.model, Linear):
        _numbers(where, [expert.model.intercept])
        for name, term in expert.model.terms.items():
            _demand(name in names, f"{where}: feature {name!r} is not among the features")
            _term(f"{where}.{name}", term)
    else:
        _forest(where, expert.model, width)


def _term(where: str, term: Term) -> None:
    _numbers(where, [term.weight, term.mean, term.scale, term.missing, term.limit, *term.edges, *term.bins])
    _demand(term.scale >= SMALLEST_SCALE and term.limit >= 0, f"{where}: its scale or limit is out of range")
    _demand(all(a < b for a, b in zip(term.edges, term.edges[1:], strict=False)), f"{where}: edges do not rise")
    _demand(len(term.bins) == (len(term.edges) + 1 if term.edges else 0), f"{where}: bins and edges do not match")


def _forest(where: str, forest: Forest, width: int) -> None:
    _numbers(where, [forest.base, *forest.weights])
    _demand(len(forest.trees) <= MOST_TREES, f"{where}: {len(forest.trees)} trees")
    share = forest.combine == "probability"
    _demand(not share or 0 <= forest.base <= 1, f"{where}: its base is no probability")
    if forest.weights:
        _demand(len(forest.weights) == len(forest.trees), f"{where}: weights and trees do not match")
        _demand(min(forest.weights) >= 0 and sum(forest.weights) > 0, f"{where}: weights below zero, or none above")
    for number, tree in enumerate(forest.trees):
        _tree(f"{where}.trees[{number}]", tree, width)
        if share:
            _demand(min(tree.value) >= 0 and max(tree.value) <= 1, f"{where}.trees[{number}]: no probability")


def _tree(where: str, tree: Tree, width: int) -> None:
    """A child comes after its branch and has just one: so there is no way round, and every node is reached."""
    count = len(tree.feature)
    columns = (tree.threshold, tree.left, tree.right, tree.missing_left, tree.value)
    _demand(count > 0 and all(len(column) == count for column in columns), f"{where}: columns of unequal length")
    _numbers(where, tree.value)
    _demand(all(map(math.isfinite, tree.threshold)), f"{where}: a threshold that is no number")
    depth = [-1] * count
    depth[0] = 0
    for node, feature in enumerate(tree.feature):
        _demand(-1 <= feature < width, f"{where}: node {node} asks for feature {feature}")
        _demand(0 <= depth[node] <= DEEPEST, f"{where}: node {node} is reached by no way, or too deep")
        if feature >= 0:
            for child in (tree.left[node], tree.right[node]):
                _demand(node < child < count, f"{where}: node {node} leads to {child}")
                _demand(depth[child] < 0, f"{where}: two ways lead to node {child}")
                depth[child] = depth[node] + 1


def _numbers(where: str, numbers: Iterable[float]) -> None:
    _demand(all(-LARGEST <= number <= LARGEST for number in numbers), f"{where}: a number beyond all bounds")


def _demand(true: bool, otherwise: str) -> None:
    if not true:
        raise Insane(otherwise)

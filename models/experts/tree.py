"""Hoeffding adaptive tree: one tree, whose branches are replaced when a newer one does better."""

from __future__ import annotations

from river import tree

from models.experts.base import Setup, Vector
from models.experts.hoeffding import Means, chance, published
from models.snapshot import Forest as Form


class Tree:
    """River's HAT with leaves that count classes, bounded in depth.

    Its score is the main tree's: an alternate branch has a say once it has proved better and taken the old one's place
    (river lets both speak meanwhile, and fails where an alternate has branched).
    """

    def __init__(self, setup: Setup) -> None:
        self._means = Means(len(setup.features))
        self._tree = tree.HoeffdingAdaptiveTreeClassifier(
            grace_period=200, max_depth=8, delta=1e-3, leaf_prediction="mc", seed=setup.seed
        )

    def score(self, x: Vector) -> float:
        """Return the chance at the leaf."""
        return chance(self._tree._root, x, self._means)

    def learn(self, x: Vector, label: int, weight: float = 1.0) -> None:
        """Take one example."""
        self._means.learn(x)
        self._tree.learn_one(self._means.filled(x), bool(label), w=weight)

    def form(self) -> Form:
        """Return the tree as it is now."""
        return Form("probability", 0.5, [published(self._tree._root, self._means)])

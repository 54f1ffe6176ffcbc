"""When an expert that cannot learn from one example is fitted anew."""

from __future__ import annotations

FIRST = 1_000
_EARLY_GROWTH = 0.5
_GROWTH = 0.05


def next_refit(examples: int, refit_every: int, retained: int) -> int:
    """Return the number of examples at which the refit after one at `examples` is due.

    At first whenever there are half as many again, because each example still changes much; then after `refit_every`;
    with very many when a twentieth of what is retained is new, so that the cost per example stays bounded.
    """
    if examples < FIRST:
        return FIRST
    early = min(refit_every, int(_EARLY_GROWTH * examples))
    return examples + max(early, int(_GROWTH * min(examples, retained)))

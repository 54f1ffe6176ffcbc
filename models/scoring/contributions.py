"""What each feature adds to one expert's log-odds, as they enter the champion's: cut, and of probabilities too."""

from __future__ import annotations

from collections.abc import Sequence

from models.scoring.forest import ForestModel
from models.scoring.linear import LinearModel
from models.scoring.logit import clipped, logit

NEAR = 1e-9


def base(model: LinearModel | ForestModel) -> float:
    """Return the log-odds that the shares of `allotted` count from."""
    return logit(model.base) if isinstance(model, ForestModel) and model.share else clipped(model.base)


def allotted(
    model: LinearModel | ForestModel, x: Sequence[float | None], row: list[float]
) -> tuple[list[float], float]:
    """Return the features' shares and what to stretch them by: they sum to its cut log-odds less its `base`.

    A forest's probabilities add up along its paths, not its log-odds: its shares are stretched by one factor, the step
    in log-odds over the step in probability. So are those of log-odds that the cut made smaller.
    """
    shares = model.shares(x) if isinstance(model, LinearModel) else model.shares(row)
    step = sum(shares)
    if isinstance(model, ForestModel) and model.share:
        wanted = logit(model.base + step) - logit(model.base)
        if abs(step) < NEAR:  # the slope of the log-odds, where there is no step to measure it by
            chance = min(max(model.base, 1e-4), 1 - 1e-4)
            stretch = 1.0 / (chance * (1.0 - chance))
        else:
            stretch = wanted / step
    else:
        wanted = clipped(model.base + step) - clipped(model.base)
        stretch = wanted / step if step and wanted != step else 1.0
    return shares, stretch

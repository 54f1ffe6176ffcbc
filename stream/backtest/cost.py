"""What warnings cost and save, by the prices of `[backtest]` in the configuration."""

from __future__ import annotations

from stream.backtest.report import Cost, Quality
from stream.config import Backtest


def cost(prices: Backtest, opened: int, quality: Quality) -> Cost:
    """Return the account of `opened` warnings, in the base currency.

    Every leaver costs `miss`, but of those warned about in time the share `saved_share` is kept. Every warning takes
    an RM `contact_minutes`. One about a customer who would have stayed costs `annoyance` besides; of the warnings
    that cannot be judged yet, as many are taken to be such as of the others.
    """
    without = prices.miss * quality.recall.of
    lost = without - prices.miss * prices.saved_share * quality.recall.hits
    contacts = opened * prices.contact_minutes * prices.minute
    wrong = 1 - quality.precision.share if quality.precision.share is not None else 0.0
    annoyance = opened * wrong * prices.annoyance
    total = lost + contacts + annoyance
    return Cost(without, lost, contacts, annoyance, total, without - total)

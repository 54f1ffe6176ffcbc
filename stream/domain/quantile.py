"""One quantile of a stream in five numbers (Jain and Chlamtac 1985, the P2 algorithm)."""

from __future__ import annotations


class Quantile:
    """An estimate of the `share` quantile of the values seen."""

    def __init__(self, share: float) -> None:
        """`share`: between 0 and 1, such as 0.8 for the line above which the top fifth lies."""
        self.share = share

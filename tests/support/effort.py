"""How hard property tests try."""

from __future__ import annotations

import os

from hypothesis import settings

EFFORT = int(os.environ.get("CHURNWATCH_TEST_EFFORT", "1"))


def examples(count: int) -> settings:
    """Return Hypothesis settings with so many examples, times the effort."""
    return settings(max_examples=count * EFFORT)

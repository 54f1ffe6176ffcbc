"""For every test: Hypothesis gives the same examples each time, so that a red run can be run again.

`CHURNWATCH_TEST_EFFORT=20` tries twenty times as many examples, and other ones each time.
"""

from __future__ import annotations

from hypothesis import settings
from support.effort import EFFORT

settings.register_profile("repeatable", deadline=None, derandomize=EFFORT == 1, database=None)
settings.load_profile("repeatable")

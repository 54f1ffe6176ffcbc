"""Asks the workers through Kafka's list of them, as `churnwatch why` and `churnwatch state` do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from stream.config import Settings
from stream.engine.worker.directory import token
from stream.ops import asking
from stream.ops.asking import NoAnswer

_PATIENCE_S = 8.0
_KNOWN_S = 30.0
"""For so long the list of workers is not read anew; any of them passes a question on to the right one."""


class WorkersAsker:
    """The asker of a running desk."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """`settings` with the broker's address in it; `clock`: seconds that only grow."""
        self._settings, self._clock = settings, clock
        self._urls: list[str] = []
        self._until = float("-inf")

    async def why(self, customer_id: str) -> Mapping[str, Any]:
        """Return what every rule and stage said last.

        Raises:
            Unknown: the workers know nothing of the customer.
            NoAnswer: none runs, or none answers.
        """
        return await self._ask(customer_id, "why")

    async def state(self, customer_id: str) -> Mapping[str, Any]:
        """Return what is kept about the customer.

        Raises:
            Unknown: the workers know nothing of the customer.
            NoAnswer: none runs, or none answers.
        """
        return await self._ask(customer_id, "state")

    async def _ask(self, customer_id: str, what: str) -> Mapping[str, Any]:
        known = self._clock() < self._until
        try:
            return await self._put(customer_id, what)
        except NoAnswer:
            self._until = float("-inf")
            if not known:
                raise
        return await self._put(customer_id, what)  # those that were known are gone: ask who runs now

    async def _put(self, customer_id: str, what: str) -> Mapping[str, Any]:
        if self._clock() >= self._until:
            self._urls = await asking.workers(self._settings)
            self._until = self._clock() + _KNOWN_S
        ours = token(self._settings, make=False)
        return await asking.ask(self._urls, customer_id, ours, what=what, patience_s=_PATIENCE_S)

"""Asks the workers through Kafka's list of them, as `churnwatch why` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stream.config import Settings
from stream.engine.directory import token
from stream.ops import asking

_PATIENCE_S = 8.0


class WorkersAsker:
    """The asker of a running desk."""

    def __init__(self, settings: Settings) -> None:
        """`settings` with the broker's address in it."""
        self._settings = settings

    async def why(self, customer_id: str) -> Mapping[str, Any]:
        """Return what every rule and stage said last.

        Raises:
            Unknown: the workers know nothing of the customer.
            NoAnswer: none runs, or none answers.
        """
        urls = await asking.workers(self._settings)
        return await asking.ask(
            urls, customer_id, token(self._settings, make=False), what="why", patience_s=_PATIENCE_S
        )

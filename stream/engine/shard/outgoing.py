"""What a shard tells the outside, as messages: alerts and examples, under the customer's id or a pseudonym."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import orjson

from models.example import Example
from stream.domain.alerts import Alert, headers
from stream.engine.log.port import Message

if TYPE_CHECKING:
    from stream.config import Settings
    from stream.engine.shard.pseudonyms import Pseudonyms

ALERTS = "alerts"
EXAMPLES = "examples"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`alerts`, `examples`: who makes the pseudonyms of that topic; `None`: it has the ids themselves."""

    alerts: Pseudonyms | None = None
    examples: Pseudonyms | None = None

    def alert(self, customer: bytes, alert: Alert) -> Message:
        """Return the message of an alert; to the shard's own partition, whatever its key."""
        if self.alerts is None:
            return Message(ALERTS, customer, orjson.dumps(msgspec.to_builtins(alert)), headers(alert))
        outside, sealed = self.alerts.alert(alert)
        body = orjson.dumps(msgspec.to_builtins(outside))
        return Message(ALERTS, outside.customer_id.encode(), body, [*headers(outside), sealed])

    def example(self, customer: bytes, example: Example) -> Message:
        """Return the message of an example."""
        if self.examples is None:
            return Message(EXAMPLES, customer, msgspec.json.encode(example))
        outside = self.examples.example(example)
        return Message(EXAMPLES, outside.customer_id.encode(), msgspec.json.encode(outside))


PLAIN = Outgoing()
"""Under the ids themselves."""


def outgoing(settings: Settings) -> Outgoing:
    """Return how the settings want it.

    Raises:
        ConfigError: `privacy.keys` cannot be used.
    """
    if not settings.privacy.pseudonymise:
        return PLAIN
    from stream.engine.shard import pseudonyms

    return Outgoing(pseudonyms.on(settings, ALERTS), pseudonyms.on(settings, EXAMPLES))

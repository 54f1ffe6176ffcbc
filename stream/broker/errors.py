"""What can go wrong on the way to a broker."""

from __future__ import annotations

ALTERNATIVES = """\
Any of these helps:
  - point at a Kafka you have:       export KAFKA_BOOTSTRAP=host:9092
  - point at an unpacked Kafka:      export KAFKA_HOME=/path/to/kafka   (needs Java 17 or newer)
  - install the embedded broker:     pip install 'churnwatch[kafka]'
  - see the same demo without Kafka: bash deploy/demo.sh --memory"""


class BrokerUnavailable(RuntimeError):
    """No broker can be used or started here; the message says what is missing and what else can be done."""

    def __init__(self, reason: str, *, log_tail: str = "") -> None:
        self.reason = reason
        self.log_tail = log_tail
        tail = f"\n--- end of the broker's log ---\n{log_tail.rstrip()}\n---" if log_tail else ""
        super().__init__(f"{reason}{tail}\n{ALTERNATIVES}")

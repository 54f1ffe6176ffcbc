"""Bytes to typed events, and why not: the edge where bad input stops.

Wire format: JSON (orjson), one object a record, unknown fields allowed. Bounds on size and depth come before
parsing, because a parser is the first thing a hostile record meets.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import msgspec
import orjson

from stream.domain.business import Business
from stream.domain.events import TYPES, Forget
from stream.wire import Wire

_AT = re.compile(r" - at `(.*)`$")
_KEYED = frozenset(
    {
        "transactions",
        "balances",
        "complaints",
        "service-events",
        "contacts",
        "customers",
        "feedback",
        "group-warnings",
    }
)
_FORGETTING = frozenset({"customers", "staff"})  # compacted: a tombstone says something
_MONEY: dict[str, tuple[str, ...]] = {
    "transactions": ("amount", "balance_after"),
    "balances": ("balance", "limit"),
    "customers": ("credit_limit",),
}


class Rejected(ValueError):
    """A record that cannot be read. `reason` is a metric label; `path` points at the fault."""

    def __init__(self, reason: str, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.reason = reason
        self.path = path
        self.message = message


class Codec:
    """Reads records of every input topic with one business's units and bounds."""

    def __init__(
        self,
        business: Business,
        *,
        max_bytes: int = 262_144,
        max_depth: int = 16,
        future_tolerance_ms: int = 600_000,
    ) -> None:
        """Bounds: bytes of a value, levels of nesting, milliseconds a time may lie ahead of its arrival."""
        self._business = business
        self._wire = Wire(business)
        self._max_bytes = max_bytes
        self._max_depth = max_depth
        self._future = future_tolerance_ms

    def decode(self, topic: str, key: bytes | None, value: bytes | None, timestamp: int) -> Any:
        """Return the event in a record.

        Args:
            topic: name of an input topic, without any prefix.
            key: the record's key.
            value: the record's value; `None` is a tombstone.
            timestamp: the record's own time, epoch ms.

        Raises:
            Rejected: with the path of the fault.
        """
        if value is None:
            return self._tombstone(topic, key, timestamp)
        self._bound(value)
        event = self._wire.read(topic, value) or self._read(topic, value)
        if topic in _KEYED and (key is None or event.customer_id.encode() != key):
            raise Rejected("wrong-key", "$.customer_id", "differs from the record's key")
        if topic == "group-signals" and (key is None or event.group_id.encode() != key):
            raise Rejected("wrong-key", "$.group_id", "differs from the record's key")
        if event.time > timestamp + self._future:
            raise Rejected("future", "$.time", f"lies {event.time - timestamp} ms after the record's arrival")
        return event

    def _tombstone(self, topic: str, key: bytes | None, timestamp: int) -> Forget:
        if topic not in _FORGETTING or not key:
            raise Rejected("no-value", "$", "expected a value")
        customer = _text(key)
        return Forget(event_id=f"forget-{timestamp}", customer_id=customer, time=timestamp)

    def _bound(self, value: bytes) -> None:
        if len(value) > self._max_bytes:
            raise Rejected("too-large", "$", f"{len(value)} bytes; at most {self._max_bytes} are allowed")
        brackets = value.count(b"{") + value.count(b"[")  # as many as that many levels need, at least
        if brackets > self._max_depth and _depth(value) > self._max_depth:
            raise Rejected("too-deep", "$", f"nested deeper than {self._max_depth} levels")

    def _read(self, topic: str, value: bytes) -> Any:
        """Read a record step by step, so that a fault has its path."""
        raw = _parsed(value)
        self._units(topic, raw)
        try:
            return msgspec.convert(raw, TYPES[topic])
        except msgspec.ValidationError as fault:
            raise _rejected(fault) from None

    def _units(self, topic: str, raw: dict[str, Any]) -> None:
        """Replace the wire's times and amounts by milliseconds and minor units, in place."""
        if type(raw.get("time")) is not int:
            _put(raw, "time", _millis)
        money = _MONEY.get(topic, ())
        name = ""
        try:
            for name in money:
                amount = raw.get(name)
                if amount is not None:
                    raw[name] = self._business.minor(amount)
        except (ValueError, OverflowError) as fault:
            raise Rejected("wrong-type", f"$.{name}", str(fault)) from None
        if "currency" in raw:
            _in_base(raw, money, self._business)
        if topic == "transactions":
            if raw.get("quantity") is not None:
                _put(raw, "quantity", _thousandths)
        elif topic == "service-events":
            _product(raw.get("product"), "$.product", self._business)
        elif topic == "customers":
            products = raw.get("products")
            if type(products) is list:
                for index, product in enumerate(products):
                    _product(product, f"$.products[{index}]", self._business)
        elif topic == "feedback" and raw.get("until") is not None:
            _put(raw, "until", _millis)


def _parsed(value: bytes) -> dict[str, Any]:
    try:
        raw = orjson.loads(value)
    except orjson.JSONDecodeError as fault:
        raise Rejected("not-json", "$", str(fault)) from None
    if type(raw) is not dict:
        raise Rejected("wrong-type", "$", "expected an object")
    return raw


def _rejected(fault: msgspec.ValidationError) -> Rejected:
    text = str(fault)
    found = _AT.search(text)
    path = found[1] if found else "$"
    message = text[: found.start()] if found else text
    reason = "missing" if "missing required" in message else "wrong-type" if "Expected" in message else "invalid"
    if reason == "missing":
        name = message.rsplit("`", 2)[-2]
        path, message = f"{path}.{name}", "is missing"
    return Rejected(reason, path, message[:1].lower() + message[1:])


def _put(raw: dict[str, Any], name: str, convert: Callable[[Any], int]) -> None:
    """Convert one field in place; an absent one is left for the struct to miss."""
    if name in raw:
        try:
            raw[name] = convert(raw[name])
        except (ValueError, OverflowError) as fault:
            raise Rejected("wrong-type", f"$.{name}", str(fault)) from None


def _in_base(raw: dict[str, Any], money: tuple[str, ...], business: Business) -> None:
    currency = raw["currency"]
    if currency is None or currency == business.currency or type(currency) is not str:
        return
    try:
        for name in money:
            if raw.get(name) is not None:
                raw[name] = business.to_base(raw[name], currency)
    except ValueError as fault:
        raise Rejected("unknown-currency", "$.currency", str(fault)) from None


def _product(product: Any, path: str, business: Business) -> None:
    if type(product) is dict and product.get("amount") is not None:
        try:
            product["amount"] = business.minor(product["amount"])
        except (ValueError, OverflowError) as fault:
            raise Rejected("wrong-type", f"{path}.amount", str(fault)) from None


def _millis(value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is str:
        moment = dt.datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a time needs an offset or Z")
        return round(moment.timestamp() * 1000)
    raise ValueError("expected RFC 3339 or epoch milliseconds")


def _thousandths(value: Any) -> int:
    if type(value) is int or type(value) is float:
        return round(value * 1000)
    raise ValueError("expected number")


def _depth(value: bytes) -> int:
    """Levels of nesting outside of strings, read byte by byte, without recursion."""
    level = deepest = 0
    in_string = escaped = False
    for byte in value:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in (0x7B, 0x5B):
            level += 1
            deepest = max(deepest, level)
        elif byte in (0x7D, 0x5D):
            level -= 1
    return deepest


def _text(key: bytes) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise Rejected("wrong-key", "$", "the key is not UTF-8") from None

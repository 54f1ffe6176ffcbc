"""The two topics that nearly all records are on, read in one go: JSON straight into a struct of the wire's own forms.

Only the usual is read here: a time in milliseconds, amounts that are numbers, no foreign currency. All else, a fault
above all, is left to `stream.codec`, which goes step by step and can say where the fault lies. What is read here is
what it would have read, but that fields nobody knows are passed over unread.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from stream.domain.business import Business
from stream.domain.events import MAX_MINOR, MAX_TIME, Balance, Counterparty, Id, Name, Transaction

_Time = Annotated[int, Meta(ge=0, le=MAX_TIME)] | float
_Number = int | float


class _Transaction(Struct, gc=False):
    event_id: Id
    customer_id: Id
    time: _Time
    amount: _Number
    direction: Literal["in", "out"]
    currency: str | None = None
    category: Name | None = None
    account_id: Id | None = None
    quantity: _Number | None = None
    unit: Literal["min", "MB", "item", "point"] | None = None
    counterparty: Counterparty | None = None
    channel: Name | None = None
    balance_after: _Number | None = None


class _Balance(Struct, gc=False):
    event_id: Id
    customer_id: Id
    time: _Time
    account_id: Id
    balance: _Number
    currency: str | None = None
    kind: Name | None = None
    limit: _Number | None = None


class _Unusual(Exception):
    """To be read step by step."""


class Wire:
    """Reads what is usual in one business's units."""

    def __init__(self, business: Business) -> None:
        """`business` has the units."""
        self._minor = business.minor
        self._currency = business.currency
        self._transaction = msgspec.json.Decoder(_Transaction)
        self._balance = msgspec.json.Decoder(_Balance)

    def read(self, topic: str, value: bytes) -> Any:
        """Return the event in a record; `None` when it is not a usual one."""
        try:
            if topic == "transactions":
                return self._read_transaction(self._transaction.decode(value))
            if topic == "balances":
                return self._read_balance(self._balance.decode(value))
        except (ValueError, OverflowError, _Unusual):  # msgspec's are ValueErrors
            return None
        return None

    def _read_transaction(self, wire: _Transaction) -> Transaction:
        time, currency, quantity, balance = wire.time, wire.currency, wire.quantity, wire.balance_after
        amount = self._minor(wire.amount)
        if type(time) is not int or amount < 0 or amount > MAX_MINOR:
            raise _Unusual
        if currency is not None and currency != self._currency:
            raise _Unusual
        if quantity is not None:
            quantity = round(quantity * 1000)
            if quantity < 0 or quantity > MAX_MINOR:
                raise _Unusual
        return Transaction(
            event_id=wire.event_id,
            customer_id=wire.customer_id,
            time=time,
            amount=amount,
            direction=wire.direction,
            currency=currency,
            category=wire.category,
            account_id=wire.account_id,
            quantity=quantity,
            unit=wire.unit,
            counterparty=wire.counterparty,
            channel=wire.channel,
            balance_after=None if balance is None else self._money(balance),
        )

    def _read_balance(self, wire: _Balance) -> Balance:
        time, currency, limit = wire.time, wire.currency, wire.limit
        if type(time) is not int or (currency is not None and currency != self._currency):
            raise _Unusual
        return Balance(
            event_id=wire.event_id,
            customer_id=wire.customer_id,
            time=time,
            account_id=wire.account_id,
            balance=self._money(wire.balance),
            currency=currency,
            kind=wire.kind,
            limit=None if limit is None else self._money(limit),
        )

    def _money(self, amount: _Number) -> int:
        minor = self._minor(amount)
        if -MAX_MINOR <= minor <= MAX_MINOR:
            return minor
        raise _Unusual

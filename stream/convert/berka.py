"""The PKDD'99 "Berka" bank into transactions, balances, products and profiles; Czech and English variants.

The customer is the account's owner when `disp` is among the sources, the account itself otherwise. Each
row of `trans` gives a transaction and the balance after it. A filled `bank` is money to or from another bank.
Tables are told apart by their columns; `account`, `disp`, `card` and `loan` add products and profiles for the
accounts that move. Source: Berka and Sochorova, PKDD'99 Discovery Challenge; values as in its dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from stream.convert.base import BadRowError, ConvertError, Row, Stats, Table, day_start, money, rfc3339
from stream.convert.berka_order import Movement, chained
from stream.convert.berka_tables import Tables, day_of
from stream.engine.log.jsonl import Line

TRANS_COLUMNS = (
    "trans_id",
    "account_id",
    "date",
    "type",
    "operation",
    "amount",
    "balance",
    "k_symbol",
    "bank",
)

DIRECTION = {
    "PRIJEM": "in",
    "credit": "in",
    "VYDAJ": "out",
    "withdrawal": "out",
    "VYBER": "out",
    "withdrawal in cash": "out",
}
"""`type`: the files use VYBER / withdrawal in cash as a third word for money out."""

PURPOSE = {
    "UROK": "interest",
    "interest credited": "interest",
    "SANKC. UROK": "penalty_interest",
    "sanction interest if negative balance": "penalty_interest",
    "SLUZBY": "fee",
    "payment for statement": "fee",
    "SIPO": "household",
    "household": "household",
    "POJISTNE": "insurance",
    "insurrance payment": "insurance",
    "UVER": "loan_payment",
    "loan payment": "loan_payment",
    "LEASING": "leasing",
    "leasing": "leasing",
    "DUCHOD": "payroll",
    "old-age pension": "payroll",
}
"""`k_symbol` to category. A pension is regular income that a person moves when they move bank: payroll."""

OPERATION = {
    "VKLAD": ("cash_deposit", "cash"),
    "credit in cash": ("cash_deposit", "cash"),
    "VYBER": ("cash_withdrawal", "cash"),
    "withdrawal in cash": ("cash_withdrawal", "cash"),
    "VYBER KARTOU": ("cash_withdrawal", "card"),
    "credit card withdrawal": ("cash_withdrawal", "card"),
    "PREVOD NA UCET": ("transfer", "transfer"),
    "remittance to another bank": ("transfer", "transfer"),
    "PREVOD Z UCTU": ("transfer", "transfer"),
    "collection from another bank": ("transfer", "transfer"),
}
"""`operation` to the category where `k_symbol` is empty, and to the channel."""

_DAY_OPENS_MS = 8 * 3_600_000
_STEP_MS = 1000
_SLOTS = 15 * 3600  # 08:00 to 23:00 local, a second each


@dataclass(slots=True)
class _Reading:
    """What the `trans` files hold, before it is put in order."""

    movements: dict[str, dict[int, list[Movement]]] = field(default_factory=dict)
    slots: dict[int, int] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    last_day: int = 0


def lines(sources: Sequence[Path], stats: Stats, *, zone: ZoneInfo) -> Iterator[Line]:
    """Yield the events, account by account; sort them with `base.in_order`.

    The days are taken as days of `zone`. Rows of a day stand a second apart from 08:00 on, in file order; the
    rows of one account keep its places but follow the chain of balances where the file does not (see
    `berka_order`).

    Raises:
        ConvertError: when a file is none of the tables.
    """
    reading, tables = _Reading(), Tables()
    for path in sources:
        table = Table(path, stats)
        if table.has(*TRANS_COLUMNS):
            _read_movements(table, reading)
        elif not tables.read(table):
            raise ConvertError(f"{path}: is none of trans, account, client, disp, card, loan, order by its columns")
    for account, days in reading.movements.items():
        customer = tables.owner(account)
        balance = None
        for day in sorted(days):
            for movement in chained(days[day], balance):
                balance = movement.balance
                yield from _events(movement, account, customer, zone)
        days.clear()
    moving = reading.movements.keys() if reading.movements else None
    yield from tables.lines(stats, zone, moving, reading.last_day or date.max.toordinal())


def _read_movements(table: Table, reading: _Reading) -> None:
    for row in table:
        try:
            account, day, movement = _movement(row, reading)
        except BadRowError as fault:
            table.bad(row.line, str(fault))
            continue
        reading.slots[day] = movement.slot + 1
        reading.seen.add(movement.trans_id)
        reading.last_day = max(reading.last_day, day)
        reading.movements.setdefault(account, {}).setdefault(day, []).append(movement)


def _movement(row: Row, reading: _Reading) -> tuple[str, int, Movement]:
    fields = row.fields
    trans_id, account = fields["trans_id"].strip(), fields["account_id"].strip()
    if not trans_id or not account:
        raise BadRowError("trans_id or account_id is empty")
    if trans_id in reading.seen:
        raise BadRowError(f"trans_id {trans_id} came before")
    direction = DIRECTION.get(fields["type"].strip())
    if direction is None:
        raise BadRowError(f"type is not known: {fields['type']!r}")
    category, channel = _purpose(fields["k_symbol"].strip(), fields["operation"].strip())
    amount = money(fields["amount"])
    if amount < 0:
        raise BadRowError(f"amount is below 0: {amount}")
    day = day_of(fields["date"]).toordinal()
    slot = reading.slots.get(day, 0)
    if slot >= _SLOTS:
        raise BadRowError(f"more than {_SLOTS} rows on one day")
    balance = money(fields["balance"], "balance")
    bank = fields["bank"].strip()
    return account, day, Movement(trans_id, day, slot, direction, amount, balance, category, channel, bank)


def _purpose(k_symbol: str, operation: str) -> tuple[str, str | None]:
    by_operation, channel = OPERATION.get(operation, (None, None))
    if operation and by_operation is None:
        raise BadRowError(f"operation is not known: {operation!r}")
    category = PURPOSE.get(k_symbol) if k_symbol else by_operation
    if category is None:
        raise BadRowError(f"k_symbol is not known: {k_symbol!r}" if k_symbol else "no operation and no k_symbol")
    return category, channel


def _events(movement: Movement, account: str, customer: str, zone: ZoneInfo) -> Iterator[Line]:
    ms = day_start(date.fromordinal(movement.day), zone) + _DAY_OPENS_MS + movement.slot * _STEP_MS
    common = {"customer_id": customer, "time": rfc3339(ms)}
    account_id = f"account-{account}"
    value = {
        "event_id": f"berka-t{movement.trans_id}",
        **common,
        "amount": str(movement.amount),
        "direction": movement.direction,
        "category": movement.category,
        "account_id": account_id,
        "balance_after": str(movement.balance),
    }
    if movement.channel:
        value["channel"] = movement.channel
    counterparty = {"counterparty": {"institution": movement.bank}} if movement.bank else {}
    yield Line("transactions", customer, ms, {**value, **counterparty})
    balance = {
        "event_id": f"berka-b{movement.trans_id}",
        **common,
        "account_id": account_id,
        "balance": str(movement.balance),
        "kind": "current",
    }
    yield Line("balances", customer, ms, balance)

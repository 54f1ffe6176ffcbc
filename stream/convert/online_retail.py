"""UCI Online Retail II, one row per customer and invoice, into `transactions`.

A purchase is money out, a cancelled invoice a `return`: money in, amount positive. The currency is left out.
Source: https://doi.org/10.24432/C5CG6D (CC BY 4.0), line items summed by invoice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from stream.convert.base import BadRowError, ConvertError, Row, Stats, Table, milliseconds, money, rfc3339
from stream.engine.log.jsonl import Line

COLUMNS = ("CustomerID", "InvoiceNo", "InvoiceDate", "amt", "qty", "cancel")
_CANCELLED = {"true": True, "1": True, "false": False, "0": False}


def lines(sources: Sequence[Path], stats: Stats, *, zone: ZoneInfo) -> Iterator[Line]:
    """Yield the events in file order; the file's wall clock is taken as `zone`'s.

    Raises:
        ConvertError: when a file has not the expected columns.
    """
    seen: set[str] = set()
    for path in sources:
        table = Table(path, stats)
        if not table.has(*COLUMNS):
            raise ConvertError(f"{path}: expected the columns {', '.join(COLUMNS)}")
        for row in table:
            try:
                line = _transaction(row, zone)
                invoice = row.fields["InvoiceNo"]
                if invoice in seen:
                    raise BadRowError(f"invoice {invoice} came before")
            except BadRowError as fault:
                table.bad(row.line, str(fault))
            else:
                seen.add(invoice)
                yield line


def _transaction(row: Row, zone: ZoneInfo) -> Line:
    fields = row.fields
    customer, invoice = fields["CustomerID"].strip(), fields["InvoiceNo"].strip()
    if not customer or not invoice:
        raise BadRowError("CustomerID or InvoiceNo is empty")
    try:
        ms = milliseconds(datetime.fromisoformat(fields["InvoiceDate"]), zone)
    except ValueError:
        raise BadRowError(f"InvoiceDate is not a time: {fields['InvoiceDate']!r}") from None
    cancelled = _CANCELLED.get(fields["cancel"].strip().lower())
    if cancelled is None:
        raise BadRowError(f"cancel is neither True nor False: {fields['cancel']!r}")
    amount = money(fields["amt"], "amt")
    if amount < 0 and not cancelled:
        raise BadRowError(f"a purchase of {amount}")
    value = {
        "event_id": f"online-retail-{invoice}",
        "customer_id": customer,
        "time": rfc3339(ms),
        "amount": str(abs(amount)),
        "direction": "in" if cancelled else "out",
        "category": "return" if cancelled else "purchase",
        "quantity": _quantity(fields["qty"]),
        "unit": "item",
    }
    return Line("transactions", customer, ms, value)


def _quantity(text: str) -> float:
    try:
        count = abs(Decimal(text))
        if count.is_finite():
            return float(count)
    except InvalidOperation:
        pass
    raise BadRowError(f"qty is not a number: {text!r}")

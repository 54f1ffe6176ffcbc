"""Berka's other tables: who owns an account, and when accounts, cards and loans began."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from stream.convert.base import BadRowError, Stats, Table, day_start, money, rfc3339
from stream.engine.log.jsonl import Line

_OPENS_MS = 7 * 3_600_000  # before the day's movements


@dataclass(slots=True)
class Opened:
    """A product of an account: `key` names it, `kind` is the event's."""

    account: str
    day: date
    key: str
    kind: str
    amount: str | None = None
    matures_on: date | None = None


@dataclass(slots=True)
class Tables:
    """What is known beside the movements; rows are kept small."""

    owners: dict[str, str] = field(default_factory=dict)
    accounts_of_disp: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    opened: list[Opened] = field(default_factory=list)
    cards: list[tuple[Table, int, str, str, str, date]] = field(default_factory=list)

    def owner(self, account: str) -> str:
        """Return the customer id of an account: its owner's, or its own where `disp` says nothing."""
        client = self.owners.get(account)
        return f"client-{client}" if client else f"account-{account}"

    def read(self, table: Table) -> bool:
        """Read a table that its columns tell; False when it is none of them."""
        for columns, take in _KINDS:
            if table.has(*columns):
                for row in table:
                    try:
                        take(self, table, row.line, row.fields)
                    except BadRowError as fault:
                        table.bad(row.line, str(fault))
                return True
        return False

    def lines(self, stats: Stats, zone: ZoneInfo, moving: Collection[str] | None, last_day: int) -> Iterator[Line]:
        """Yield products opened and profiles of the accounts in `moving` (None: all) up to `last_day`.

        What lies outside is counted in `stats.skipped`: a product opened years after the newest movement
        would only let the clock run.
        """
        for table, line, disp, card, kind, day in self.cards:
            if account := self.accounts_of_disp.get(disp):
                self.opened.append(Opened(account, day, f"card-{card}", f"{kind}_card"))
            else:
                table.bad(line, f"disp_id {disp} is in no disp table given")
        self.cards.clear()
        for product in sorted(self.opened, key=lambda p: (p.day, p.key)):
            if (moving is not None and product.account not in moving) or product.day.toordinal() > last_day:
                stats.skipped += 1
                continue
            yield from self._opened(product, zone)

    def _opened(self, product: Opened, zone: ZoneInfo) -> Iterator[Line]:
        customer = self.owner(product.account)
        ms = day_start(product.day, zone) + _OPENS_MS
        common = {"customer_id": customer, "time": rfc3339(ms)}
        if product.key == f"account-{product.account}":
            profile = {"since": product.day.isoformat()}
            if branch := self.branches.get(product.account):
                profile["branch_id"] = f"district-{branch}"
            value = {"event_id": f"berka-c{product.account}", **common, **profile}
            yield Line("customers", customer, ms, value)
        described = {"product_id": product.key, "kind": product.kind}
        if product.amount is not None:
            described["amount"] = product.amount
        if product.matures_on is not None:
            described["matures_on"] = product.matures_on.isoformat()
        event = {
            "event_id": f"berka-p-{product.key}",
            **common,
            "type": "product_opened",
            "product": described,
        }
        yield Line("service-events", customer, ms, event)


def day_of(text: str) -> date:
    """Read `930105` or `930105 00:00:00`.

    Raises:
        BadRowError: when it is not such a day.
    """
    digits = text.strip().split(" ")[0]
    try:
        if len(digits) == 6:
            return date(1900 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        pass
    raise BadRowError(f"date is not YYMMDD: {text!r}")


def _after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, 28))


def _need(fields: Mapping[str, str], *columns: str) -> list[str]:
    values = [fields[column].strip() for column in columns]
    if missing := [column for column, value in zip(columns, values, strict=True) if not value]:
        raise BadRowError(f"{' and '.join(missing)} empty")
    return values


def _account(tables: Tables, _table: Table, _line: int, fields: Mapping[str, str]) -> None:
    account, district, day = _need(fields, "account_id", "district_id", "date")
    tables.branches[account] = district
    tables.opened.append(Opened(account, day_of(day), f"account-{account}", "current"))


def _disp(tables: Tables, _table: Table, _line: int, fields: Mapping[str, str]) -> None:
    disp, client, account, kind = _need(fields, "disp_id", "client_id", "account_id", "type")
    tables.accounts_of_disp[disp] = account
    if kind == "OWNER":
        tables.owners[account] = client
    elif kind not in ("DISPONENT", "USER"):
        raise BadRowError(f"type is not known: {kind!r}")


def _card(tables: Tables, table: Table, line: int, fields: Mapping[str, str]) -> None:
    card, disp, kind, issued = _need(fields, "card_id", "disp_id", "type", "issued")
    tables.cards.append((table, line, disp, card, kind, day_of(issued)))  # disp may be read later


def _loan(tables: Tables, _table: Table, _line: int, fields: Mapping[str, str]) -> None:
    loan, account, day, amount, months = _need(fields, "loan_id", "account_id", "date", "amount", "duration")
    if not months.isdecimal():
        raise BadRowError(f"duration is not a number of months: {months!r}")
    began = day_of(day)
    value = str(money(amount))
    tables.opened.append(Opened(account, began, f"loan-{loan}", "loan", value, _after(began, int(months))))


def _without_events(_tables: Tables, _table: Table, _line: int, _fields: Mapping[str, str]) -> None:
    """Clients' birth numbers and standing orders without a day say nothing that happened."""


_KINDS = (
    (("account_id", "district_id", "frequency", "date"), _account),
    (("disp_id", "client_id", "account_id", "type"), _disp),
    (("card_id", "disp_id", "type", "issued"), _card),
    (("loan_id", "account_id", "date", "amount", "duration"), _loan),
    (("client_id", "birth_number"), _without_events),
    (("order_id", "account_id", "bank_to"), _without_events),
)

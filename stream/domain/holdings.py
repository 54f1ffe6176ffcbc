"""What a customer keeps with us: all asset accounts and products together, and its robust baseline."""

from __future__ import annotations

from statistics import median

from stream.domain.business import Business
from stream.domain.state import DAYS, Account, Baseline, Holding, State

DEBT_KINDS = frozenset({"credit_used", "loan", "mortgage"})
"""Kinds of accounts and products that are debts: never summed with assets."""

MOST_ACCOUNTS = 64
SETTLEMENT_DAYS = 2
"""Redeemed and matured money reaches an account within this (T+2): until then the product still counts."""

RECENT_DAYS = 7
"""Left out of the baseline, so that a drain over several days does not become its own baseline."""


def observe(state: State, business: Business, account_id: str, kind: str | None, balance: int, time: int) -> None:
    """Take one observed balance: its own day gets the closing, the account the last balance if it is newer."""
    account = state.accounts.get(account_id)
    if account is None:
        _make_room(state.accounts)
        account = state.accounts[account_id] = Account(kind, balance, time)
    elif time >= account.time:
        account.balance, account.time = balance, time
        account.kind = kind or account.kind
    day, second = business.day(time), business.second_of_day(time)
    known = account.closings.get(day)
    if known is None:
        _prune(account, business.day(state.newest))
    if known is None or second >= known[1]:
        account.closings[day] = (balance, second)


def _make_room(accounts: dict[str, Account]) -> None:
    """Bound the accounts: an empty one goes before one with money, the longest silent first."""
    while len(accounts) >= MOST_ACCOUNTS:
        del accounts[min(accounts, key=lambda name: (accounts[name].balance != 0, accounts[name].time))]


def _prune(account: Account, today: int) -> None:
    """Drop closings out of the window; the last is carried to its edge, so that a quiet account keeps its past."""
    edge = today - DAYS
    old = [day for day in account.closings if day <= edge]
    if old:
        balance = account.closings[max(old)][0]
        for day in old:
            del account.closings[day]
        account.closings.setdefault(edge + 1, (balance, 0))


def current(state: State, today: int) -> int:
    """Return the holdings now, minor units: last balances of asset accounts, and products without an account."""
    total = sum(account.balance for account in state.accounts.values() if account.kind not in DEBT_KINDS)
    for product_id, product in state.products.items():
        if product_id not in state.accounts and _counts_on(product, today):
            total += product.amount or 0
    return total


def _counts_on(product: Holding, day: int) -> bool:
    if product.kind in DEBT_KINDS or not product.amount or day < product.opened_on:
        return False
    return not product.ended_on or day <= product.ended_on + SETTLEMENT_DAYS


def closings(state: State, first: int, last: int) -> list[int]:
    """Return the closing holdings of each day from `first` to `last`, carried forward over days without news.

    Days before the customer's first observed balance are left out, so the list may be shorter.
    """
    assets = [a for a in state.accounts.values() if a.kind not in DEBT_KINDS and a.closings]
    if not assets:
        return []
    start = max(first, min(min(a.closings) for a in assets))
    totals = [0] * max(0, last - start + 1)
    for account in assets:
        _add_carried(totals, account, start)
    for product_id, product in state.products.items():
        own = state.accounts.get(product_id)
        until = min(own.closings) if own and own.closings else last + 1
        for day in range(max(start, product.opened_on), min(last + 1, until)):
            if _counts_on(product, day):
                totals[day - start] += product.amount or 0
    return totals


def _add_carried(totals: list[int], account: Account, start: int) -> None:
    known = account.closings
    before = [day for day in known if day < start]
    balance = known[max(before)][0] if before else 0
    for index in range(len(totals)):
        closing = known.get(start + index)
        if closing is not None:
            balance = closing[0]
        totals[index] += balance


def refresh_baseline(state: State, today: int) -> None:
    """Take the baseline anew once a business day: the closings up to `RECENT_DAYS` before `today`.

    Median and MAD, because a deposit of a week must not move it (Leys et al. 2013, "Detecting outliers: do not use
    standard deviation around the mean, use absolute deviation around the median"); the 5 % quantile, because a
    salary account falls every month and that is no news.
    """
    if state.baseline is not None and state.baseline.day >= today:
        return
    series = closings(state, today - DAYS + 1, today - RECENT_DAYS)
    if not series:
        state.baseline = None
        return
    ordered = sorted(series)
    middle = round(median(ordered))
    spread = round(median(abs(value - middle) for value in series))
    low = ordered[max(0, round(0.05 * len(ordered)) - 1)]
    state.baseline = Baseline(today, today - RECENT_DAYS, len(series), middle, spread, low)

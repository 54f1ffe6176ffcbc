"""What a customer keeps with us: all asset accounts and products together, and its robust baseline."""

from __future__ import annotations

from stream.domain.state import DAYS, MINUTE_DAYS, Account, Baseline, Holding, State

DEBT_KINDS = frozenset({"credit_used", "loan", "mortgage"})
"""Kinds of accounts and products that are debts: never summed with assets."""

MOST_ACCOUNTS = 64
SETTLEMENT_DAYS = 2
"""Redeemed and matured money reaches an account within this (T+2): until then the product still counts."""

RECENT_DAYS = 7
"""Left out of the baseline, so that a drain over several days does not become its own baseline."""


def observe(
    state: State, account_id: str, kind: str | None, balance: int, time: int, day: int, minute: int, today: int
) -> None:
    """Take one observed balance: its own day gets the closing, the account the last balance if it is newer.

    `day` and `minute` are those of `time` (epoch ms), `today` is the day of the customer's newest event.
    """
    account = state.accounts.get(account_id)
    if account is None:
        _make_room(state.accounts)
        account = state.accounts[account_id] = Account(kind, balance, time)
    elif time >= account.time:
        account.balance, account.time = balance, time
        account.kind = kind or account.kind
    minutes = account.minutes
    known = minutes.get(day)
    if known is None:  # the day's first, or late news of a day long past: what stands there stays
        if account.closings.get(day) is not None:
            return
        _carry(account, today)
        account.closings.put(day, balance, DAYS, today)
        if day > today - MINUTE_DAYS:
            minutes[day] = minute
        for past in [past for past in minutes if past <= today - MINUTE_DAYS]:
            del minutes[past]
    elif minute > known or (minute == known and time >= account.time):
        account.closings.put(day, balance, DAYS, today)
        minutes[day] = minute


def _make_room(accounts: dict[str, Account]) -> None:
    """Bound the accounts: an empty one goes before one with money, the longest silent first."""
    while len(accounts) >= MOST_ACCOUNTS:
        del accounts[min(accounts, key=lambda name: (accounts[name].balance != 0, accounts[name].time))]


def _carry(account: Account, today: int) -> None:
    """Carry the last closing before the window to its edge, so that an account that was quiet keeps its past."""
    edge = today - DAYS + 1
    oldest = account.closings.oldest()
    if oldest is None or oldest >= edge or account.closings.get(edge) is not None:
        return
    balance = next(closing for day, closing in account.closings.numbered() if day < edge)
    account.closings.put(edge, balance, DAYS, today)


def current(state: State, today: int) -> int:
    """Return the holdings now, minor units: last balances of asset accounts, and products without an account."""
    total = sum(account.balance for account in state.accounts.values() if account.kind not in DEBT_KINDS)
    for product_id, product in state.products.items():
        if product_id not in state.accounts and _counts_on(product, today):
            total += product.amount or 0
    return total


def products_held(state: State) -> int:
    """Return how many products the customer holds now."""
    return sum(not product.ended_on for product in state.products.values())


def _counts_on(product: Holding, day: int) -> bool:
    if product.kind in DEBT_KINDS or not product.amount or day < product.opened_on:
        return False
    return not product.ended_on or day <= product.ended_on + SETTLEMENT_DAYS


def closings(state: State, first: int, last: int) -> list[int]:
    """Return the closing holdings of each day from `first` to `last`, carried forward over days without news.

    Days before the customer's first observed balance are left out, so the list may be shorter.
    """
    assets = [a for a in state.accounts.values() if a.kind not in DEBT_KINDS]
    starts = [oldest for a in assets if (oldest := a.closings.oldest()) is not None]
    if not starts:
        return []
    start = max(first, min(starts))
    totals = [0] * max(0, last - start + 1)
    for account in assets:
        _add_carried(totals, account, start)
    for product_id, product in state.products.items():
        own = state.accounts.get(product_id)
        until = own.closings.oldest() if own is not None else None
        until = last + 1 if until is None else until
        for day in range(max(start, product.opened_on), min(last + 1, until)):
            if _counts_on(product, day):
                totals[day - start] += product.amount or 0
    return totals


def _add_carried(totals: list[int], account: Account, start: int) -> None:
    until = len(totals)  # the first place that is filled already; days are places from `start` on
    place = account.closings.newest - start
    for closing in account.closings.items:  # the newest first; plain loops, for this runs once a customer and day
        if closing is not None and place < until:
            if place == until - 1 and place >= 0:
                totals[place] += closing
            else:
                for carried in range(max(place, 0), until):
                    totals[carried] += closing
            until = place
            if place <= 0:
                return
        place -= 1


def _median(ordered: list[int]) -> int:
    """Return the median of numbers in order, of two in the middle their mean."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else round((ordered[half - 1] + ordered[half]) / 2)


def _reaches_back(state: State, day: int) -> bool:
    """Tell whether any account has a closing of `day` or before."""
    for account in state.accounts.values():
        oldest = account.closings.oldest()
        if oldest is not None and oldest <= day:
            return True
    return False


def refresh_baseline(state: State, today: int) -> None:
    """Take the baseline anew once a business day: the closings up to `RECENT_DAYS` before `today`.

    Median and MAD, because a deposit of a week must not move it (Leys et al. 2013, "Detecting outliers: do not use
    standard deviation around the mean, use absolute deviation around the median"); the 5 % quantile, because a
    salary account falls every month and that is no news.
    """
    if state.baseline is not None and state.baseline.day >= today:
        return
    if state.baseline is None and not _reaches_back(state, today - RECENT_DAYS):
        return  # too young to have one
    series = closings(state, today - DAYS + 1, today - RECENT_DAYS)
    if not series:
        state.baseline = None
        return
    ordered = sorted(series)
    middle = _median(ordered)
    spread = _median(sorted([abs(value - middle) for value in series]))
    low = ordered[max(0, round(0.05 * len(ordered)) - 1)]
    state.baseline = Baseline(today, today - RECENT_DAYS, len(series), middle, spread, low)

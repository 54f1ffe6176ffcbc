"""How a customer's horizon ended: what counts as churn, and what looks like it and is labelled apart. Pure.

Asked when the horizon is over, of the state as it then is; a request to leave that was cancelled is no leaving.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from models.example import CHURNED, Outcome, Treatment
from models.pending import Entry
from stream.domain import holdings
from stream.domain.business import DAY_MS, Business
from stream.domain.fold import DEPARTURES
from stream.domain.state import UNITS, USAGE, State

Kind = Literal["voluntary", "involuntary", "migrated"]

_BACK = ("product_opened", "restored")
_EXPLAINS = 30 * DAY_MS
"""A migration so close to a closing, or so lately before the cut-off, explains it."""

_USED = (USAGE + UNITS["min"], USAGE + UNITS["MB"])
"""Places of calls and data in a bucket: items and points are bought, not used."""

_LEAST_DAYS = 4
"""Days with usage before the cut-off under which there is no habit that could collapse."""


class Definition(Struct, frozen=True):
    """Who has churned at the end of the horizon; see `[model.labels]`. Times in ms, causes in lower case."""

    horizon: int
    active_within: int
    leaving: bool = True
    lost: bool = True
    inactivity: bool = True
    collapse_share: float = 0.1
    collapse_days: int = 28
    involuntary_causes: frozenset[str] = frozenset()
    migration_causes: frozenset[str] = frozenset()
    learn: frozenset[Kind] = frozenset({"voluntary"})


class Departure(Struct, frozen=True):
    """A leaving event: when, which, and the cause it gave ("" = none)."""

    time: int
    type: str
    cause: str


def is_active(state: State, time: int, rules: Definition) -> bool:
    """Tell whether the customer is here and has acted of their own accord so lately that they are scored."""
    return not state.left_at and state.acted_at > 0 and state.acted_at >= time - rules.active_within


def outcome(state: State, entry: Entry, time: int, business: Business, rules: Definition) -> Outcome:
    """Return how the horizon of `entry` ended, at `time` (epoch ms), when it is over."""
    gone = departure(state, entry.cutoff)
    if gone is not None:
        found = _of_departure(state, gone, rules)
        if found != "left" or rules.leaving:
            return found
    silent = rules.inactivity and state.acted_at < entry.cutoff
    if not silent and not has_collapsed(state, entry, time, business, rules):
        return "stayed"
    if _last(state, "migrated") >= entry.cutoff - _EXPLAINS:
        return "migrated"
    if _barred_at(state, time, rules):
        return "involuntary"
    return "inactive" if silent else "collapsed"


def outcome_of_lost(state: State, entry: Entry, reason: str | None, rules: Definition) -> Outcome:
    """Return the outcome when an RM has said `lost`, with the reason that they gave."""
    cause = (reason or "").casefold()
    if cause in rules.involuntary_causes:
        return "involuntary"
    if cause in rules.migration_causes:
        return "migrated"
    gone = departure(state, entry.cutoff)
    found = None if gone is None else _of_departure(state, gone, rules)
    return "lost" if found is None or found == "left" else found


def label(found: Outcome, rules: Definition) -> tuple[int, bool]:
    """Return the label, 1 = churned, and whether it is learned from."""
    if found == "stayed":
        return 0, True
    kind: Kind = "voluntary" if found in CHURNED else "migrated" if found == "migrated" else "involuntary"
    learned = kind in rules.learn
    return int(learned or kind == "voluntary"), learned


def treatment(state: State, entry: Entry, *, holdout: bool) -> Treatment:
    """Return what was done about the customer since the cut-off."""
    contact = state.contact
    if contact is None:
        return Treatment(holdout=holdout)
    return Treatment(contact.time >= entry.cutoff, contact.reached_at >= entry.cutoff, holdout)


def departure(state: State, since: int) -> Departure | None:
    """Return the first leaving event at or after `since` from which the customer has not come back."""
    if not state.left_at or state.left_at < since:
        return None
    back = max((_last(state, name) for name in _BACK), default=0)
    since = max(since, back + 1 if back <= state.left_at else 0)
    found = [
        Departure(time, type_, cause)
        for type_, cause, times in _recent(state)
        if type_ in DEPARTURES
        for time in times
        if time >= since
    ]
    return min(found, key=lambda gone: (gone.time, gone.type), default=Departure(state.left_at, "", ""))


def _of_departure(state: State, gone: Departure, rules: Definition) -> Outcome:
    if gone.cause in rules.involuntary_causes:
        return "involuntary"
    if gone.cause in rules.migration_causes:
        return "migrated"
    if gone.type == "port_out_completed" or gone.cause:  # the customer's own doing, or for a reason that was given
        return "left"
    if any(
        abs(time - gone.time) <= _EXPLAINS
        for type_, _, times in _recent(state)
        if type_ == "migrated"
        for time in times
    ):
        return "migrated"
    return "involuntary" if _barred_at(state, gone.time, rules) else "left"


def _barred_at(state: State, time: int, rules: Definition) -> bool:
    """Tell whether the customer was suspended for arrears and not restored by `time`."""
    suspended = restored = 0
    for type_, cause, times in _recent(state):
        if type_ == "suspended" and (not cause or cause in rules.involuntary_causes):
            suspended = max([suspended, *(at for at in times if at <= time)])
        elif type_ == "restored":
            restored = max([restored, *(at for at in times if at <= time)])
    return suspended > restored


def _recent(state: State) -> Iterator[tuple[str, str, list[int]]]:
    """Yield type, cause and times of the service events that are remembered."""
    for name, times in state.recent.items():
        type_, _, cause = name.partition("/")
        yield type_, cause.casefold(), times


def _last(state: State, name: str) -> int:
    return max((max(times) for type_, _, times in _recent(state) if type_ == name and times), default=0)


def level(state: State, time: int, business: Business, rules: Definition) -> int:
    """Return what was held before `time`, minor units: the median closing of `collapse_days`; 0 = nothing is known."""
    ordered = sorted(_closings(state, time, business, rules))
    return max(0, ordered[(len(ordered) - 1) // 2]) if ordered else 0


def usage(state: State, time: int, business: Business, rules: Definition) -> list[int]:
    """Return minutes and megabytes (thousandths) used in the `collapse_days` before `time`; empty: no habit."""
    totals, days = _usage(state, time, business, rules)
    return totals if days >= _LEAST_DAYS else []


def has_collapsed(state: State, entry: Entry, time: int, business: Business, rules: Definition) -> bool:
    """Tell whether balance or usage lay, for all of the last `collapse_days`, under the share of what it was.

    Usage has collapsed when calls and data have both: who calls less and surfs more has not gone.
    """
    share = rules.collapse_share
    if not share:
        return False
    if entry.level > 0:
        closings = _closings(state, time, business, rules)
        if len(closings) >= rules.collapse_days and max(closings) < share * entry.level:
            return True
    if not entry.usage:
        return False
    now, _ = _usage(state, time, business, rules)
    return all(after < share * before if before else not after for after, before in zip(now, entry.usage, strict=True))


def _closings(state: State, time: int, business: Business, rules: Definition) -> list[int]:
    today = business.day(time)
    return holdings.closings(state, today - rules.collapse_days, today - 1)


def _usage(state: State, time: int, business: Business, rules: Definition) -> tuple[list[int], int]:
    """Return the sums of the complete days before `time`, and on how many of them there was any."""
    today, totals, used = business.day(time), [0] * len(_USED), 0
    for day in range(today - rules.collapse_days, today):
        bucket = state.days.get(day)
        if bucket is not None and len(bucket) > USAGE:
            amounts = [bucket[place] if place < len(bucket) else 0 for place in _USED]
            totals = [total + amount for total, amount in zip(totals, amounts, strict=True)]
            used += any(amounts)
    return totals, used

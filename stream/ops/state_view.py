"""What a worker knows about a customer, as a picture for a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

from stream.domain import holdings
from stream.domain.business import Business
from stream.domain.state import ACTS, EARNED, SUM_IN, UNITS, USAGE, Score, money_out
from stream.engine.policies import explained
from stream.ops.printable import printable
from stream.ops.state_read import Raw, holdings_of, known

SERIES_DAYS = 30
ACTIVITY_DAYS = 14
_LABEL = 12
_BARS = "▁▂▃▄▅▆▇█"


def picture(answer: Raw, business: Business) -> list[str]:
    """Return lines that show the answer of a worker's `/state/CUSTOMER`; days and times are the business's own.

    What is unknown has no line. Foreign text cannot steer the terminal.
    """
    state: Raw = answer["state"]
    view = _View(state, business, answer.get("health"))
    title = f"{answer['customer_id']}   shard {answer['shard']}, {answer['bytes']:,} bytes, "
    lines = [title + f"first seen {view.when(state['first_seen'])}, newest event {view.when(state['newest'])}"]
    for label, section in _SECTIONS:
        for number, line in enumerate(section(view)):
            lines.append(f"{label if number == 0 else '':<{_LABEL}}{line}")
    return [printable(line) for line in lines]


def spark(values: Sequence[float]) -> str:
    """Return one bar a value, from the lowest to the highest of them; all the same is a line at half height."""
    if not values:
        return ""
    low, span = min(values), max(values) - min(values)
    if not span:
        return _BARS[3] * len(values)
    return "".join(_BARS[round((value - low) / span * (len(_BARS) - 1))] for value in values)


class _View:
    """The answer, and how the business writes days, times and money."""

    def __init__(self, state: Raw, business: Business, health: Raw | None) -> None:
        self.raw = state
        self.health = health  # `None`: an older worker answered
        self.business = business
        self.today = business.day(state["newest"])
        self.state = holdings_of(state)

    def money(self, minor: int) -> str:
        return f"{self.business.major(minor):,.{self.business.minor_units}f}"

    def when(self, time: int) -> str:
        return f"{dt.datetime.fromtimestamp(time / 1000, self.business.zone):%Y-%m-%d %H:%M}" if time else "never"

    def date(self, day: int) -> str:
        return self.business.date(day).isoformat()


def _profile(view: _View) -> Iterator[str]:
    profile = view.raw["profile"]
    if profile is None:
        return
    parts = [profile[name] for name in ("tier", "class_", "segment", "industry", "risk_grade") if profile[name]]
    parts.append(f"RM {profile['rm_id']}" if profile["rm_id"] else "no RM")
    parts += [profile["branch_id"]] if profile["branch_id"] else []
    yield " · ".join(parts)
    flags = [name.replace("_", " ") for name in ("no_retention_contact", "litigation", "bad_faith") if profile[name]]
    if flags:
        yield "marked: " + ", ".join(flags)


def _holdings(view: _View) -> Iterator[str]:
    if not view.state.accounts and not view.state.products:
        return
    yield f"{view.money(holdings.current(view.state, view.today))} {view.business.currency} now"
    baseline = view.raw["baseline"]
    if baseline is not None:
        median, low, mad = (view.money(baseline[name]) for name in ("median", "low", "mad"))
        days, until = baseline["days"], view.date(baseline["until"])
        yield f"baseline: median {median}, usual low {low}, MAD {mad}; {days} days up to {until}"
    series = holdings.closings(view.state, view.today - SERIES_DAYS + 1, view.today)
    if len(series) > 1:
        yield f"{spark(series)}  last {len(series)} days, {view.money(min(series))} to {view.money(max(series))}"


def _accounts(view: _View) -> Iterator[str]:
    for name, account in view.state.accounts.items():
        debt = " (debt, not in the holdings)" if account.kind in holdings.DEBT_KINDS else ""
        limit = f", limit {view.money(account.limit)}" if account.limit is not None else ""
        amount = view.money(account.balance)
        yield f"{name}  {account.kind or 'account'}  {amount}{limit}  {view.when(account.time)}{debt}"


def _products(view: _View) -> Iterator[str]:
    for name, product in view.state.products.items():
        amount = f"  {view.money(product.amount)}" if product.amount is not None else ""
        matures = f"  matures {product.matures_on}" if product.matures_on else ""
        ended = f"  ended {view.date(product.ended_on)}" if product.ended_on else ""
        yield f"{name}  {product.kind or 'product'}{amount}  since {view.date(product.opened_on)}{matures}{ended}"


def _activity(view: _View) -> Iterator[str]:
    days = {int(day): bucket for day, bucket in view.raw["days"].items()}
    if not days:
        return
    numbers = range(view.today - ACTIVITY_DAYS + 1, view.today + 1)
    yield f"{spark([days[n][ACTS] if n in days else 0 for n in numbers])}  acts a day, last {ACTIVITY_DAYS} days"
    for number in numbers:
        if number in days:
            bucket = days[number]
            money = f"in {view.money(bucket[SUM_IN]):>14}  out {view.money(money_out(bucket)):>14}"
            yield f"{view.date(number)}  {bucket[ACTS]:>4} ×  {money}{_usage(bucket)}"


def _usage(bucket: Sequence[int]) -> str:
    places = {**UNITS, "point earned": EARNED}
    used = [(unit, bucket[USAGE + place]) for unit, place in places.items() if len(bucket) > USAGE + place]
    return "".join(f"  {amount / 1000:,.1f} {unit}" for unit, amount in used if amount)


def _outflows(view: _View) -> Iterator[str]:
    for flow in (flow for flow in view.raw["outflows"] if flow["amount"]):
        yield f"{view.when(flow['time'])}  {view.money(flow['amount'])} to {flow['institution']}"


def _complaints(view: _View) -> Iterator[str]:
    for name, case in view.raw["complaints"].items():
        grade = f", {case['severity']}" if case["severity"] else ""
        end = ", satisfied" if case["satisfied"] else ""
        yield f"{name}  {case['status']}{grade}{end}  opened {view.when(case['opened_at'])}"


def _forwarding(view: _View) -> Iterator[str]:
    now = view.raw["forwarding"]
    if now is not None:
        to = f" to {now['network'] or 'an unknown network'}, number ending in {now['digits']}" if now["digits"] else ""
        yield f"{now['state'].replace('_', ' ')}{to}  since {view.when(now['time'])}"


def _contact(view: _View) -> Iterator[str]:
    contact = view.raw["contact"]
    if contact is not None:
        last = f"{view.when(contact['time'])} {contact['result'].replace('_', ' ')}"
        yield f"last {last}; last reached {view.when(contact['reached_at'])}"


def _model(view: _View) -> Iterator[str]:
    score = view.raw.get("score")
    if score is not None:
        yield f"{score['value']:.1%} {score['grade']}  by {score['version']}, {view.when(score['time'])}"
        for reason in explained(Score(**known(Score, score))):
            yield f"{reason.contribution:+.2f}  {reason.en}"
        return
    health = view.health
    if health is None or health["score"] is None:
        yield "cold start: no model yet"
        return
    parts = ", ".join(f"{name} {100 * value:.0f}" for name, value in health["parts"].items())
    yield f"cold start: no model yet, health {health['score']:g} of 100: {parts}"


def _episodes(view: _View) -> Iterator[str]:
    if not view.raw["episodes"]:
        yield "none"
    for kind, episode in view.raw["episodes"].items():
        times = f"since {view.when(episode['opened_at'])}, expires {view.when(episode['expires_at'])}"
        yield f"{kind}  {episode['severity']}  {times}, {episode['sequence']} alerts  {episode['id']}"


def _ended(view: _View) -> Iterator[str]:
    for kind, (time, severity) in view.raw["ended"].items():
        yield f"{kind}  {severity}  ended {view.when(time)}"


def _timers(view: _View) -> Iterator[str]:
    for name, due in sorted(view.raw["timers"].items(), key=lambda item: item[1]):
        yield f"{view.when(due)}  {name}"


_SECTIONS: tuple[tuple[str, Callable[[_View], Iterator[str]]], ...] = (
    ("Warnings", _episodes),
    ("Before", _ended),
    ("Model", _model),
    ("Profile", _profile),
    ("Holdings", _holdings),
    ("Accounts", _accounts),
    ("Products", _products),
    ("Outflows", _outflows),
    ("Complaints", _complaints),
    ("Forwarding", _forwarding),
    ("Contact", _contact),
    ("Activity", _activity),
    ("Timers", _timers),
)
"""What an RM asks first comes first."""

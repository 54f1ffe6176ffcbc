"""Lives for laws about all the rules at once: the contract's, lived by several customers, bent and mixed with more.

Events go missing, come twice or late, are of other amounts; on top come events of every topic and every type, at any
time, and what RMs did about warnings. So every rule has something to say, and something it did not reckon with.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

from stream.domain.events import Outcome, ServiceType
from support.lives import lives
from support.lives.handover import staff
from support.timeline import At, Line, at, flat

LIVES = lives()
CUSTOMERS = ("ann", "bo", "cy")
DAY_MS = 86_400_000
START, END = at("2025-01-02 08:00"), at("2025-11-20 08:00")
LATE_MS = (0, 0, 0, 0, 0, 0, 0, 90_000, 3_600_000, 3 * DAY_MS)
CATEGORIES = ("transfer", "purchase", "payroll", "fee", "order", "return", "loan_payment", "call", "data", None)


def whole_life(name: str, customer: str) -> list[Line]:
    """Return one of the contract's lives as `customer`'s; other customers of it keep their names behind theirs."""
    return [_as(line, customer) for line in flat(LIVES[name]())]


def _as(line: Line, customer: str) -> Line:
    if line.topic == "staff" or line.key in ("clock", None):
        return line
    mine = customer if line.key == "c" else f"{customer}-{line.key}"
    if line.value is None:
        return line._replace(key=mine)
    value = {**line.value, "customer_id": mine, "event_id": f"{line.value['event_id']}-{customer}"}
    for name in ("household_id", "group_id"):
        if name in value:
            value[name] = f"{value[name]}-{customer}"
    return line._replace(key=mine, value=value)


def bent(lines: Iterable[Line], chance: random.Random, late: Sequence[int] = LATE_MS) -> list[Line]:
    """Return the lines with some missing, some twice, some late, some of another amount; all days later alike."""
    gone, doubled, other = chance.choice([0, 0.02, 0.2]), chance.choice([0, 0.05]), chance.choice([0, 0.05])
    shift = chance.choice([0, 0, 0, 1, 11]) * DAY_MS
    found = []
    for line in lines:
        if chance.random() < gone or line.value is None:
            continue
        time = line.value["time"] + shift
        arrives = time + (chance.choice(late) if chance.random() < 0.1 else 0)
        value = {**line.value, "time": time}
        for field in ("amount", "balance"):
            if field in value and chance.random() < other:
                value[field] = round(float(value[field]) * chance.choice([0, 0.1, 0.6, 3, 40]), 2)
        found.append(line._replace(value=value, timestamp=arrives))
        if chance.random() < doubled:
            found.append(line._replace(value=value, timestamp=arrives + chance.choice(late)))
    return found


def loose(chance: random.Random, count: int, late: Sequence[int] = LATE_MS) -> list[Line]:
    """Return so many events of any topic and type, at any time, about any of the customers."""
    made = []
    for _ in range(count):
        when = START.plus(minutes=chance.randrange((END.time - START.time) // 60_000))
        moment = At(when.time, when.time + chance.choice(late))
        made.append(chance.choice(_MAKERS)(moment, chance.choice(CUSTOMERS), chance))
    return made


def _transaction(moment: At, customer: str, chance: random.Random) -> Line:
    more: dict[str, Any] = {"category": chance.choice(CATEGORIES)}
    if more["category"] in ("call", "data"):
        more |= {"quantity": chance.randrange(1, 90), "unit": "min" if more["category"] == "call" else "MB"}
    elif chance.random() < 0.4:
        more |= {"counterparty": {"institution": chance.choice(["rival", "own"]), "own_name": chance.random() < 0.5}}
    if chance.random() < 0.2:
        more |= {"account_id": "a1", "balance_after": chance.choice([0, 900, 250_000])}
    return moment.transaction(customer, chance.choice([0, 12, 700, 40_000]), chance.choice(["in", "out"]), **more)


def _balance(moment: At, customer: str, chance: random.Random) -> Line:
    kind, limit = chance.choice([(None, None), ("savings", None), ("credit_used", 800_000)])
    return moment.balance(
        customer, chance.choice([0, 5_000, 120_000]), chance.choice(["a1", "p1"]), kind=kind, limit=limit
    )


def _complaint(moment: At, customer: str, chance: random.Random) -> Line:
    status = chance.choice(["opened", "opened", "updated", "answered", "rejected", "closed", "reopened", "disputed"])
    severity = chance.choice(["critical", "high", "medium", "low", None])
    more = {"satisfied": True} if status == "closed" and chance.random() < 0.6 else {}
    return moment.complaint(customer, chance.choice("kl"), status, severity=severity, subject="Card fee", **more)


def _service(moment: At, customer: str, chance: random.Random) -> Line:
    type_ = chance.choice(get_args(ServiceType))
    more: dict[str, Any] = {}
    if type_ == "call_forwarding":
        more["forwarding"] = {"state": chance.choice(["unconditional", "inactive"]), "target_network": "rival"}
    elif type_.startswith(("product", "renewal", "mortgage")):
        until = chance.choice(["2025-04-30", "2025-09-01", "2026-01-01"])
        product = {"product_id": chance.choice(["p", "p1", "m1"]), "kind": chance.choice(["deposit", "mortgage"])}
        more["product"] = product | {"amount": chance.choice([900, 600_000]), "matures_on": until}
    elif type_ == "tier_changed":
        more["change"] = dict(zip(("from", "to"), chance.sample(["gold", "silver", "basic"], 2), strict=True))
    elif type_ == "credit_limit_changed":
        more["change"] = dict(zip(("from", "to"), chance.sample([0, 300_000, 800_000], 2), strict=True))
    elif type_ == "service_incident":
        more["cause"] = chance.choice(["dropped_call", "long_queue", None])
    return moment.service(customer, type_, **more)


def _contact(moment: At, customer: str, chance: random.Random) -> Line:
    result = chance.choice(["reached", "not_reached", "read_no_reply", "replied", "declined"])
    return moment.event("contacts", customer, staff_id="r", how=chance.choice(["call", "mail"]), result=result)


def _profile(moment: At, customer: str, chance: random.Random) -> Line:
    if chance.random() < 0.1:
        return moment.forget(customer)
    return moment.profile(
        customer,
        rm_id=chance.choice(["r", "r2"]),
        tier=chance.choice(["gold", "silver", None]),
        class_=chance.choice(["key", "mass", None]),
        segment=chance.choice(["corporate", "payroll", "mobile", None]),
        no_retention_contact=chance.random() < 0.2,
        products=[{"product_id": "p", "kind": "fund", "amount": 100}] if chance.random() < 0.5 else None,
    )


def _staff(moment: At, customer: str, chance: random.Random) -> Line:
    status = chance.choice(["active", "leave", "left", "moved"])
    return staff(moment, staff_id=chance.choice(["r", "r2"]), status=status)


_MAKERS: tuple[Callable[[At, str, random.Random], Line], ...] = (
    _transaction, _balance, _complaint, _service, _service, _contact, _profile, _staff,
)  # fmt: skip


def millis(time: str) -> int:
    """Return the epoch ms of an alert's time."""
    return round(dt.datetime.fromisoformat(time).timestamp() * 1000)


def feedback(alerts: Iterable[dict[str, Any]], chance: random.Random) -> list[Line]:
    """Return what RMs did about some of the warnings that were opened, hours or days later."""
    done = []
    for alert in alerts:
        if alert["state"] != "opened" or chance.random() < 0.4:
            continue
        moment = At(millis(alert["event_time"])).plus(hours=chance.choice([1, 30, 200]))
        action = chance.choice(["ack", "snooze", "outcome", "outcome", "note"])
        more: dict[str, Any] = {}
        if action == "snooze":
            more["until"] = moment.plus(days=chance.choice([1, 20])).time
        elif action == "outcome":
            more["outcome"] = chance.choice(get_args(Outcome))
        done.append(moment.feedback(alert["customer_id"], alert["episode_id"], action, **more))
    return done

"""What happens to everybody now and then: incidents, complaints, contacts, tiers, limits, plans."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from stream.simulate import complaints
from stream.simulate.bank import BankLife
from stream.simulate.drift import Drifts
from stream.simulate.leavers import arrivals
from stream.simulate.life import HOUR, Life, office_second, waking_second
from stream.simulate.phone import PhoneLife
from stream.simulate.precursors import TIERS

CADENCE_DAYS = {"key": 14, "potential": 30, "maintain": 90}
"""How often an RM contacts a class; the others are not called."""
_RESULTS = (("reached", 0.55), ("not_reached", 0.2), ("replied", 0.12), ("read_no_reply", 0.1), ("declined", 0.03))
_HOW = ("call", "call", "message", "visit", "mail")

Act = Callable[[Life, int, Random], None]


def plant(life: Life, until: int, drifts: Drifts) -> None:
    """Plant the routine events of one customer up to the day `until`."""
    _contacts(life, until)
    params = life.params
    rates: list[tuple[str, str, float, Act]] = [
        ("complaints", "complaints", params.complaint_rate, _complaint),
        ("incidents", "incidents", params.incident_rate, _incident),
        *(BANK if isinstance(life, BankLife) else PHONE),
    ]
    for name, rate, per_year, act in rates:
        random = life.stream("routine", name)
        for day in arrivals(random, per_year, rate, life.first_day + 2, drifts):
            if day >= until:
                break
            act(life, day, random)


def _contacts(life: Life, until: int) -> None:
    cadence = CADENCE_DAYS.get(life.profile.class_)
    if cadence is None or life.profile.no_contact:
        return
    random = life.stream("contacts")
    day = life.first_day + random.randrange(1, cadence + 1)
    while day < until:
        if life.clock.date_of(day).weekday() > 4:
            day += 2
        result = random.choices([name for name, _ in _RESULTS], [weight for _, weight in _RESULTS])[0]
        how = random.choice(("mail", "message")) if result in ("replied", "read_no_reply") else random.choice(_HOW)
        fields = {"staff_id": life.profile.rm_id, "how": how, "result": result}
        life.plan_event(day, office_second(random), "contacts", **fields)
        day += max(2, round(cadence * random.uniform(0.7, 1.25)))


def _complaint(life: Life, day: int, random: Random) -> None:
    serious = random.random() < 0.2
    complaints.plan(life, day, random, serious, complaints.ordinary(random, serious))


def _incident(life: Life, day: int, random: Random) -> None:
    causes = ("failed_payment", "long_queue", "app_outage") if life.profile.is_bank else ("dropped_call", "no_signal")
    _told(life, day, waking_second(random), "service_incident", cause=random.choice(causes))


def _tier(life: Life, day: int, random: Random) -> None:
    step = 1 if random.random() < 0.7 else -1
    target = TIERS[min(len(TIERS) - 1, max(0, TIERS.index(life.profile.tier) + step))]
    life.plan(day, 6 * HOUR, lambda now: life.change_tier(now, target))


def _limit(life: Life, day: int, random: Random) -> None:
    limit = random.randrange(5, 60) * 10_000
    change = {"from": limit, "to": int(limit * random.choice((0.5, 1.2, 1.5)))}
    _told(life, day, office_second(random), "credit_limit_changed", change=change)


def _redeem(life: Life, day: int, random: Random) -> None:
    assert isinstance(life, BankLife)
    life.plan(day, office_second(random), life.redeem)


def _plan_change(life: Life, day: int, random: Random) -> None:
    assert isinstance(life, PhoneLife)
    plan = random.choice(("contract-99", "contract-159", "contract-199"))
    life.plan(day, office_second(random), lambda now: life.change_plan(now, plan))


def _migrate(life: Life, day: int, random: Random) -> None:
    assert isinstance(life, PhoneLife)
    life.plan(day, office_second(random), lambda now: life.change_plan(now, "family-5g", "migrated"))


def _arrears(life: Life, day: int, random: Random) -> None:
    second = office_second(random)
    days = random.randrange(1, 9)
    _told(life, day, second, "suspended", cause="arrears")
    life.effect("activity", day, day + days, 0.0)
    _told(life, day + days, second, "restored")


def _renewal(life: Life, day: int, random: Random) -> None:
    _told(life, day, office_second(random), "renewal_due")


def _standing_order(life: Life, day: int, random: Random) -> None:
    _told(life, day, office_second(random), "standing_order_cancelled")


def _mortgage(life: Life, day: int, random: Random) -> None:
    _told(life, day, office_second(random), "mortgage_settled")


def _told(life: Life, day: int, second: int, kind: str, **fields: object) -> None:
    life.plan_event(day, second, "service-events", type=kind, **fields)


BANK: tuple[tuple[str, str, float, Act], ...] = (
    ("tier", "tiers", 0.15, _tier),
    ("limit", "limits", 0.15, _limit),
    ("redeem", "redemptions", 0.2, _redeem),
    ("standing order", "orders", 0.1, _standing_order),
    ("mortgage", "mortgages", 0.05, _mortgage),
)
PHONE: tuple[tuple[str, str, float, Act], ...] = (
    ("tier", "tiers", 0.15, _tier),
    ("plan", "plans", 0.2, _plan_change),
    ("migrate", "migrations", 0.1, _migrate),
    ("arrears", "arrears", 0.15, _arrears),
    ("renewal", "renewals", 0.4, _renewal),
)
"""Name of its random stream, rate that a drift may move, events per customer and year, and what happens."""

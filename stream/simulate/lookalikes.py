"""What looks like leaving and is not: dips that come back, own transfers, quarter ends, small complaints."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from stream.simulate import complaints
from stream.simulate.bank import CURRENT, SAVINGS, BankLife
from stream.simulate.drift import Drifts
from stream.simulate.leavers import arrivals
from stream.simulate.life import DAY, HOUR, Life, office_second, waking_second
from stream.simulate.phone import PhoneLife
from stream.simulate.precursors import CONDITIONAL

Act = Callable[[Life, int, Random], int]
"""Plants one for a customer from a day on; returns how many seconds after that day's start it shows."""


def plant(life: Life, until: int, drifts: Drifts) -> None:
    """Plant lookalikes up to the day `until`, at the population's rate."""
    random = life.stream("lookalikes")
    kinds = BANK if isinstance(life, BankLife) else PHONE
    for day in arrivals(random, life.params.lookalike_rate, "lookalikes", life.first_day + 5, drifts):
        if day >= until:
            return
        kind, act = random.choice(kinds)
        after, second = divmod(act(life, day, random), DAY)
        life.lookalike(kind, day + after, second)


def _same_day_dip(life: Life, day: int, random: Random) -> int:
    assert isinstance(life, BankLife)
    share, taken = random.uniform(0.6, 0.9), [0]
    second = random.randrange(9 * HOUR, 11 * HOUR)

    def out(now: int) -> None:
        taken[0] = life.send_away(now, CURRENT, share)

    def back(now: int) -> None:
        counterparty = {"institution": "other-bank", "own_name": True}
        life.move(now, taken[0], "in", "transfer", counterparty=counterparty, channel="mobile")

    life.plan(day, second, out)
    life.plan(day, second + random.randrange(2 * HOUR, 9 * HOUR), back)
    return second


def _own_transfer(life: Life, day: int, random: Random) -> int:
    assert isinstance(life, BankLife)
    life.balances.setdefault(SAVINGS, 0)
    share, second = random.uniform(0.5, 0.9), office_second(random)
    life.plan(day, second, lambda now: life.between_own(now, CURRENT, SAVINGS, share))
    life.plan(day + 12, second, lambda now: life.between_own(now, SAVINGS, CURRENT, share))
    return second


def _quarter_end(life: Life, day: int, random: Random) -> int:
    """A deposit for the quarter's last days, at somebody's wish, that goes again. Told when it comes."""
    assert isinstance(life, BankLife)
    ends = life.clock.quarter_end(day)
    amount = int(life.target * random.uniform(1, 4))
    other = {"institution": "other-bank", "own_name": True}
    comes, goes = max(day, ends - random.randrange(0, 4)), ends + random.randrange(1, 5)
    life.plan(comes, 10 * HOUR, life.movement(amount, "in", "transfer", counterparty=other))
    life.plan(goes, 11 * HOUR, life.movement(amount, "out", "transfer", counterparty=other))
    return 10 * HOUR + (comes - day) * DAY


def _own_product(life: Life, day: int, random: Random) -> int:
    assert isinstance(life, BankLife)
    share, term, second = random.uniform(0.5, 0.85), random.choice((30, 60, 90, 180)), office_second(random)
    life.plan(day, second, lambda now: life.buy(now, share, day + term))
    return second


def _late_salary(life: Life, day: int, random: Random) -> int:
    life.effect("salary_late", day, day + 31, 0.5)
    return 0


def _closing_cancelled(life: Life, day: int, random: Random) -> int:
    second = office_second(random)
    life.plan_event(day, second, "service-events", type="account_closing_requested")
    life.plan_event(day + 3, second, "service-events", type="account_closing_cancelled")
    return second


def _travel(life: Life, day: int, random: Random) -> int:
    life.effect("activity", day, day + random.randrange(6, 10), 0.15)
    return 0


def _polite_complaint(life: Life, day: int, random: Random) -> int:
    return complaints.plan(life, day, random, serious=False, course=complaints.ordinary(random, serious=False))


def _own_forwarding(life: Life, day: int, random: Random) -> int:
    assert isinstance(life, PhoneLife)
    second = waking_second(random)
    life.plan(day, second, lambda now: life.forward(now, "unconditional", life.params.own_network))
    life.plan(day + random.randrange(2, 20), second, lambda now: life.forward(now, "inactive"))
    return second


def _forwarding_cleared(life: Life, day: int, random: Random) -> int:
    """Off our network while in a meeting or on a trip, and cleared again."""
    assert isinstance(life, PhoneLife)
    second, state = random.randrange(9 * HOUR, 15 * HOUR), random.choice(CONDITIONAL)
    network = random.choice(life.params.other_networks)
    life.plan(day, second, lambda now: life.forward(now, state, network))
    life.plan(day + random.choice((0, 0, 1, 3)), second + 2 * HOUR, lambda now: life.forward(now, "inactive"))
    return second


def _port_out_cancelled(life: Life, day: int, random: Random) -> int:
    second = office_second(random)
    life.plan_event(day, second, "service-events", type="port_out_requested")
    life.plan_event(day + 2, second, "service-events", type="port_out_cancelled")
    return second


BANK: tuple[tuple[str, Act], ...] = (
    ("same_day_dip", _same_day_dip),
    ("own_account_transfer", _own_transfer),
    ("own_product", _own_product),
    ("late_salary", _late_salary),
    ("travel", _travel),
    ("polite_complaint", _polite_complaint),
    ("polite_complaint", _polite_complaint),
    ("quarter_end_deposit", _quarter_end),
    ("closing_cancelled", _closing_cancelled),
)
PHONE: tuple[tuple[str, Act], ...] = (
    ("own_network_forwarding", _own_forwarding),
    ("own_network_forwarding", _own_forwarding),
    ("forwarding_cleared", _forwarding_cleared),
    ("travel", _travel),
    ("polite_complaint", _polite_complaint),
    ("polite_complaint", _polite_complaint),
    ("port_out_cancelled", _port_out_cancelled),
)
"""Kinds by company; one named twice is twice as frequent."""

"""How each precursor of a story shows: planted from a day on, for a customer who leaves on another."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from stream.simulate import complaints
from stream.simulate.bank import CURRENT, BankLife
from stream.simulate.leavers import Leaving
from stream.simulate.life import HOUR, Life, office_second, waking_second
from stream.simulate.phone import PhoneLife

CONTACTED = ("key", "potential", "maintain")
"""Classes that an RM keeps in touch with."""
TIERS = ("basic", "silver", "gold", "platinum", "private")
"""From low to high."""

Plant = Callable[[Life, int, int, Random], int | None]
"""Plants a precursor: whose, from which day, the day of leaving; returns the second of the day it shows at.

`None`: it does not fit this customer, and nothing was planted."""


def plant(life: Life, leaving: Leaving) -> None:
    """Plant a leaver's precursors and the end itself. What would lie before the customer's time is left out."""
    random = life.stream("precursors")
    life.truth.why = leaving.story.why
    end = random.randrange(10 * HOUR, 18 * HOUR)
    for kind, early, late in leaving.story.precursors:
        day = leaving.day - random.randrange(late, early + 1)
        if day >= life.first_day + 1:
            second = _PLANTS[kind](life, day, leaving.day, random)
            if second is not None:
                life.precursor(kind, day, second)
    life.truth.leaves_at = life.clock.begins(leaving.day) + end
    life.plan(leaving.day, end, life.vanish if leaving.silent_end else life.leave)


def _balance_drain(life: Life, day: int, ends: int, random: Random) -> int:
    assert isinstance(life, BankLife)
    bank = random.choice(life.params.other_banks)
    share = random.uniform(0.15, 0.3)
    second = office_second(random)
    for step in range(day, ends, random.choice((1, 2, 3))):
        for place, account in enumerate(life.balances):
            life.plan(step, second + place, _away(life, account, share, bank))
    return second


def _sudden_outflow(life: Life, day: int, ends: int, random: Random) -> int:
    assert isinstance(life, BankLife)
    bank = random.choice(life.params.other_banks)
    second = office_second(random)
    for place, account in enumerate(life.balances):
        life.plan(day, second + place, _away(life, account, random.uniform(0.88, 0.98), bank))
    life.effect("activity", day + 1, ends + 1, 0.2)
    return second


def _away(life: BankLife, account: str, share: float, bank: str) -> Callable[[int], None]:
    return lambda now: void(life.send_away(now, account, share, bank))


def void(_result: object) -> None:
    """Forget a result, so that a lambda is an action."""


def _product_matured(life: Life, day: int, ends: int, random: Random) -> int:
    """Hold a product from the start, larger than what else is there, that matures on the day."""
    assert isinstance(life, BankLife)
    life.hold(int(life.target * random.uniform(2, 5)), day, to_the_end=True)
    return 9 * HOUR


def _matured_money_leaves(life: Life, day: int, ends: int, random: Random) -> int:
    assert isinstance(life, BankLife)
    second = office_second(random)
    life.plan(day, second, _away(life, CURRENT, random.uniform(0.85, 0.97), random.choice(life.params.other_banks)))
    return second


def _salary_stops(life: Life, day: int, ends: int, random: Random) -> int:
    life.effect("salary", day, ends + 1, 0.0)
    return 0


def _activity_fall(life: Life, day: int, ends: int, random: Random) -> int:
    life.effect("activity", day, ends + 1, random.uniform(0.15, 0.35))
    return 0


def _usage_fall(life: Life, day: int, ends: int, random: Random) -> int:
    """Fall at once for half of them, in two steps for the others."""
    if random.random() < 0.5:
        life.effect("activity", day, ends + 1, random.uniform(0.1, 0.3))
    else:
        life.effect("activity", day, ends + 1, 0.5)
        life.effect("activity", (day + ends) // 2, ends + 1, 0.3)
    return 0


def _serious_complaint(life: Life, day: int, ends: int, random: Random) -> int:
    return complaints.plan(life, day, random, serious=True, course=complaints.neglected(random))


def _slow_decline(life: Life, day: int, ends: int, random: Random) -> int:
    """Less from month to month, never suddenly."""
    for month in range(8):
        life.effect("activity", day + 30 * month, ends + 1, random.uniform(0.6, 0.75))
    return 0


def _stops_answering(life: Life, day: int, ends: int, random: Random) -> int | None:
    """Messages that used to be replied to are read and no more; the RM writes five times."""
    if life.profile.class_ not in CONTACTED or life.profile.no_contact:
        return None
    fields = {"staff_id": life.profile.rm_id, "how": "message"}
    for before in (75, 60, 45, 30, 15):
        life.plan_event(
            max(life.first_day, day - before), office_second(random), "contacts", **fields, result="replied"
        )
    seconds = [office_second(random) for _ in range(5)]
    for place, second in enumerate(seconds):
        life.plan_event(day + 5 * place, second, "contacts", **fields, result="read_no_reply")
    return seconds[0]


def _mortgage_settled(life: Life, day: int, ends: int, random: Random) -> int:
    product = {"product_id": f"mortgage-{life.profile.number}", "kind": "mortgage"}
    life.products[product["product_id"]] = product
    second = office_second(random)

    def settled(now: int) -> None:
        del life.products[product["product_id"]]
        life.emit(now, "service-events", type="mortgage_settled", product=product)

    life.plan(day, second, settled)
    return second


def _product_closed(life: Life, day: int, ends: int, random: Random) -> int:
    """Hold a card and an insurance from the start; give up the one, and ten days later the other."""
    second = office_second(random)
    for place, kind in enumerate(("card", "insurance")):
        product = {"product_id": f"{kind}-{life.profile.number}", "kind": kind}
        life.products[product["product_id"]] = product
        life.plan(day + 10 * place, second, _gives_up(life, product))
    return second


def _gives_up(life: Life, product: dict[str, str]) -> Callable[[int], None]:
    def given_up(now: int) -> None:
        del life.products[product["product_id"]]
        life.emit(now, "service-events", type="product_closed", product=product)

    return given_up


def _credit_limit_cut(life: Life, day: int, ends: int, random: Random) -> int:
    second, limit = office_second(random), random.randrange(20, 100) * 10_000
    change = {"from": limit, "to": int(limit * random.choice((0.3, 0.5)))}
    life.plan_event(day, second, "service-events", type="credit_limit_changed", change=change)
    return second


def _service_incidents(life: Life, day: int, ends: int, random: Random) -> int:
    seconds = sorted(waking_second(random) for _ in range(random.randrange(3, 8)))
    for place, second in enumerate(seconds):
        cause = random.choice(("dropped_call", "dropped_call", "no_signal"))
        life.plan_event(day + place // 2, second, "service-events", type="service_incident", cause=cause)
    return seconds[0]


def _forwarding_off_net(life: Life, day: int, ends: int, random: Random) -> int:
    assert isinstance(life, PhoneLife)
    second = waking_second(random)
    network = random.choice(life.params.other_networks)
    state = "unconditional" if random.random() < 0.7 else random.choice(CONDITIONAL)
    life.plan(day, second, lambda now: life.forward(now, state, network))
    return second


CONDITIONAL = ("conditional_busy", "conditional_not_reachable", "conditional_no_answer")


def _tier_down(life: Life, day: int, ends: int, random: Random) -> int | None:
    if life.tier == TIERS[0]:
        return None
    lower = TIERS[TIERS.index(life.tier) - 1]
    life.plan(day, 7 * HOUR, lambda now: life.change_tier(now, lower))
    return 7 * HOUR


def _event(kind: str) -> Plant:
    def planted(life: Life, day: int, ends: int, random: Random) -> int:
        second = office_second(random)
        life.plan_event(day, second, "service-events", type=kind)
        return second

    return planted


_PLANTS: dict[str, Plant] = {
    "balance_drain": _balance_drain,
    "sudden_outflow": _sudden_outflow,
    "product_matured": _product_matured,
    "matured_money_leaves": _matured_money_leaves,
    "salary_stops": _salary_stops,
    "activity_fall": _activity_fall,
    "usage_fall": _usage_fall,
    "serious_complaint": _serious_complaint,
    "service_incidents": _service_incidents,
    "slow_decline": _slow_decline,
    "stops_answering": _stops_answering,
    "mortgage_settled": _mortgage_settled,
    "product_closed": _product_closed,
    "credit_limit_cut": _credit_limit_cut,
    "forwarding_off_net": _forwarding_off_net,
    "tier_down": _tier_down,
    **{
        kind: _event(kind)
        for kind in (
            "standing_order_cancelled",
            "account_closing_requested",
            "port_out_requested",
            "renewal_due",
            "renewal_declined",
        )
    },
}

"""Who leaves, when and why. A story is a reason and the precursors that come before, in days before the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from stream.simulate import params as p
from stream.simulate.drift import Drifts
from stream.simulate.params import Params
from stream.simulate.population import Profile, draw, in_household, stream_of

_SETTLED = 30  # nobody leaves within this many days of the start or of joining
_YEAR = 365.0


@dataclass(frozen=True, slots=True)
class Story:
    """Why somebody leaves, and what can be seen before: kind, and between which days before the end."""

    why: str
    weight: float
    precursors: tuple[tuple[str, int, int], ...]


BANK = (
    Story(
        "better rate elsewhere",
        0.3,
        (
            ("stops_answering", 60, 45),
            ("balance_drain", 25, 12),
            ("tier_down", 11, 8),
            ("standing_order_cancelled", 9, 4),
            ("account_closing_requested", 3, 1),
        ),
    ),
    Story("lured away at once", 0.15, (("sudden_outflow", 6, 2),)),
    Story(
        "bad service",
        0.2,
        (
            ("serious_complaint", 30, 14),
            ("activity_fall", 20, 12),
            ("sudden_outflow", 6, 4),
            ("account_closing_requested", 3, 1),
        ),
    ),
    Story("product matured", 0.2, (("product_matured", 16, 10), ("matured_money_leaves", 7, 4))),
    Story("employer changed bank", 0.15, (("salary_stops", 70, 35), ("balance_drain", 20, 8))),
    Story("house paid off", 0.1, (("mortgage_settled", 40, 25), ("balance_drain", 20, 8))),
    Story(
        "gives up one product after another",
        0.1,
        (("product_closed", 45, 30), ("activity_fall", 28, 16), ("account_closing_requested", 3, 1)),
    ),
    Story("credit line cut", 0.3, (("credit_limit_cut", 50, 35), ("sudden_outflow", 8, 4))),
)
PHONE = (
    Story(
        "cheaper offer",
        0.35,
        (("usage_fall", 35, 20), ("forwarding_off_net", 14, 5), ("port_out_requested", 3, 1)),
    ),
    Story(
        "bad network",
        0.25,
        (("service_incidents", 30, 18), ("serious_complaint", 14, 7), ("port_out_requested", 3, 1)),
    ),
    Story(
        "contract ended",
        0.2,
        (
            ("renewal_due", 40, 30),
            ("renewal_declined", 20, 10),
            ("usage_fall", 9, 6),
            ("port_out_requested", 3, 1),
        ),
    ),
    Story("second line elsewhere", 0.2, (("usage_fall", 40, 25), ("forwarding_off_net", 20, 10))),
    Story("less and less", 0.15, (("slow_decline", 120, 100),)),
)
WITHOUT = Story("unknown", 0, ())
EMPLOYER = Story("employer changed bank", 0, (("salary_stops", 70, 35), ("balance_drain", 20, 8)))
"""Of a payroll group whose employer goes to another bank: many of it follow."""
FAMILY = {
    True: Story("family left", 0, (("account_closing_requested", 3, 1),)),
    False: Story("family left", 0, (("port_out_requested", 3, 1),)),
}
"""By whether it is a bank's customer."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """One customer's: the day, the story, and whether they go without closing anything."""

    day: int
    story: Story
    silent_end: bool


def arrivals(random: Random, per_year: float, rate: str, first: int, drifts: Drifts) -> Iterator[int]:
    """Yield, for ever, the days of a Poisson process whose rate moves with the drifts."""
    changes = drifts.changes(rate)
    moment = float(first)
    while per_year > 0:
        exposure = random.expovariate(1.0)  # of the unit process, spent stretch by stretch
        while True:
            pace = per_year / _YEAR * drifts.factor(rate, int(moment))
            bound = next((day for day in changes if day > moment), None)
            if bound is None or exposure <= (bound - moment) * pace:
                moment += exposure / pace
                break
            exposure -= (bound - moment) * pace
            moment = float(bound)
        yield int(moment)


def leaving(profile: Profile, seed: int, params: Params, drifts: Drifts) -> Leaving:
    """Return how the customer will leave; for most, long after the end of the run."""
    own = _own_day(profile, seed, params, drifts)
    random = stream_of(seed, profile.number, "story")
    followed = random.random() < params.household_follows
    delay = random.randrange(5, 25)
    if followed and in_household(profile.number, seed, params):
        day = _family_day(profile, seed, params, drifts) + delay
        if max(profile.joined, 0) + _SETTLED <= day < own:
            return Leaving(day, FAMILY[profile.is_bank], silent_end=False)
    moved = _employer_day(profile, seed, params, drifts)
    if moved is not None and max(profile.joined, 0) + _SETTLED <= moved < own:
        return Leaving(moved, EMPLOYER, silent_end=False)
    silent = min(0.95, params.silent_share * drifts.factor("silent", own))
    if random.random() < silent:
        return Leaving(own, WITHOUT, silent_end=random.random() < 0.5)
    stories = _possible(profile)
    story = random.choices(stories, [known.weight for known in stories])[0]
    quiet_end = story.why in ("second line elsewhere", "lured away at once", "less and less")
    return Leaving(own, story, silent_end=quiet_end and random.random() < 0.7)


def _possible(profile: Profile) -> tuple[Story, ...]:
    """Return the stories that fit the customer: an employer needs a salary, a credit line a business."""
    if not profile.is_bank:
        return PHONE
    never = "credit line cut" if _salaried(profile) else "employer changed bank"
    return tuple(story for story in BANK if story.why != never)


def _employer_day(profile: Profile, seed: int, params: Params, drifts: Drifts) -> int | None:
    """Return when the customer follows the employer to another bank; `None` where they are paid through no group."""
    group = profile.payroll_group_id
    if group is None or stream_of(seed, profile.number, "employer").random() >= params.payroll_follows:
        return None
    first = next(arrivals(stream_of(seed, group, "employer"), params.employer_rate, "leaving", _SETTLED, drifts))
    return first + stream_of(seed, profile.number, "employer", "delay").randrange(0, 30)


def _salaried(profile: Profile) -> bool:
    return isinstance(profile.segment, p.BankSegment) and profile.segment.salary[1] > 0


def _own_day(profile: Profile, seed: int, params: Params, drifts: Drifts) -> int:
    random = stream_of(seed, profile.number, "leaving")
    first = max(profile.joined, 0) + _SETTLED
    return next(arrivals(random, params.leaving_rate, "leaving", first, drifts))


def _family_day(profile: Profile, seed: int, params: Params, drifts: Drifts) -> int:
    """Return when the first other member of the household leaves of their own accord."""
    first = profile.number // p.HOUSEHOLD * p.HOUSEHOLD
    others = (number for number in range(first, first + p.HOUSEHOLD) if number != profile.number)
    return min(_own_day(draw(number, seed, params), seed, params, drifts) for number in others)

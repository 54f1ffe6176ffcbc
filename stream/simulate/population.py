"""Who lives in the town: one profile per number, the same whatever the size of the population."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from stream.simulate import params as p
from stream.simulate.clock import Clock
from stream.simulate.params import BankSegment, Params, PhoneSegment

_CLASSES = (("key", 0.08), ("potential", 0.17), ("maintain", 0.35), ("mass", 0.32), ("adjust", 0.08))
_INDUSTRIES = ("retail", "catering", "logistics", "manufacturing", "services")


@dataclass(frozen=True, slots=True)
class Profile:
    """What is fixed about one customer. `joined` is a day; below 0 they were there before the start."""

    number: int
    customer_id: str
    segment: BankSegment | PhoneSegment
    tier: str
    class_: str
    rm_id: str
    branch_id: str
    household_id: str | None
    payroll_group_id: str | None
    circle_id: str | None
    joined: int
    payday: int
    language: str
    no_contact: bool

    @property
    def is_bank(self) -> bool:
        """Whether this is a bank's customer; else a phone company's."""
        return isinstance(self.segment, BankSegment)


def stream_of(seed: int, *path: object) -> Random:
    """Return a random stream of its own for `path`, so that nobody's draws move another's."""
    return Random(":".join(map(str, (seed, *path))))


def draw(number: int, seed: int, params: Params) -> Profile:
    """Draw customer `number`'s profile."""
    random = stream_of(seed, number, "profile")
    bank = stream_of(seed, "house", number // p.HOUSEHOLD).random() < params.bank_share
    segments: tuple[BankSegment | PhoneSegment, ...] = params.bank if bank else params.phone
    segment = random.choices(segments, [s.share for s in segments])[0]
    salaried = isinstance(segment, BankSegment) and segment.salary[1] > 0
    rm = number // p.RM_CUSTOMERS
    joiner = random.random() < params.joiner_share
    return Profile(
        number=number,
        customer_id=f"{'bank' if bank else 'phone'}-{number:06d}",
        segment=segment,
        tier=random.choice(segment.tiers),
        class_=random.choices([c for c, _ in _CLASSES], [w for _, w in _CLASSES])[0],
        rm_id=rm_id(rm),
        branch_id=branch_id(rm),
        household_id=f"household-{number // p.HOUSEHOLD}" if in_household(number, seed, params) else None,
        payroll_group_id=(
            f"payroll-{number // p.PAYROLL_GROUP}" if salaried and random.random() < params.payroll_share else None
        ),
        circle_id=None if bank else f"circle-{number // p.CIRCLE}",
        joined=random.randrange(1, params.join_days) if joiner else -random.randrange(60, 3000),
        payday=stream_of(seed, "payday", number // p.PAYROLL_GROUP).choice((5, 10, 15, 25, 31)),
        language=random.choices(("zh", "en"), (0.85, 0.15))[0],
        no_contact=random.random() < params.no_contact_share,
    )


def in_household(number: int, seed: int, params: Params) -> bool:
    """Say whether the customer's three consecutive numbers are one household."""
    return stream_of(seed, "household", number // p.HOUSEHOLD).random() < params.household_share


def rm_id(rm: int) -> str:
    """Return the id of relationship manager number `rm`."""
    return f"rm-{rm:04d}"


def branch_id(rm: int) -> str:
    """Return the id of the branch of relationship manager number `rm`."""
    return f"branch-{rm // p.BRANCH_RMS:03d}"


def record(profile: Profile, tier: str, products: list[dict[str, Any]], clock: Clock) -> dict[str, Any]:
    """Return the `customers` fields as they stand; what does not apply is left out."""
    random = Random(f"{profile.customer_id}:record")
    fields: dict[str, Any] = {
        "tier": tier,
        "class": profile.class_,
        "segment": profile.segment.name,
        "rm_id": profile.rm_id,
        "branch_id": profile.branch_id,
        "language": profile.language,
        "since": (clock.start + timedelta(days=profile.joined)).isoformat(),
        "name": f"客户 {profile.number}" if profile.language == "zh" else f"Customer {profile.number}",
        "products": products,
    }
    if profile.household_id:
        fields["household_id"] = profile.household_id
    if profile.payroll_group_id:
        fields["payroll_group_id"] = profile.payroll_group_id
    if profile.circle_id:
        fields["circle_ids"] = [profile.circle_id]
    if profile.no_contact:
        fields["no_retention_contact"] = True
    if profile.segment.name in ("settlement", "corporate"):
        fields["industry"] = random.choice(_INDUSTRIES)
        fields["credit_limit"] = random.randrange(5, 100) * 10_000
        fields["debt_ratio"] = round(random.uniform(0.1, 0.8), 2)
        fields["risk_grade"] = random.choice(("A", "B", "B", "C"))
        fields["in_business_since"] = f"{random.randrange(1995, 2022)}-{random.randrange(1, 13):02d}-01"
    return fields

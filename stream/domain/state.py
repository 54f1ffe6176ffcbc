"""One customer's rolling state: bounded, compact, versioned.

Encoded it is one version byte, eight bytes for the next timer's due time (big-endian ms, 0 = none) and MessagePack
of the struct as an array. A newer build reads an older state: new fields go to the end, with a default, and a
change that defaults cannot express adds an upgrade in `_UPGRADES`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct, field, msgpack

from stream.domain.events import Severity
from stream.domain.ring import Ring

VERSION = 2

Bucket = list[int]
"""`[acts, in, rest, spend, elsewhere]` and then usage by unit (`UNITS`), trailing units left out while they are zero.

`acts` are the customer's own (`Business.passive_categories` and returns are not), `spend` is what we earn by them,
`elsewhere` is what went to other institutions, `rest` what is left of all that went out when those two are taken away:
mostly nothing, and a nothing is stored in one byte (`money_out` adds them up). Money in minor units, usage in
thousandths of the unit.
"""

ACTS, SUM_IN, REST, SPEND, ELSEWHERE, USAGE = 0, 1, 2, 3, 4, 5
UNITS = {"min": 0, "MB": 1, "item": 2, "point": 3}
EARNED = 4
"""The place behind the units' for points that came in; `point` holds those that went out."""

MINUTE_DAYS = 7
"""How many of the last closings keep the minute at which they were taken."""

Grade = Literal["normal", "near-churn", "churned"]

DAYS, WEEKS, MONTHS = 92, 54, 17
"""How many of each bucket are kept; 17 months hold a decline over three against the same months of last year."""


class StateVersionError(ValueError):
    """A state written by a newer build, or no state at all."""


class Profile(Struct, array_like=True, gc=False):
    """What `customers` said last, without name and phone."""

    tier: str | None = None
    class_: str | None = None
    segment: str | None = None
    rm_id: str | None = None
    branch_id: str | None = None
    household_id: str | None = None
    payroll_group_id: str | None = None
    circle_ids: list[str] = []
    credit_limit: int | None = None
    debt_ratio: float | None = None
    risk_grade: str | None = None
    in_business_since: dt.date | None = None
    litigation: bool = False
    bad_faith: bool = False
    no_retention_contact: bool = False
    language: str | None = None
    since: dt.date | None = None
    industry: str | None = None
    time: int = 0  # of the record


class Account(Struct, array_like=True):
    """The last balance of an account, and each observed day's closing balance.

    `minutes`: at which minute of the day a closing of the last days was taken: late news may lie before it.
    """

    kind: str | None
    balance: int
    time: int
    closings: Ring[int] = field(default_factory=Ring)
    limit: int | None = None
    minutes: dict[int, int] = {}


class Baseline(Struct, array_like=True, gc=False):
    """Robust figures of daily closing holdings, minor units, over the days up to `until`."""

    day: int  # the day on which it was taken
    until: int  # the last closing in it
    days: int  # how many closings are in it
    median: int
    mad: int
    low: int  # the 5 % quantile: what the account falls to in the customer's own cycle


class ComplaintCase(Struct, array_like=True):
    """One complaint, open or recent."""

    opened_at: int
    updated_at: int
    status: str
    severity: Severity | None  # the gravest that the source gave
    satisfied: bool = False
    waiting_since: int = 0  # since when an answer is due, epoch ms; 0 = answered
    matter: int = 0  # a digest of the subject, so that a repeat is known; 0 = no subject


class ForwardingNow(Struct, array_like=True, gc=False):
    """The forwarding in force; the number is kept to its last two digits."""

    state: str
    network: str | None
    digits: str
    time: int


class Holding(Struct, array_like=True, gc=False):
    """A product held, or one that ended within the window (`ended_on`, a business day; 0 = held)."""

    kind: str | None
    amount: int | None
    matures_on: dt.date | None
    opened_on: int
    time: int  # of the last news about it
    ended_on: int = 0
    dated_on: int = 0  # the business day on which this maturity was first heard of; 0 = it has none
    fresh_term: bool = False  # whether the term began that day (opened, renewed) or was running before


class Means(Struct, array_like=True):
    """One means of contact: how often the customer answered by it, and what was sent since their last answer by any."""

    answers: int = 0
    waiting: list[int] = []  # times, epoch ms, oldest first


class LastContact(Struct, array_like=True, gc=False):
    """The last contact and the last one that reached the customer (0 = never), epoch ms."""

    time: int
    result: str
    reached_at: int = 0
    replied_at: int = 0  # when they last answered something sent to them
    unanswered: int = 0  # outreaches since then, or since they were last reached
    staff_id: str = ""  # who reached them last
    answered_at: int = 0  # when they last answered in any way, a refusal too
    means: dict[str, Means] = {}  # how -> what is known of it, of those that were answered


class Outflow(Struct, array_like=True, gc=False):
    """A recent movement of money to another institution."""

    time: int
    amount: int
    institution: str
    event_id: str
    own_name: bool = False  # to an account of the customer's own there


class TierNow(Struct, array_like=True, gc=False):
    """The tier in force, the one before it, and since when, epoch ms."""

    tier: str | None
    before: str | None
    time: int


class CreditChange(Struct, array_like=True, gc=False):
    """The last change of the credit limit, minor units."""

    before: int
    now: int
    time: int


class Score(Struct, array_like=True, gc=False):
    """What the model said last: a probability, its grade, when, which version said it, and what counted most for it.

    `reasons`: feature, its value in its unit (`None` = missing), its share of the logit; the greatest first.
    """

    value: float
    grade: Grade
    time: int
    version: str
    reasons: list[tuple[str, float | None, float]] = []


class Held(Struct, array_like=True, gc=False):
    """The last warning of a kind that was not sent: which stage held it back, when, and how severe it was."""

    stage: str
    time: int
    severity: Severity


class Episode(Struct, array_like=True):
    """An open warning. `memo` is what its rule wants to remember of the opening, in minor units or ms.

    A `shadow` one belongs to a rule on trial: nothing about it was sent. A `held` one is held back by the stage of that
    name: nobody has been told yet. Its rule ends it as any other; what is left when the stage lets go is told then.
    """

    id: str
    opened_at: int
    updated_at: int
    sequence: int
    severity: Severity
    expires_at: int
    memo: dict[str, int] = {}
    routes: list[str] = []
    shadow: bool = False
    acked: bool = False  # an RM has seen it as severe as it is: only what is worse is told
    held: str = ""  # the stage that keeps it from being told; "" = it is told
    again_at: int = 0  # when to speak (again) if nothing has ended it, epoch ms; 0 = not by a timer
    said: str = ""  # the signal to be told then, as JSON; see `stream.policy.later`


class State(Struct, array_like=True):
    """Everything kept about one customer. Times are epoch ms, days business days, money minor units."""

    first_seen: int = 0
    newest: int = 0  # the newest event time
    profile: Profile | None = None
    days: Ring[Bucket] = field(default_factory=Ring)
    weeks: Ring[Bucket] = field(default_factory=Ring)
    months: Ring[Bucket] = field(default_factory=Ring)
    accounts: dict[str, Account] = {}
    baseline: Baseline | None = None
    complaints: dict[str, ComplaintCase] = {}
    forwarding: ForwardingNow | None = None
    products: dict[str, Holding] = {}
    contact: LastContact | None = None
    outflows: list[Outflow] = []
    episodes: dict[str, Episode] = {}
    ended: dict[str, tuple[int, Severity]] = {}  # kind -> when its last episode ended, and how severe it was
    timers: dict[str, int] = {}  # name -> due
    seen: bytes = b""  # recently seen event ids, see `stream.domain.seen`
    active_days: list[int] = []  # the last business days with an act of the customer's own, oldest first
    payrolls: list[tuple[int, int]] = []  # (business day, amount) of the last payroll credits, oldest first
    recent: dict[str, list[int]] = {}  # service event, with its cause -> times of the last ones, oldest first
    tier: TierNow | None = None
    credit: CreditChange | None = None
    left_at: int = 0  # when the customer left (number ported out, account closed); 0 = is here
    memory: dict[str, list[int]] = {}  # rule -> the few numbers that it wants kept
    held: dict[str, Held] = {}  # kind -> the last warning that was not sent
    snoozed: dict[str, int] = {}  # kind -> until when
    let_go: int = 0  # until when an RM judged the customer not worth keeping; 0 = never
    score: Score | None = None
    cooling: dict[str, int] = {}  # kind -> until when a false alarm keeps it from opening
    acted_at: int = 0  # the last act of the customer's own that was no return: out, not passive; 0 = never
    acted_first: int = 0  # the first one
    acts: int = 0  # how many there were in all
    returns: int = 0  # how many returns there were in all
    returned_at: int = 0  # the last one; 0 = never

    def due(self) -> int:
        """Return when the earliest timer is due, 0 when there is none."""
        timers = self.timers
        return min(timers.values()) if timers else 0


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(State)
_HEADER = 9


def encode(state: State) -> bytes:
    """Return the stored form."""
    return b"%c%b%b" % (VERSION, state.due().to_bytes(8, "big"), _encoder.encode(state))


def due_of(stored: bytes | memoryview) -> int:
    """Return the next timer's due time of a stored state, without reading the rest."""
    return int.from_bytes(stored[1:_HEADER], "big")


def decode(stored: bytes) -> State:
    """Read a stored state of this or an older version.

    Raises:
        StateVersionError: a newer build wrote it, or it is damaged.
    """
    version = stored[0] if stored else 0
    if version == VERSION:
        body = stored[_HEADER:]
    elif version in _UPGRADES:
        body = _upgrade(version, stored[_HEADER:])
    else:
        raise StateVersionError(f"state version {version}; this build reads up to {VERSION}: run the newer build")
    try:
        return _decoder.decode(body)
    except ValueError as fault:
        raise StateVersionError(f"damaged state: {fault}") from None


def _upgrade(version: int, body: bytes) -> bytes:
    while version != VERSION:
        body = _UPGRADES[version](body)
        version += 1
    return body


def money_out(bucket: Bucket) -> int:
    """Return all that went out, minor units."""
    return bucket[REST] + bucket[SPEND] + bucket[ELSEWHERE]


def _from_1(body: bytes) -> bytes:
    """Version 2 put spend and elsewhere into every bucket, before the usage, and took the minutes out of closings."""
    fields = msgpack.decode(body, strict=False)
    for ring in fields[3:6]:
        ring[1] = [bucket and [*bucket[:3], 0, 0, *bucket[3:]] for bucket in ring[1]]
    for account in fields[6].values():
        newest, closings = account[3]
        last = [(newest - place, closing[1]) for place, closing in enumerate(closings[:MINUTE_DAYS]) if closing]
        account[3] = [newest, [closing and closing[0] for closing in closings]]
        account.append(dict(last))
    return msgpack.encode(fields)


_UPGRADES: Mapping[int, Callable[[bytes], bytes]] = {1: _from_1}
"""Version -> what makes its body one of the next version."""

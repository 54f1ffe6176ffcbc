"""The input events as typed structs (design section 3).

Inside the core a time is epoch milliseconds UTC (`int`), money is integer minor units of the base currency
(`int`), a quantity is thousandths of its unit (`int`). `stream.codec` turns the wire's forms into these, so that
sums are exact and do not depend on order.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Name = Annotated[str, Meta(max_length=256)]
Text = Annotated[str, Meta(max_length=32_768)]

MAX_TIME = 4_102_444_800_000  # 2100-01-01; later ones are faults of a clock
MAX_MINOR = 10**17  # far above any balance, far below 64 bits, so that sums of many stay exact

Millis = Annotated[
    int,
    Meta(ge=0, le=MAX_TIME, extra_json_schema={"x-wire": "time"}, description="RFC 3339 or epoch milliseconds"),
]
Money = Annotated[
    int,
    Meta(
        ge=-MAX_MINOR,
        le=MAX_MINOR,
        extra_json_schema={"x-wire": "money"},
        description="number or decimal string",
    ),
]
Positive = Annotated[
    int,
    Meta(
        ge=0,
        le=MAX_MINOR,
        extra_json_schema={"x-wire": "money"},
        description="number or decimal string, at least 0",
    ),
]
Quantity = Annotated[
    int, Meta(ge=0, le=MAX_MINOR, extra_json_schema={"x-wire": "quantity"}, description="number, at least 0")
]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217")]

Severity = Literal["critical", "high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
"""From least to most severe."""

ForwardingState = Literal[
    "inactive", "unconditional", "conditional_busy", "conditional_not_reachable", "conditional_no_answer"
]
"""CAMARA Call Forwarding Signal's words."""

Outcome = Literal["saved", "lost", "false_alarm", "unreachable", "not_worth_keeping"]


class Event(Struct, frozen=True, gc=False, kw_only=True):
    """What every customer event carries. `event_id` is unique per producer, `time` is when it happened."""

    topic: ClassVar[str] = ""
    event_id: Id
    customer_id: Id
    time: Millis


class Counterparty(Struct, frozen=True, gc=False):
    """The other side of a movement. `institution` absent or one of ours means that the money stays with us."""

    institution: Name | None = None
    own_name: bool = False


class Transaction(Event, frozen=True, gc=False, kw_only=True):
    """Money or usage moved. `amount` is never negative; `direction` is seen from the customer's account."""

    topic: ClassVar[str] = "transactions"
    amount: Positive
    direction: Literal["in", "out"]
    currency: Currency | None = None
    category: Name | None = None
    account_id: Id | None = None
    quantity: Quantity | None = None
    unit: Literal["min", "MB", "item", "point"] | None = None
    counterparty: Counterparty | None = None
    channel: Name | None = None
    balance_after: Money | None = None


class Balance(Event, frozen=True, gc=False, kw_only=True):
    """The balance of one account at a time. Kind `credit_used` is a debt and never summed with assets."""

    topic: ClassVar[str] = "balances"
    account_id: Id
    balance: Money
    currency: Currency | None = None
    kind: Name | None = None
    limit: Money | None = None


ComplaintStatus = Literal["opened", "updated", "answered", "rejected", "closed", "reopened", "disputed"]


class Complaint(Event, frozen=True, gc=False, kw_only=True):
    """A complaint was opened or moved on. `satisfied` absent counts as not satisfied."""

    topic: ClassVar[str] = "complaints"
    complaint_id: Id
    status: ComplaintStatus
    severity: Severity | None = None
    subject: Text | None = None
    text: Text | None = None
    channel: Name | None = None
    satisfied: bool | None = None


class Forwarding(Struct, frozen=True, gc=False):
    """The forwarding that is now in force."""

    state: ForwardingState
    target_network: Name | None = None
    target_number: Annotated[str, Meta(max_length=32)] | None = None


class Product(Struct, frozen=True, gc=False):
    """A product the customer holds. `amount` counts towards holdings while no balance carries its id."""

    product_id: Id
    kind: Name | None = None
    amount: Money | None = None
    matures_on: dt.date | None = None


class Change(Struct, frozen=True, gc=False):
    """From what to what: a tier, a plan (text) or a limit (number)."""

    from_: str | int | float | None = field(default=None, name="from")
    to: str | int | float | None = None


ServiceType = Literal[
    "call_forwarding",
    "port_out_requested",
    "port_out_cancelled",
    "port_out_completed",
    "account_closing_requested",
    "account_closing_cancelled",
    "account_closed",
    "standing_order_cancelled",
    "suspended",
    "restored",
    "migrated",
    "product_opened",
    "product_matured",
    "product_redeemed",
    "product_closed",
    "mortgage_settled",
    "credit_limit_changed",
    "renewal_due",
    "renewal_declined",
    "tier_changed",
    "plan_changed",
    "service_incident",
]


class ServiceEvent(Event, frozen=True, gc=False, kw_only=True):
    """Something about the service changed. Which of the optional parts is there depends on `type`."""

    topic: ClassVar[str] = "service-events"
    type: ServiceType
    cause: Name | None = None
    forwarding: Forwarding | None = None
    product: Product | None = None
    change: Change | None = None

    def __post_init__(self) -> None:
        if self.type == "call_forwarding" and self.forwarding is None:
            raise ValueError("`forwarding` is required where `type` is call_forwarding")


class Contact(Event, frozen=True, gc=False, kw_only=True):
    """An RM tried to reach the customer."""

    topic: ClassVar[str] = "contacts"
    staff_id: Id
    how: Name
    result: Literal["reached", "not_reached", "read_no_reply", "replied", "declined"]


class Customer(Event, frozen=True, gc=False, kw_only=True):
    """The profile; it replaces the one before. `name` and `phone` are for the desk; the engine drops them."""

    topic: ClassVar[str] = "customers"
    tier: Name | None = None
    class_: Name | None = field(default=None, name="class")
    segment: Name | None = None
    industry: Name | None = None
    rm_id: Id | None = None
    branch_id: Id | None = None
    products: list[Product] | UnsetType = UNSET
    household_id: Id | None = None
    payroll_group_id: Id | None = None
    circle_ids: list[Id] = []
    credit_limit: Money | None = None
    debt_ratio: float | None = None
    risk_grade: Name | None = None
    in_business_since: dt.date | None = None
    litigation: bool = False
    bad_faith: bool = False
    no_retention_contact: bool = False
    language: Name | None = None
    since: dt.date | None = None
    name: Name | None = None
    phone: Name | None = None


class Forget(Event, frozen=True, gc=False, kw_only=True):
    """The tombstone of a profile: everything known about the customer is to go."""

    topic: ClassVar[str] = "customers"


class Feedback(Event, frozen=True, gc=False, kw_only=True):
    """What an RM did with an alert. `action_id` makes a repeat harmless."""

    topic: ClassVar[str] = "feedback"
    action_id: Id
    episode_id: Id
    actor: Id
    action: Literal["ack", "snooze", "outcome", "note", "handover"]
    until: Millis | None = None
    outcome: Outcome | None = None
    loss_reason: Name | None = None
    reason_source: Literal["customer", "rm"] | None = None
    text: Text | None = None

    def __post_init__(self) -> None:
        if self.action == "outcome" and self.outcome is None:
            raise ValueError("`outcome` is required where `action` is outcome")
        if self.action == "snooze" and self.until is None:
            raise ValueError("`until` is required where `action` is snooze")


GroupKind = Literal["household", "payroll", "circle"]


class GroupWarning(Event, frozen=True, gc=False, kw_only=True):
    """What a group's state tells another member: `left` of `size` members have left us lately.

    `cause` is the id of the `group-signals` record behind it; `over`: leavers came back, the warning is called off.
    """

    topic: ClassVar[str] = "group-warnings"
    group_id: Id
    group_kind: GroupKind | None = None
    cause: Id
    left: Annotated[int, Meta(ge=0)]
    size: Annotated[int, Meta(ge=1)]
    over: bool = False


class GroupSignal(Event, frozen=True, gc=False, kw_only=True):
    """News of one member, keyed by the group: who belongs to it, who no longer does, who left us."""

    topic: ClassVar[str] = "group-signals"
    group_id: Id
    group_kind: GroupKind | None = None
    kind: Literal["joined", "parted", "left"]


class Staff(Struct, frozen=True, gc=False, kw_only=True):
    """An RM left, moved, is away or is back; or a branch was merged, moved or closed."""

    topic: ClassVar[str] = "staff"
    event_id: Id
    time: Millis
    status: Literal["active", "leave", "left", "moved", "merged", "closed"]
    staff_id: Id | None = None
    deputy_id: Id | None = None
    successor_ids: list[Id] = []
    branch_id: Id | None = None
    manager_id: Id | None = None
    into_branch_id: Id | None = None

    def __post_init__(self) -> None:
        if self.staff_id is None and self.branch_id is None:
            raise ValueError("one of `staff_id` and `branch_id` is required")


class Control(Struct, frozen=True, gc=False, kw_only=True):
    """An operator's command. `arguments` are checked by the command's own type in `stream.control`."""

    topic: ClassVar[str] = "control"
    event_id: Id
    time: Millis
    command: Name
    actor: Id
    arguments: dict[str, Any] = {}


CustomerEvent = Transaction | Balance | Complaint | ServiceEvent | Contact | Customer | Forget | Feedback | GroupWarning

TYPES: dict[str, type[Struct]] = {
    kind.topic: kind
    for kind in (
        Customer,
        Transaction,
        Balance,
        Complaint,
        ServiceEvent,
        Contact,
        Feedback,
        GroupWarning,
        GroupSignal,
        Staff,
        Control,
    )
}
"""What a record of each input topic is read into."""

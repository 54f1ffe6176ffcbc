"""What a person can ask the desk to do, and who that person is. One `Command`, told apart by its `do`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from stream.domain.events import Id, Millis, Name
from stream.domain.events import Outcome as Ending

Role = Literal["rm", "manager", "auditor", "system"]
Why = Annotated[str, Meta(min_length=1, max_length=500)]
FreeText = Annotated[str, Meta(min_length=1, max_length=8_000)]


class Refused(Exception):
    """What was asked cannot be done. `reason` is a word for programs; `zh` and `en` are for people, without names."""

    def __init__(self, reason: str, zh: str, en: str) -> None:
        super().__init__(f"{reason}: {en}")
        self.reason = reason
        self.zh = zh
        self.en = en


class Actor(Struct, frozen=True, kw_only=True):
    """Who acts. Whether they may see the customer was decided before (`web`'s access); `system` is the desk itself."""

    staff_id: Id
    role: Role
    branch_id: Id | None = None
    branch_ids: tuple[str, ...] = ()  # a manager's, where there are several
    name: str = ""  # for the page only, never stored
    address: str | None = None  # for the audit, as is the request's id
    request_id: str | None = None

    @property
    def branches(self) -> frozenset[str]:
        """Return the branches that the actor answers for."""
        return frozenset(self.branch_ids) | ({self.branch_id} if self.branch_id else set())


class _Asked(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """`action_id` names what is asked for ever: the same asked twice is done once. The page makes one a form."""

    action_id: Id


class _OfEpisode(_Asked, frozen=True, kw_only=True):
    """`version`: of the episode as the actor saw it; given, a change made meanwhile refuses the command."""

    episode_id: Id
    version: int | None = None


class Acknowledge(_OfEpisode, frozen=True, kw_only=True, tag="acknowledge"):
    """I have seen it and see to it: no escalation."""


class Snooze(_OfEpisode, frozen=True, kw_only=True, tag="snooze"):
    """Put it off until a time (epoch ms), and why: a word of `desk.work.snooze_reasons`, or text."""

    until: Millis
    why: Why


class Unsnooze(_OfEpisode, frozen=True, kw_only=True, tag="unsnooze"):
    """Have it back on the list now."""


class Outcome(_OfEpisode, frozen=True, kw_only=True, tag="outcome"):
    """How it ended. Lost needs a reason and who says so; not worth keeping needs a manager's approval."""

    outcome: Ending
    loss_reason: Name | None = None
    reason_source: Literal["customer", "rm"] | None = None
    note: FreeText | None = None


class Note(_Asked, frozen=True, kw_only=True, tag="note"):
    """Something to remember about a customer, in words."""

    customer_id: Id
    text: FreeText
    episode_id: Id | None = None


class HandOver(_Asked, frozen=True, kw_only=True, tag="handover"):
    """Give a customer with all open episodes and tasks to another: `to` is a staff id or `branch:ID`."""

    customer_id: Id
    to: Id
    why: Why
    until: Millis | None = None  # the customer goes back then; `None`: for good


class Refer(_OfEpisode, frozen=True, kw_only=True, tag="refer"):
    """Pass it on to another department (`desk.work.departments`), which sees it from then on."""

    department: Name
    reason: FreeText | None = None


class LogContact(_Asked, frozen=True, kw_only=True, tag="contact"):
    """A contact was made or tried, so that the gap closes. `at` absent is now."""

    customer_id: Id
    how: Name
    result: Literal["reached", "not_reached", "read_no_reply", "replied", "declined"]
    at: Millis | None = None
    episode_id: Id | None = None


class Approve(_Asked, frozen=True, kw_only=True, tag="approve"):
    """A manager grants what was asked for."""

    approval_id: Id
    why: Why | None = None


class Reject(_Asked, frozen=True, kw_only=True, tag="reject"):
    """A manager refuses it."""

    approval_id: Id
    why: Why


class AddTask(_Asked, frozen=True, kw_only=True, tag="add_task"):
    """Write down a next step of one's own."""

    customer_id: Id
    kind: Name
    due_at: Millis
    episode_id: Id | None = None


class FinishTask(_Asked, frozen=True, kw_only=True, tag="finish_task"):
    """A task is done (or no longer needed: `cancelled`)."""

    task_id: Id
    result: Annotated[str, Meta(max_length=500)] | None = None
    cancelled: bool = False


Command = (
    Acknowledge
    | Snooze
    | Unsnooze
    | Outcome
    | Note
    | HandOver
    | Refer
    | LogContact
    | Approve
    | Reject
    | AddTask
    | FinishTask
)
EpisodeCommand = Acknowledge | Snooze | Unsnooze | Outcome | Refer

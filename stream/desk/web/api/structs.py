"""What the API takes and gives besides `views.shown` and the commands."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from stream.desk.web.views.shown import ApprovalShown, TaskShown


class Me(Struct, frozen=True, kw_only=True):
    """Who is signed in. `csrf` goes back in the header `X-CSRF-Token` with whatever changes something."""

    staff_id: str
    role: str
    name: str
    branch_id: str | None
    branch_ids: list[str]
    stands_in_for: list[str]
    language: str | None
    csrf: str


class Bulk(Struct, frozen=True, kw_only=True):
    """Warnings to acknowledge together, all or none. `action_id` names the request: sent twice it is done once."""

    action_id: Annotated[str, Meta(min_length=1, max_length=200)]
    episode_ids: Annotated[list[str], Meta(min_length=1)]


class DoneShown(Struct, frozen=True, kw_only=True):
    """What came of a command."""

    action_id: str
    repeated: bool
    version: int | None
    approval_id: str | None
    task_ids: list[str]


class BulkDone(Struct, frozen=True, kw_only=True):
    """What came of each."""

    done: list[DoneShown]


class Tasks(Struct, frozen=True, kw_only=True):
    """Open tasks, the first due first."""

    tasks: list[TaskShown]


class Approvals(Struct, frozen=True, kw_only=True):
    """What waits for a manager, the oldest first."""

    approvals: list[ApprovalShown]


class Fault(Struct, frozen=True, kw_only=True):
    """Why a request was refused: `error` is a word for programs, `message` is for people."""

    error: str
    message: str
    detail: str

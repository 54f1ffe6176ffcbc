"""What the API takes and gives besides `views.shown` and the commands."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from stream.desk.reports.alarms import AlarmLine
from stream.desk.reports.outcomes import Outcomes
from stream.desk.reports.relations import Relations
from stream.desk.reports.response import Response
from stream.desk.reports.workload import Workload
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


class BranchReport(Struct, frozen=True, kw_only=True):
    """The branch now, and what became of the warnings of the last `days`."""

    days: int
    workload: list[Workload]
    response: list[Response]
    outcomes: Outcomes
    alarms: list[AlarmLine]
    relations: list[Relations]


class ListShown(Struct, frozen=True, kw_only=True):
    """A list of customers that was imported."""

    list_id: str
    name: str
    branch_id: str | None
    created_by: str
    created_at: int
    due_at: int | None
    rows: int
    faults: int


class Lists(Struct, frozen=True, kw_only=True):
    """The last ones, the newest first."""

    lists: list[ListShown]


class ListRow(Struct, frozen=True, kw_only=True):
    """Whom it is about, and who is to look after them; without `staff_id` the list is spread over the branch."""

    customer_id: Annotated[str, Meta(max_length=200, pattern=r"^[^\r\n]*[^\s][^\r\n]*$")]
    staff_id: Annotated[str, Meta(max_length=200, pattern=r"^[^\r\n]*$")] | None = None


class NewCustomerList(Struct, frozen=True, kw_only=True):
    """A list to import. `list_id` names it: sent twice it is imported once. `due_at`: each customer gets a task."""

    list_id: Annotated[str, Meta(min_length=1, max_length=200)]
    rows: Annotated[list[ListRow], Meta(min_length=1, max_length=20_000)]
    name: Annotated[str, Meta(max_length=200)] = ""
    branch_id: str | None = None
    due_at: int | None = None
    again: bool = False  # although the same rows were imported before


class FaultyRow(Struct, frozen=True, kw_only=True):
    """A row that could not be used, counted from 0, and a word for why."""

    row: int
    customer_id: str | None
    fault: str


class ListDone(Struct, frozen=True, kw_only=True):
    """What came of it. `taken`: rows that are new, those with a fault included."""

    list_id: str
    taken: int
    faults: list[FaultyRow]


class Fault(Struct, frozen=True, kw_only=True):
    """Why a request was refused: `error` is a word for programs, `message` is for people."""

    error: str
    message: str
    detail: str

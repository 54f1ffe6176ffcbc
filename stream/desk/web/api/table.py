"""The API's routes: what each takes and gives is what the document says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream.desk.colleagues import ColleagueCommand
from stream.desk.reports.retention import Retention
from stream.desk.web.api import handlers, keeping, managing
from stream.desk.web.api.structs import (
    Approvals,
    BranchReport,
    Bulk,
    BulkDone,
    DoneShown,
    ListDone,
    Lists,
    Me,
    NewCustomerList,
    Tasks,
)
from stream.desk.web.keeping import EndpointCommand, EndpointDone, NewEndpoint
from stream.desk.web.needs import ACT, ANYBODY, AUDITOR, LOOK, MANAGE, RUN, Limit, Need, Target
from stream.desk.web.pages import events, worklist
from stream.desk.web.route import Query, Route
from stream.desk.web.views.listing import LISTS, ORDERS, STATUSES
from stream.desk.web.views.movements import Movements
from stream.desk.web.views.shown import CustomerShown, WorklistShown
from stream.desk.web.views.whys import Why
from stream.desk.work.commands import (
    AddTask,
    Approve,
    EpisodeCommand,
    FinishTask,
    HandOver,
    LogContact,
    Note,
    Reject,
)

ROOT = "/api/v1"
_WORDS = {"type": "array", "items": {"type": "string"}}


def _text(name: str, about: str, **schema: Any) -> Query:
    return Query(name=name, about=about, schema={"type": "string", **schema})


FILTERS = (
    _text("status", "which tab", enum=list(STATUSES), default="open"),
    _text("order", "what comes first", enum=list(ORDERS), default="rank"),
    _text("search", "the beginning of a customer id, a part of a name, or a whole phone number", maxLength=200),
    _text("storm", "only of this storm"),
    *(Query(name=name, about=f"only these {name}; may be given several times", schema=_WORDS) for name in LISTS),
    Query(name="priorities", about="only these", schema={"type": "array", "items": {"enum": ["1", "2", "3", "4"]}}),
)
_PAGING = (
    Query(name="limit", about="customers on a page", schema={"type": "integer", "minimum": 1, "maximum": 500}),
    Query(name="offset", about="customers before it", schema={"type": "integer", "minimum": 0, "maximum": 1_000_000}),
)
_AFTER = (
    Query(name="after", about="go on behind this number, as by the header Last-Event-ID", schema={"type": "integer"}),
)


_DAYS = (Query(name="days", about="of which warnings", schema={"type": "string", "enum": ["7", "30", "90"]}),)
_WHO = (_text("search", "how a staff id begins, or a branch", maxLength=200),)
_MONTH = (
    _text("month", "such as 2026-11; by default this one", pattern="^[0-9]{4}-[0-9]{2}$"),
    _text("branch", "one of one's own; by default the first, or the whole house"),
)


def _on(target: Target, roles: frozenset[str] = LOOK) -> Need:
    return Need(roles=roles, target=target)


API: Sequence[Route] = (
    Route(
        method="GET", path=f"{ROOT}/me", name="api-me", handler=handlers.me, need=Need(roles=ANYBODY),
        summary="Who is signed in", gives=Me,
    ),
    Route(
        method="GET", path=f"{ROOT}/worklist", name="api-worklist", handler=handlers.worklist, need=Need(roles=LOOK),
        act="list", summary="A page of the worklist", gives=WorklistShown, query=(*FILTERS, *_PAGING),
    ),
    Route(
        method="GET", path=f"{ROOT}/worklist.csv", name="api-export", handler=worklist.export, need=Need(roles=LOOK),
        act="export", limit=Limit.EXPORTS, summary="The worklist as a file", media="text/csv", query=FILTERS,
    ),
    Route(
        method="POST", path=f"{ROOT}/episodes/acknowledge", name="api-bulk", handler=handlers.bulk,
        need=_on(Target.EPISODES, ACT), limit=Limit.ACTS, summary="Acknowledge several warnings, all or none",
        takes=Bulk, gives=BulkDone,
    ),
    Route(
        method="POST", path=f"{ROOT}/episodes/{{episode_id}}/acts", name="api-act-on-episode", handler=handlers.act,
        need=_on(Target.EPISODE, ACT), limit=Limit.ACTS,
        summary="Answer a warning: acknowledge, snooze, unsnooze, outcome, refer",
        takes=EpisodeCommand, gives=DoneShown,
    ),
    Route(
        method="GET", path=f"{ROOT}/customers/{{customer_id}}", name="api-customer", handler=handlers.customer,
        need=_on(Target.CUSTOMER), act="view", summary="A customer with warnings, timeline, charts and next steps",
        gives=CustomerShown,
    ),
    Route(
        method="GET", path=f"{ROOT}/customers/{{customer_id}}/movements", name="api-movements",
        handler=handlers.movements, need=_on(Target.CUSTOMER), act="view",
        summary="Balances, usage and money of the last days, from the workers", gives=Movements,
    ),
    Route(
        method="GET", path=f"{ROOT}/customers/{{customer_id}}/why", name="api-why", handler=handlers.why,
        need=_on(Target.CUSTOMER), act="why", summary="Why there was an alert, or none", gives=Why,
    ),
    Route(
        method="POST", path=f"{ROOT}/customers/{{customer_id}}/acts", name="api-act-on-customer",
        handler=handlers.act, need=_on(Target.CUSTOMER, ACT), limit=Limit.ACTS,
        summary="Log a contact, write a note or a task, hand the customer over",
        takes=LogContact | Note | HandOver | AddTask, gives=DoneShown,
    ),
    Route(
        method="GET", path=f"{ROOT}/tasks", name="api-tasks", handler=handlers.tasks, need=Need(roles=LOOK),
        act="list", summary="Open tasks", gives=Tasks,
    ),
    Route(
        method="POST", path=f"{ROOT}/tasks/{{task_id}}/acts", name="api-act-on-task", handler=handlers.act,
        need=_on(Target.TASK, ACT), limit=Limit.ACTS, summary="Finish a task", takes=FinishTask, gives=DoneShown,
    ),
    Route(
        method="GET", path=f"{ROOT}/approvals", name="api-approvals", handler=handlers.approvals,
        need=Need(roles=MANAGE | {AUDITOR}), act="list", summary="What waits for a manager", gives=Approvals,
    ),
    Route(
        method="POST", path=f"{ROOT}/approvals/{{approval_id}}/acts", name="api-act-on-approval",
        handler=handlers.act, need=_on(Target.APPROVAL, MANAGE), limit=Limit.ACTS,
        summary="Grant or refuse what was asked for", takes=Approve | Reject, gives=DoneShown,
    ),
    Route(
        method="GET", path=f"{ROOT}/reports/branch", name="api-branch-report", handler=managing.branch,
        need=Need(roles=MANAGE | {AUDITOR}), act="report", summary="The branch now, and of the last days",
        gives=BranchReport, query=_DAYS,
    ),
    Route(
        method="GET", path=f"{ROOT}/reports/monthly", name="api-monthly-report", handler=managing.monthly,
        need=Need(roles=MANAGE | {AUDITOR}), act="report", summary="A month against the month before",
        gives=Retention, query=_MONTH,
    ),
    Route(
        method="GET", path=f"{ROOT}/lists", name="api-lists", handler=managing.lists, need=Need(roles=MANAGE),
        act="list", summary="The last imported lists of customers", gives=Lists,
    ),
    Route(
        method="POST", path=f"{ROOT}/lists", name="api-take-list", handler=managing.take, need=Need(roles=MANAGE),
        act="import", limit=Limit.EXPORTS, summary="Import a list of customers and assign it",
        takes=NewCustomerList, gives=ListDone,
    ),
    Route(
        method="GET", path=f"{ROOT}/webhooks", name="api-webhooks", handler=keeping.endpoints, need=Need(roles=RUN),
        act="list", summary="Webhook endpoints", gives=keeping.Endpoints,
    ),
    Route(
        method="POST", path=f"{ROOT}/webhooks", name="api-add-webhook", handler=keeping.add, need=Need(roles=RUN),
        act="webhook", limit=Limit.ACTS, summary="Add a webhook endpoint; its secret is told this once",
        takes=NewEndpoint, gives=EndpointDone,
    ),
    Route(
        method="GET", path=f"{ROOT}/webhooks/{{endpoint_id}}/deliveries", name="api-deliveries",
        handler=keeping.deliveries, need=_on(Target.ENDPOINT, RUN), act="view",
        summary="The last deliveries of an endpoint", gives=keeping.Deliveries,
    ),
    Route(
        method="POST", path=f"{ROOT}/webhooks/{{endpoint_id}}/acts", name="api-act-on-webhook", handler=keeping.act,
        need=_on(Target.ENDPOINT, RUN), act="webhook", limit=Limit.ACTS,
        summary="Rotate the secret, enable, disable, replay", takes=EndpointCommand, gives=EndpointDone,
    ),
    Route(
        method="GET", path=f"{ROOT}/staff", name="api-staff", handler=keeping.people, need=Need(roles=RUN),
        act="list", summary="Staff whom one may manage", gives=keeping.People, query=_WHO,
    ),
    Route(
        method="POST", path=f"{ROOT}/staff/{{staff_id}}/acts", name="api-act-on-colleague",
        handler=keeping.act_on_colleague, need=_on(Target.COLLEAGUE, RUN), act="staff", limit=Limit.ACTS,
        summary="Leave, departure, move, return; for an administrator role and account", takes=ColleagueCommand,
        gives=keeping.Told,
    ),
    Route(
        method="GET", path=f"{ROOT}/events", name="api-events", handler=events.events, need=Need(roles=LOOK),
        summary="Live events of who is signed in, resumed by Last-Event-ID", media="text/event-stream", query=_AFTER,
    ),
    Route(
        method="GET", path=f"{ROOT}/openapi.json", name="api-document", handler=handlers.document, need=Need(),
        limit=Limit.SIGN_INS, summary="This document",
    ),
)  # fmt: skip

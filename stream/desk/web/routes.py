"""Every route, in one table."""

from __future__ import annotations

from collections.abc import Sequence

from stream.desk.web.api.table import API
from stream.desk.web.needs import ACT, ADMIN, ANYBODY, AUDITOR, LOOK, MANAGE, RUN, Limit, Need, Target
from stream.desk.web.pages import (
    acts,
    colleagues,
    customer,
    events,
    forms,
    imports,
    lists,
    own,
    reports,
    standing,
    webhooks,
    worklist,
)
from stream.desk.web.route import Handler, Route
from stream.desk.web.signing import development, oidc, pages

_PUBLIC = Need()
_REPORTS = MANAGE | {AUDITOR}
_FREE, _SIGN = Limit.FREE, Limit.SIGN_INS


def _get(path: str, name: str, handler: Handler, need: Need, act: str = "", limit: Limit = Limit.VIEWS) -> Route:
    return Route(method="GET", path=path, name=name, handler=handler, need=need, act=act, limit=limit)


def _post(path: str, name: str, handler: Handler, need: Need, act: str = "", limit: Limit = Limit.ACTS) -> Route:
    return Route(method="POST", path=path, name=name, handler=handler, need=need, act=act, limit=limit)


def _on(target: Target, roles: frozenset[str]) -> Need:
    return Need(roles=roles, target=target)


PAGES: Sequence[Route] = (
    _get("/healthz", "health", standing.health, _PUBLIC, limit=_FREE),
    _get("/status", "status", standing.status, _PUBLIC, limit=_FREE),
    _get("/sign-in", "sign_in", pages.page, _PUBLIC, limit=_SIGN),
    _post("/sign-in/as", "sign_in_as", development.sign_in_as, _PUBLIC, limit=_SIGN),
    _get("/sign-in/link", "sign_in_link", development.by_link, _PUBLIC, limit=_SIGN),
    _get("/sign-in/oidc", "sign_in_oidc", oidc.begin, _PUBLIC, limit=_SIGN),
    _get(oidc.CALLBACK, "sign_in_callback", oidc.callback, _PUBLIC, limit=_SIGN),
    _post("/sign-out", "sign_out", pages.sign_out, Need(roles=ANYBODY), "sign_out"),
    _post("/language", "language", own.language, _PUBLIC, limit=_SIGN),
    _get("/settings", "settings", own.settings, Need(roles=ANYBODY)),
    _post("/settings", "change-settings", own.change, Need(roles=ANYBODY), "settings"),
    _get("/events", "events", events.events, Need(roles=LOOK)),
    _get("/", "worklist", worklist.page, Need(roles=LOOK), "list"),
    _get("/worklist.csv", "worklist-export", worklist.export, Need(roles=LOOK), "export", Limit.EXPORTS),
    _post("/episodes/acknowledge", "bulk", acts.bulk, _on(Target.EPISODES, ACT)),
    _get("/episodes/{episode_id}", "case", customer.case, _on(Target.EPISODE, LOOK)),
    _post("/episodes/{episode_id}/acts", "act-on-episode", acts.of_target, _on(Target.EPISODE, ACT)),
    _get("/episodes/{episode_id}/form/{do}", "form-of-episode", forms.of_episode, _on(Target.EPISODE, ACT), "view"),
    _get("/customers/{customer_id}/form/{do}", "form", forms.of_customer, _on(Target.CUSTOMER, ACT), "view"),
    _get("/customers/{customer_id}", "customer", customer.page, _on(Target.CUSTOMER, LOOK), "view"),
    _get("/customers/{customer_id}/card", "card", worklist.card, _on(Target.CUSTOMER, LOOK), "list"),
    _get("/customers/{customer_id}/history", "history", customer.history, _on(Target.CUSTOMER, LOOK), "view"),
    _get("/customers/{customer_id}/why", "why", customer.why, _on(Target.CUSTOMER, LOOK), "why"),
    _post("/customers/{customer_id}/acts", "act-on-customer", acts.of_target, _on(Target.CUSTOMER, ACT)),
    _get("/tasks", "tasks", lists.tasks, Need(roles=LOOK), "list"),
    _post("/tasks/{task_id}/acts", "act-on-task", acts.of_target, _on(Target.TASK, ACT)),
    _get("/approvals", "approvals", lists.approvals, Need(roles=MANAGE | {"auditor"}), "list"),
    _post("/approvals/{approval_id}/acts", "act-on-approval", acts.of_target, _on(Target.APPROVAL, MANAGE)),
    _get("/reports", "reports", reports.branch, Need(roles=_REPORTS), "report"),
    _get("/reports.csv", "reports-export", reports.branch_csv, Need(roles=_REPORTS), "export", Limit.EXPORTS),
    _get("/reports/monthly", "monthly", reports.monthly, Need(roles=_REPORTS), "report"),
    _get("/reports/monthly.html", "monthly-file", reports.monthly_file, Need(roles=_REPORTS), "export", Limit.EXPORTS),
    _get("/reports/monthly.csv", "monthly-export", reports.monthly_csv, Need(roles=_REPORTS), "export", Limit.EXPORTS),
    _get("/lists", "lists", imports.page, Need(roles=MANAGE), "list"),
    _post("/lists", "take-list", imports.take, Need(roles=MANAGE), "import", Limit.EXPORTS),
    _get("/staff", "staff", colleagues.page, Need(roles=RUN), "list"),
    _post("/staff", "add-colleague", colleagues.add, Need(roles=frozenset({ADMIN})), "staff"),
    _get("/staff/{staff_id}", "colleague", colleagues.one, _on(Target.COLLEAGUE, RUN), "view"),
    _post("/staff/{staff_id}/acts", "act-on-colleague", colleagues.act, _on(Target.COLLEAGUE, RUN), "staff"),
    _get("/webhooks", "webhooks", webhooks.page, Need(roles=RUN), "list"),
    _post("/webhooks", "add-webhook", webhooks.add, Need(roles=RUN), "webhook"),
    _get("/webhooks/{endpoint_id}", "webhook", webhooks.one, _on(Target.ENDPOINT, RUN), "view"),
    _post("/webhooks/{endpoint_id}/acts", "act-on-webhook", webhooks.act, _on(Target.ENDPOINT, RUN), "webhook"),
    _get(
        "/referrals/{referral_id}.csv", "referral", customer.referral, _on(Target.REFERRAL, LOOK), "export",
        Limit.EXPORTS,
    ),
)  # fmt: skip

TABLE: Sequence[Route] = (*PAGES, *API)

"""Who may ask for which route of the desk, written by hand: one that is declared too freely is seen."""

from __future__ import annotations

from stream.domain.alerts import episode_id

OWN, MANAGER, AUDITOR, ADMIN = "rm-1", "m-1", "aud-1", "adm-1"
COLLEAGUE, ELSEWHERE, OTHER_MANAGER = "rm-2", "rm-3", "m-2"
EVERYBODY = {"", OWN, COLLEAGUE, ELSEWHERE, MANAGER, OTHER_MANAGER, AUDITOR, ADMIN}
SIGNED_IN = EVERYBODY - {""}
LOOK_AT_CUSTOMERS = SIGNED_IN - {ADMIN}
LOOK_AT_THIS_ONE = {OWN, MANAGER, AUDITOR}
ACT_ON_THIS_ONE = {OWN, MANAGER}
KEEP = {MANAGER, OTHER_MANAGER, ADMIN}
KEEP_THIS_ONE = {MANAGER, ADMIN}

MAY = {
    "health": EVERYBODY,
    "status": EVERYBODY,
    "sign_in": EVERYBODY,
    "sign_in_as": EVERYBODY,
    "sign_in_link": EVERYBODY,
    "sign_in_oidc": set(),  # not while the development sign-in is set
    "sign_in_callback": set(),
    "sign_out": SIGNED_IN,
    "language": EVERYBODY,
    "settings": SIGNED_IN,
    "change-settings": SIGNED_IN,
    "events": LOOK_AT_CUSTOMERS,
    "worklist": LOOK_AT_CUSTOMERS,
    "worklist-export": LOOK_AT_CUSTOMERS,
    "bulk": ACT_ON_THIS_ONE,
    "case": LOOK_AT_THIS_ONE,
    "act-on-episode": ACT_ON_THIS_ONE,
    "form-of-episode": ACT_ON_THIS_ONE,
    "form": ACT_ON_THIS_ONE,
    "customer": LOOK_AT_THIS_ONE,
    "card": LOOK_AT_THIS_ONE,
    "history": LOOK_AT_THIS_ONE,
    "why": LOOK_AT_THIS_ONE,
    "act-on-customer": ACT_ON_THIS_ONE,
    "tasks": LOOK_AT_CUSTOMERS,
    "act-on-task": ACT_ON_THIS_ONE,
    "approvals": {MANAGER, OTHER_MANAGER, AUDITOR},
    "act-on-approval": {MANAGER},
    "reports": {MANAGER, OTHER_MANAGER, AUDITOR},
    "reports-export": {MANAGER, OTHER_MANAGER, AUDITOR},
    "monthly": {MANAGER, OTHER_MANAGER, AUDITOR},
    "monthly-file": {MANAGER, OTHER_MANAGER, AUDITOR},
    "monthly-export": {MANAGER, OTHER_MANAGER, AUDITOR},
    "lists": {MANAGER, OTHER_MANAGER},
    "take-list": {MANAGER, OTHER_MANAGER},
    "staff": KEEP,
    "add-colleague": {ADMIN},
    "colleague": KEEP_THIS_ONE,
    "act-on-colleague": KEEP_THIS_ONE,
    "webhooks": KEEP,
    "add-webhook": KEEP,
    "webhook": KEEP_THIS_ONE,
    "act-on-webhook": KEEP_THIS_ONE,
    "referral": LOOK_AT_THIS_ONE,
    "api-me": SIGNED_IN,
    "api-worklist": LOOK_AT_CUSTOMERS,
    "api-export": LOOK_AT_CUSTOMERS,
    "api-bulk": ACT_ON_THIS_ONE,
    "api-act-on-episode": ACT_ON_THIS_ONE,
    "api-customer": LOOK_AT_THIS_ONE,
    "api-movements": LOOK_AT_THIS_ONE,
    "api-why": LOOK_AT_THIS_ONE,
    "api-act-on-customer": ACT_ON_THIS_ONE,
    "api-tasks": LOOK_AT_CUSTOMERS,
    "api-act-on-task": ACT_ON_THIS_ONE,
    "api-approvals": {MANAGER, OTHER_MANAGER, AUDITOR},
    "api-act-on-approval": {MANAGER},
    "api-branch-report": {MANAGER, OTHER_MANAGER, AUDITOR},
    "api-monthly-report": {MANAGER, OTHER_MANAGER, AUDITOR},
    "api-lists": {MANAGER, OTHER_MANAGER},
    "api-take-list": {MANAGER, OTHER_MANAGER},
    "api-webhooks": KEEP,
    "api-add-webhook": KEEP,
    "api-deliveries": KEEP_THIS_ONE,
    "api-act-on-webhook": KEEP_THIS_ONE,
    "api-staff": KEEP,
    "api-act-on-colleague": KEEP_THIS_ONE,
    "api-events": LOOK_AT_CUSTOMERS,
    "api-document": EVERYBODY,
}
EPISODE = episode_id("c1", "balance_drop", 0, ("",))
NAMED = {"episode_id": EPISODE, "customer_id": "c1", "task_id": "t1", "approval_id": "p1", "referral_id": "f1"}
NAMED |= {"do": "note", "endpoint_id": "ep1", "staff_id": "rm-1"}

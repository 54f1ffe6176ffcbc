"""What a program may send, by example: they stand in the API's document, and a test holds each against its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ID = {"action_id": "crm-20261128-17"}
_EPISODE = {"episode_id": "5f0c1d9a6b7e4c21"}
_NOON = 1_795_838_400_000  # 2026-11-28 12:00 in Shanghai

TAKEN: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "api-bulk": {"two": {**_ID, "episode_ids": ["5f0c1d9a6b7e4c21", "77aa01c2de9b4f10"]}},
    "api-act-on-episode": {
        "acknowledge": {"do": "acknowledge", **_ID, **_EPISODE, "version": 3},
        "snooze": {"do": "snooze", **_ID, **_EPISODE, "until": _NOON, "why": "travels until Monday"},
        "lost": {
            "do": "outcome",
            **_ID,
            **_EPISODE,
            "outcome": "lost",
            "loss_reason": "rate",
            "reason_source": "customer",
        },
        "refer": {"do": "refer", **_ID, **_EPISODE, "department": "mortgages"},
    },
    "api-act-on-customer": {
        "contact": {"do": "contact", **_ID, "customer_id": "c-1001", "how": "call", "result": "reached", "at": _NOON},
        "note": {"do": "note", **_ID, "customer_id": "c-1001", "text": "Wants an offer in writing."},
        "handover": {"do": "handover", **_ID, "customer_id": "c-1001", "to": "rm-12", "why": "moved to another branch"},
        "task": {"do": "add_task", **_ID, "customer_id": "c-1001", "kind": "call", "due_at": _NOON},
    },
    "api-act-on-task": {"done": {"do": "finish_task", **_ID, "task_id": "t-31", "result": "Agreed on Tuesday."}},
    "api-act-on-approval": {
        "grant": {"do": "approve", **_ID, "approval_id": "a-5"},
        "refuse": {"do": "reject", **_ID, "approval_id": "a-5", "why": "above what the branch may give"},
    },
    "api-take-list": {
        "campaign": {
            "list_id": "payroll-2026-11",
            "name": "Payroll, November",
            "rows": [{"customer_id": "c-1001", "staff_id": "rm-12"}, {"customer_id": "c-1002"}],
            "branch_id": "b-3",
            "due_at": _NOON,
        }
    },
    "api-add-webhook": {
        "critical": {**_ID, "url": "https://crm.example.com/hook", "severities": ["critical"], "description": "CRM"}
    },
    "api-act-on-webhook": {
        "rotate": {"do": "rotate", "endpoint_id": "ep-1"},
        "replay": {"do": "replay_failed", "endpoint_id": "ep-1", "days": 2},
    },
    "api-act-on-colleague": {
        "leave": {"do": "leave", **_ID, "staff_id": "rm-12", "deputy_id": "rm-14"},
        "left": {"do": "left", **_ID, "staff_id": "rm-12", "successor_ids": ["rm-14", "rm-15"]},
    },
}
"""By the route's name and the example's own: bodies of requests."""

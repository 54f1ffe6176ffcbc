"""One example of everything on the topics; the tests hold each against its schema and read it as a worker would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Example = Mapping[str, Any]

EVENTS: Mapping[str, tuple[Example, ...]] = {
    "customers": (
        {
            "event_id": "crm-77120",
            "customer_id": "c-1001",
            "time": "2026-03-02T08:00:00+08:00",
            "tier": "gold",
            "segment": "payroll",
            "rm_id": "rm-12",
            "branch_id": "b-3",
            "products": [{"product_id": "td-9", "kind": "deposit", "amount": "50000.00", "matures_on": "2026-09-01"}],
            "payroll_group_id": "employer-8",
            "language": "zh",
            "since": "2018-06-02",
        },
    ),
    "transactions": (
        {
            "event_id": "core-88301",
            "customer_id": "c-1001",
            "time": "2026-03-02T14:05:11+08:00",
            "amount": "48000.00",
            "direction": "out",
            "category": "transfer",
            "account_id": "a-1",
            "counterparty": {"institution": "other-bank", "own_name": True},
            "channel": "app",
            "balance_after": "1200.50",
        },
        {
            "event_id": "cdr-5512",
            "customer_id": "p-2002",
            "time": 1772431511000,
            "amount": 0,
            "direction": "out",
            "category": "call",
            "quantity": 3.5,
            "unit": "min",
            "counterparty": {"institution": "own"},
        },
    ),
    "balances": (
        {
            "event_id": "core-88302",
            "customer_id": "c-1001",
            "time": "2026-03-02T23:59:00+08:00",
            "account_id": "a-1",
            "balance": 1200.5,
            "kind": "current",
        },
    ),
    "complaints": (
        {
            "event_id": "crm-9001",
            "customer_id": "c-1001",
            "time": "2026-03-02T16:20:00+08:00",
            "complaint_id": "k-31",
            "status": "opened",
            "severity": "medium",
            "subject": "Card blocked twice",
            "text": "再不解决我就向银保监会投诉",
            "channel": "hotline",
        },
    ),
    "service-events": (
        {
            "event_id": "hlr-41",
            "customer_id": "p-2002",
            "time": "2026-03-02T17:00:00+08:00",
            "type": "call_forwarding",
            "forwarding": {
                "state": "unconditional",
                "target_network": "other-mobile",
                "target_number": "+8613000000042",
            },
        },
        {
            "event_id": "core-88310",
            "customer_id": "c-1001",
            "time": "2026-03-03T09:00:00+08:00",
            "type": "product_matured",
            "product": {"product_id": "td-9", "kind": "deposit", "amount": 50000},
        },
    ),
    "contacts": (
        {
            "event_id": "crm-9002",
            "customer_id": "c-1001",
            "time": "2026-03-03T10:00:00+08:00",
            "staff_id": "rm-12",
            "how": "call",
            "result": "reached",
        },
    ),
    "feedback": (
        {
            "event_id": "desk-1",
            "customer_id": "c-1001",
            "time": "2026-03-03T10:15:00+08:00",
            "action_id": "desk-1",
            "episode_id": "ec9dcc3bcb93129962c869bfa12ad474",
            "actor": "rm-12",
            "action": "outcome",
            "outcome": "saved",
        },
    ),
    "group-warnings": (
        {
            "event_id": "g-1",
            "customer_id": "c-1003",
            "time": "2026-03-04T09:00:00+08:00",
            "group_id": "employer-8",
            "group_kind": "payroll",
            "cause": "f3c1d0a8b52e47d19a6e0c4b7d2f8e11",
            "left": 3,
            "size": 14,
        },
    ),
    "group-signals": (
        {
            "event_id": "g-0",
            "group_id": "employer-8",
            "group_kind": "payroll",
            "customer_id": "c-1001",
            "time": "2026-03-04T08:59:00+08:00",
            "kind": "left",
        },
    ),
    "staff": (
        {
            "event_id": "hr-7",
            "time": "2026-03-01T00:00:00+08:00",
            "staff_id": "rm-12",
            "status": "leave",
            "deputy_id": "rm-14",
            "branch_id": "b-3",
        },
    ),
    "control": (
        {
            "event_id": "5b1d7b0e-6a57-4f0e-9a53-0e3b4a1fd0c1",
            "time": "2026-03-02T12:00:00Z",
            "command": "test_alert",
            "actor": "ops",
            "arguments": {"customer_id": "test-customer"},
        },
        {
            "event_id": "0c2f6a34-8c4a-4b83-9b79-5a4b0e7c1a55",
            "time": "2026-03-02T12:00:00Z",
            "command": "heartbeat",
            "actor": "ops",
        },
    ),
}
"""By topic; the record's key is the customer id where there is one."""

ALERT: Example = {
    "alert_id": "4c7f67ad1d99679c9f232b61b33894f2",
    "episode_id": "ec9dcc3bcb93129962c869bfa12ad474",
    "sequence": 1,
    "state": "opened",
    "kind": "balance_drop",
    "severity": "critical",
    "priority": 1,
    "customer_id": "c-1001",
    "rm_id": "rm-12",
    "branch_id": "b-3",
    "routes": ["rm:rm-12"],
    "title": {"zh": "余额骤降", "en": "Sudden balance drop"},
    "reason": {
        "zh": "客户在我行的总资产由平时低点 49,000 CNY 降至 1,200 CNY"
        "（降幅 98%，近 60 天中位数 50,100 CNY），其中 48,000 CNY 转至 other-bank。",
        "en": "Holdings with us fell from their usual low of 49,000 CNY to 1,200 CNY (98% down; median of 60 days "
        "50,100 CNY); 48,000 CNY went to other-bank.",
    },
    "next_step": {
        "zh": "当日致电客户，了解资金去向与原因，必要时提供存款或理财方案。",
        "en": "Call today: ask where the money is needed, and have a deposit or wealth offer ready.",
        "due": "2026-03-03T06:05:11.000Z",
    },
    "evidence": {
        "measure": "holdings",
        "observed": 1200.5,
        "floor": 49000.0,
        "median": 50100.0,
        "drop": 47799.5,
        "share": 0.9755,
        "unit": "CNY",
        "window_days": 60,
        "outflow": 48000.0,
        "institution": "other-bank",
    },
    "series": [["2026-03-01", 50100.0], ["2026-03-02", 1200.5]],
    "event_time": "2026-03-02T06:05:11.000Z",
    "rule": "balance_drop",
    "rule_version": 1,
    "causes": ["core-88301"],
    "score": None,
    "grade": None,
    "model_version": None,
    "reasons": [],
    "health": 41.5,
    "detected_at": "2026-03-02T06:05:11.412Z",
}

ALERT_HEADERS: Example = {
    "ce_specversion": "1.0",
    "ce_id": "4c7f67ad1d99679c9f232b61b33894f2",
    "ce_source": "urn:churnwatch:engine",
    "ce_type": "churnwatch.alert.opened.v1",
    "ce_subject": "ec9dcc3bcb93129962c869bfa12ad474",
    "ce_time": "2026-03-02T06:05:11.000Z",
    "ce_partitionkey": "c-1001",
    "ce_severity": "critical",
    "content-type": "application/json",
}

DESK_ALERT: Example = {
    **ALERT,
    "alert_id": "b5b1a1f0c7a24c0e9a3b6a0d5f1c2e3d",
    "state": "acknowledged",
    "event_time": "2026-03-02T06:12:40.000Z",
    "detected_at": "2026-03-02T06:12:40.000Z",
    "storm_id": None,
    "answer": {"action_id": "0b6f0a52-7a2f-4b37-9f0a-1b1f6f0c9a11", "actor": "rm-12"},
}

DESK_ALERT_HEADERS: Example = {
    **ALERT_HEADERS,
    "ce_id": "b5b1a1f0c7a24c0e9a3b6a0d5f1c2e3d",
    "ce_source": "urn:churnwatch:desk",
    "ce_type": "churnwatch.alert.acknowledged.v1",
    "ce_time": "2026-03-02T06:12:40.000Z",
}

WORKER: Example = {"instance": "pod-0", "url": "http://10.0.0.7:8080", "shards": [0, 1, 2], "at": 1772431511000}

RULE_OVERRIDE: Example = {"params": {"shadow": True}, "by": "ops-7", "at": 1772431511000, "event_id": "cmd-41"}

SILENCE: Example = {
    "silence": {
        "id": "cmd-42",
        "from": 1772431511000,
        "until": "2026-03-02T18:00:00+08:00",
        "reason": "works on the line",
        "by": "ops-7",
        "kind": "service_failure",
        "branch": "b-7",
    },
    "at": 1772431511000,
    "event_id": "cmd-42",
}

DEAD_LETTER_HEADERS: Example = {
    "dl_topic": "transactions",
    "dl_partition": "2",
    "dl_offset": "8797",
    "dl_timestamp": "1772431511000",
    "dl_reason": "wrong-type",
    "dl_path": "$.amount",
    "dl_message": "expected number or decimal string",
    "dl_version": "0.1.0",
}

RECEIPT_HEADERS: Example = {
    "dl_receipt": "2/0",
    "dl_topic": "transactions",
    "dl_partition": "2",
    "dl_offset": "9120",
    "dl_attempt": "1",
    "dl_actor": "ops",
}

TRAINING: Example = {
    "event_id": "0f1d7ab3a6b34bb5a0d1b8f3f4c3f0a2",
    "customer_id": "c-1001",
    "cutoff": 1764597600000,
    "known_at": 1772373600000,
    "label": 1,
    "outcome": "left",
    "learn": True,
    "feature_set": 1,
    "features": [0.0274, 1.0986, None, 4.2822],
    "scores": {"logistic": 0.4127, "stack": 0.5311},
    "version": "000012-3f9a2c",
    "treatment": {"contacts": True, "reached": False, "holdout": False},
    "groups": {"class": "key", "segment": "payroll", "region": "b-3", "tenure": "over 3 years"},
    "report": False,
}

SNAPSHOT: Example = {
    "schema": 1,
    "version": "000012-3f9a2c",
    "sequence": 12,
    "made_at": 1772373600000,
    "feature_set": 1,
    "features": ["recency", "holdings"],
    "champion": "stack",
    "experts": {
        "logistic": {
            "model": {
                "form": "linear",
                "intercept": -1.2,
                "terms": {"recency": {"weight": 0.8, "mean": 2.1, "scale": 1.3}, "holdings": {"missing": 0.1}},
            },
            "slope": 0.9,
            "offset": -1.7,
        },
        "tree": {
            "model": {
                "form": "forest",
                "combine": "probability",
                "base": 0.2,
                "trees": [
                    {
                        "feature": [0, -1, -1],
                        "threshold": [3.5, 0.0, 0.0],
                        "left": [1, 0, 0],
                        "right": [2, 0, 0],
                        "missing_left": [True, False, False],
                        "value": [0.2, 0.1, 0.6],
                    }
                ],
            },
        },
    },
    "stack": {"bias": 0.05, "weights": {"logistic": 0.6, "tree": 0.4}},
    "grades": {"near_churn": 0.35, "churned": 0.8, "hysteresis": 0.8},
    "span": {"examples": 12000, "churned": 1450, "first": 1748613600000, "last": 1764597600000},
    "quality": {"stack": {"examples": 5000, "base_rate": 0.12, "roc_auc": 0.81, "pr_auc": 0.44}},
    "deciles": {"recency": [0.1, 0.4, 0.9, 1.4, 1.9, 2.4, 2.9, 3.3, 3.9]},
}

PIN: Example = {"version": "000012-3f9a2c"}

CHAMPION: Example = {"name": "logistic"}

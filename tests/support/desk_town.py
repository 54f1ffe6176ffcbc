"""A small town for tests of the desk's page: staff of two branches, customers, warnings, a complaint from hell."""

from __future__ import annotations

from typing import Any

import msgspec

from stream.desk.store.database import Database
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.people import put_staff, set_staff
from stream.desk.store.repositories.profiles import new_profile, put_profiles
from stream.desk.store.tables import Approval, CustomerEvent, Referral, Task, WebhookEndpoint
from stream.desk.store.vault import Vault
from stream.domain.alerts import episode_id
from support.desk_rows import DAY, HOUR, NOW, alert, arrived, customer, opened, staff

COMPLAINT = episode_id("c2", "serious_complaint", 0, ("",))
HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>{{7*7}}"
NAMES = {"c1": "王小明", "c2": "李静", "c3": "陈建国", "c4": "Zhao Wei", "c9": HOSTILE}
PHONES = {"c1": "+86 138 0013 8000", "c2": "+86 139 1111 2222", "c9": '"><b>1</b>'}
STAFF = {
    "rm-1": ("b-1", "rm", "刘洋"),
    "rm-2": ("b-1", "rm", "周敏"),
    "rm-3": ("b-2", "rm", "何磊"),
    "m-1": ("b-1", "manager", "孙经理"),
    "m-2": ("b-2", "manager", "吴经理"),
    "aud-1": (None, "auditor", "审计"),
    "adm-1": (None, "admin", "Admin"),
}
SERIES = [[f"2026-10-{day:02d}", 52_000 + 900 * (day % 7)] for day in range(1, 32)] + [
    [f"2026-11-{day:02d}", 51_000 - 300 * day if day < 14 else 9_000 - 100 * day] for day in range(1, 19)
]


async def settle(database: Database, vault: Vault, now: int = NOW) -> None:
    """Fill an empty store."""
    async with database.transaction() as tx:
        for id_, (branch, role, name) in STAFF.items():
            await put_staff(tx, staff(id_, time=now - DAY, branch_id=branch))
            await set_staff(tx, id_, role=role, name_sealed=vault.seal(name), subject=f"subject-{id_}")
        profiles = [customer(id_, time=now - DAY, **_profile(id_)) for id_ in ("c1", "c2", "c3", "c4", "c9")]
        await put_profiles(tx, [new_profile(profile, vault, now) for profile in profiles])
        await take_alerts(tx, _alerts(now))
        tx.add_all(_rows(vault, now))


def _profile(id_: str) -> dict[str, Any]:
    owner = {"c3": ("rm-2", "b-1"), "c4": ("rm-3", "b-2")}.get(id_, ("rm-1", "b-1"))
    given: dict[str, Any] = {"name": NAMES[id_], "phone": PHONES.get(id_), "rm_id": owner[0], "branch_id": owner[1]}
    return given | {"tier": "gold", "segment": "affluent", "household_id": "h1" if id_ in ("c1", "c2") else None}


def _alerts(now: int) -> list[Any]:
    drop = alert(
        "c1", time=now - 2 * HOUR, due=now + 3 * HOUR, severity="critical", priority=1, points=900.0, series=SERIES,
        evidence={"floor": 46_000.0, "observed": 7_200.0, "unit": "CNY", "median": 52_000.0},
        title={"zh": "余额骤降", "en": "Sudden balance drop"},
        reason={
            "zh": "客户在我行的总资产由平时低点 46,000 CNY 降至 7,200 CNY（降幅 84%）；36,000 CNY 转往他行。",
            "en": "Holdings fell from their usual low of 46,000 CNY to 7,200 CNY (84% down); "
            "36,000 CNY went to another bank.",
        },
        next_step={
            "zh": "当日致电客户，了解资金去向与原因，必要时提供存款或理财方案。",
            "en": "Call today: ask where the money is needed, and have a deposit or wealth offer ready.",
            "due": "2026-11-18T10:30:00Z",
        },
        score=0.71, grade="near-churn", model_version="m-7", health=38.0,
        reasons=[
            {"feature": "balance_trend", "value": -0.8, "contribution": 1.2, "zh": "余额连降", "en": "balance falls"}
        ],
    )  # fmt: skip
    return [
        arrived(drop, now - 2 * HOUR),
        opened("c1", kind="contact_gap", time=now - 3 * DAY, points=40.0, severity="medium", priority=3),
        opened("c2", kind="serious_complaint", time=now - 5 * HOUR, due=now - HOUR, points=300.0),
        opened("c9", kind="usage_drop", time=now - DAY, points=20.0, severity="low", priority=4,
               title={"zh": HOSTILE, "en": HOSTILE}, reason={"zh": HOSTILE, "en": HOSTILE}),
        opened("c3", time=now - HOUR, rm_id="rm-2", routes=["rm:rm-2"], points=120.0),
        opened("c4", time=now - HOUR, rm_id="rm-3", branch_id="b-2", routes=["rm:rm-3"], points=60.0),
    ]  # fmt: skip


def _rows(vault: Vault, now: int) -> list[Any]:
    body = msgspec.json.encode({"status": "opened", "severity": "high", "subject": "费用", "text": HOSTILE})
    return [
        CustomerEvent(
            topic="complaints", event_id="e1", customer_id="c1", time=now - DAY, type="opened", subject_id="k1",
            body_sealed=vault.seal(body),
        ),
        Task(
            task_id="t1", origin="a/1", kind="follow_up", customer_id="c2", owner="rm:rm-1", branch_id="b-1",
            due_at=now + DAY, created_at=now - DAY, created_by="rm-1", details={}, state="open",
        ),
        Approval(
            approval_id="p1", action_id="a2", subject="not_worth_keeping", customer_id="c2", branch_id="b-1",
            episode_id=COMPLAINT, requested_by="rm-1", requested_at=now - HOUR, proposal={}, decision="pending",
        ),
        WebhookEndpoint(
            endpoint_id="ep1", url_sealed=vault.seal("https://crm.bank.example/hook?token=t0k3n"),
            host="crm.bank.example", description="CRM", branch_ids=["b-1"], created_by="m-1", created_at=now - DAY,
            updated_at=now - DAY,
        ),
        Referral(
            referral_id="f1", action_id="a3", customer_id="c1", department="fraud", by="rm-1", at=now - HOUR,
            state="sent", state_at=now - HOUR,
        ),
    ]  # fmt: skip

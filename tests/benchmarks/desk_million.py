"""A store with a million episodes: 1,000 RMs of 50 branches, 500 customers and 1,000 episodes each, 3 in 10 open.

Written by turns, as they come, so that an RM's rows do not lie side by side. Who is signed in stands in it too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import insert, text
from support.desk_rows import DAY, HOUR, alert, customer, staff

from stream.desk.store.database import Database
from stream.desk.store.repositories.alerts import _OF_DESK, incoming
from stream.desk.store.repositories.people import put_staff, set_staff
from stream.desk.store.repositories.profiles import new_profile
from stream.desk.store.tables import Episode, Profile
from stream.desk.store.vault import Vault
from stream.desk.web.sessions import Seals, open_session
from stream.domain.alerts import Rank
from stream.domain.events import Staff
from stream.settings.desk_web import Web

CUSTOMERS, EPISODES, BRANCHES = 500, 1000, 50
KINDS = ("balance_drop", "salary_stopped", "contact_gap", "model_score", "usage_drop", "product_maturing")
TIERS = ("gold", "silver", "basic")
_WORDS = {"zh": "余额骤降" * 20, "en": "Sudden balance drop " * 10}
_ID = "c-RM-NUMBER"  # taken for the real one in what was packed once


@dataclass(frozen=True)
class Million:
    """How to fill it. `now`: epoch ms, as the desk's clock will have it; `rms`: 1,000 for a million episodes."""

    now: int
    rms: int = 1000

    def branch(self, rm: int) -> str:
        """Return the branch of an RM."""
        return f"b-{rm % BRANCHES}"

    def episodes(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of episodes, one of each RM at a time."""
        rng, packed = random.Random(7), [self._pattern(kind) for kind in KINDS]
        for n in range(EPISODES):
            yield [self._episode(rm, n, rng, rng.choice(packed)) for rm in range(self.rms)]

    def _pattern(self, kind: str) -> Mapping[str, Any]:
        """Return a row to copy: its body is as long as an alert's is, some 2 kB."""
        rank = Rank(1000.0, "revenue_12m", 0.5, "rule", 0.4, "mass", 1.0, False, 100.0)
        one = alert(
            _ID, kind, time=self.now, due=self.now, reason=_WORDS, rank=rank, evidence={"low": 10, "note": "x" * 700}
        )
        return incoming(one, msgspec.json.encode(one), self.now).episode | _OF_DESK

    def _episode(self, rm: int, n: int, rng: random.Random, pattern: Mapping[str, Any]) -> dict[str, Any]:
        opened = self.now - rng.randrange(400 * DAY)
        ended = None if rng.random() < 0.3 else min(self.now, opened + DAY)
        customer_id = f"c-{rm}-{n % CUSTOMERS}"
        acknowledged = opened + HOUR if rng.random() < 0.4 else None
        return {
            **pattern,
            "episode_id": f"{n:04x}{rm:04x}" * 4,
            "alert_id": f"{rm:04x}{n:04x}" * 4,
            "customer_id": customer_id,
            "severity": rng.choice(("critical", "high", "high", "medium", "medium", "low")),
            "rm_id": f"rm-{rm}",
            "branch_id": self.branch(rm),
            "routes": [f"rm:rm-{rm}"],
            "owner": f"rm:rm-{rm}",
            "priority": rng.choice((1, 2, 2, 3, 3, 3, 4)),
            "points": round(rng.expovariate(1 / 500), 2),
            "value": round(rng.expovariate(1 / 5000), 2),
            "class": rng.choice(("key", "mass", "mass")),
            "due_at": opened + rng.randrange(72) * HOUR,
            "opened_at": opened,
            "updated_at": opened,
            "ended_at": ended,
            "state": "resolved" if ended else "open",
            "acknowledged_at": acknowledged,
            "snoozed_until": self.now + DAY if rng.random() < 0.1 else None,
            "held_by": "budget" if acknowledged is None and rng.random() < 0.02 else None,
            "body": pattern["body"].replace(_ID.encode(), customer_id.encode()),
            "opening": pattern["body"],
        }

    def profiles(self, vault: Vault) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of customers, one of each RM at a time."""
        rng = random.Random(8)
        for n in range(CUSTOMERS):
            yield [self._profile(rm, n, rng, vault) for rm in range(self.rms)]

    def _profile(self, rm: int, n: int, rng: random.Random, vault: Vault) -> dict[str, Any]:
        one = customer(
            f"c-{rm}-{n}", time=self.now, name=name_of(rm, n), rm_id=f"rm-{rm}", branch_id=self.branch(rm),
            tier=rng.choice(TIERS), segment=rng.choice(("payroll", "affluent")),
        )  # fmt: skip
        return new_profile(one, vault, self.now).row

    def people(self) -> Iterator[Staff]:
        """Yield RMs, a manager for each branch, and an auditor."""
        for rm in range(self.rms):
            yield staff(f"rm-{rm}", time=self.now, branch_id=self.branch(rm), manager_id=f"m-{rm % BRANCHES}")
        for branch in range(BRANCHES):
            yield staff(f"m-{branch}", time=self.now, branch_id=f"b-{branch}")
        yield staff("auditor", time=self.now)


def name_of(rm: int, n: int) -> str:
    """Return a customer's name."""
    return f"Customer {rm} {n}"


async def fill(database: Database, vault: Vault, town: Million) -> None:
    """Write all of it."""
    for rows in town.profiles(vault):
        async with database.transaction() as session:
            await session.execute(insert(Profile.__table__), rows)
    for rows in town.episodes():
        async with database.transaction() as session:
            await session.execute(insert(Episode.__table__), rows)
    async with database.transaction() as tx:
        for person in town.people():
            await put_staff(tx, person)
        for branch in range(BRANCHES):
            await set_staff(tx, f"m-{branch}", role="manager")
        await set_staff(tx, "auditor", role="auditor")
    async with database.engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("VACUUM ANALYZE" if database.dialect == "postgresql" else "ANALYZE"))


async def cookies(database: Database, seals: Seals, town: Million, now: int) -> dict[str, str]:
    """Sign everybody in and return their cookies by staff id."""
    ids = [(f"rm-{n}", "rm") for n in range(town.rms)] + [(f"m-{n}", "manager") for n in range(BRANCHES)]
    async with database.transaction() as tx:
        return {
            id_: seals.cookie(open_session(tx, id_, role, now, Web())) for id_, role in [*ids, ("auditor", "auditor")]
        }

"""Everything that a manager sees of a month, asked for at once: all of it of the same moment."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.alarms import AlarmLine, alarms
from stream.desk.reports.closing import HOUSE
from stream.desk.reports.month import Month
from stream.desk.reports.outcomes import Outcomes, outcomes
from stream.desk.reports.relations import Relations, relations
from stream.desk.reports.response import Response, response
from stream.desk.reports.retention import Retention, retention
from stream.desk.reports.scope import Scope
from stream.desk.reports.workload import Workload, workload
from stream.domain.business import Business
from stream.settings.desk_reports import Reports


class Whole(Struct, frozen=True):
    """Of a branch, or of the house (`""`). `workload` and the health in `relations` are as of `made_at` (epoch ms)."""

    month: str
    branch_id: str
    made_at: int
    workload: list[Workload]
    response: list[Response]
    outcomes: Outcomes
    alarms: list[AlarmLine]
    relations: list[Relations]
    retention: Retention


async def whole(
    session: AsyncSession, month: Month, branch_id: str, business: Business, settings: Reports, now: int
) -> Whole:
    """Return it; `session` of `Database.reading()`."""
    scope, period = Scope(() if branch_id == HOUSE else (branch_id,)), month.period(business)
    return Whole(
        month=str(month),
        branch_id=branch_id,
        made_at=now,
        workload=await workload(session, scope, now),
        response=await response(session, scope, period),
        outcomes=await outcomes(session, scope, period),
        alarms=await alarms(session, scope, period),
        relations=await relations(session, scope, period),
        retention=await retention(session, month, branch_id, business, settings),
    )

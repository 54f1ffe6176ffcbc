"""What a manager sees of the branch: live figures, the monthly report as a page and as a file, each as CSV too."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports import tables
from stream.desk.reports.alarms import alarms
from stream.desk.reports.month import Month
from stream.desk.reports.outcomes import outcomes
from stream.desk.reports.relations import Relations, relations
from stream.desk.reports.response import Response, response
from stream.desk.reports.retention import Retention, retention
from stream.desk.reports.scope import Period, Scope
from stream.desk.reports.workload import Workload, workload
from stream.desk.web import answers, audit
from stream.desk.web.exporting import table
from stream.desk.web.faults import BadRequest, Denied
from stream.desk.web.keys import DETAILS, KINDS, PERSON, SITE
from stream.desk.web.reach import DAY_MS

_PERIODS = (7, 30, 90)


async def branch(request: web.Request) -> web.StreamResponse:
    """Show the branch as it stands now, and what became of the last days' warnings."""
    days, found = await live(request)
    await noted(request, days=days)
    return answers.html(
        request, "reports/branch.html", days=days, periods=_PERIODS, kinds=request.app[KINDS],
        branches=_branches(request), **found,
    )  # fmt: skip


async def branch_csv(request: web.Request) -> web.StreamResponse:
    """Give one of the tables as a file."""
    days, found = await live(request)
    of = request.query.get("of", "workload")
    rows = {
        "workload": lambda: tables.of_lines(Workload, found["workload"]),
        "response": lambda: tables.of_lines(Response, found["response"]),
        "outcomes": lambda: tables.of_outcomes(found["outcomes"]),
        "alarms": lambda: tables.of_alarms(found["alarms"]),
        "relations": lambda: tables.of_lines(Relations, found["relations"]),
    }
    if of not in rows:
        raise BadRequest(f"of: expected one of {', '.join(rows)}")
    await noted(request, days=days, of=of)
    return _file(table(rows[of]()), f"{of}.csv", "text/csv")


async def live(request: web.Request) -> tuple[int, dict[str, Any]]:
    """Return the days that were asked for, and the branch's figures by the names of `tables`.

    Raises:
        Denied: a manager of nothing.
    """
    site, now = request.app[SITE], request.app[SITE].clock()
    asked = request.query.get("days", "30")
    days = int(asked) if asked in map(str, _PERIODS) else 30
    scope, period = Scope(_branches(request)), Period(now - days * DAY_MS, now + 1)
    async with site.database.reading() as session:
        return days, {
            "workload": await workload(session, scope, now),
            "response": await response(session, scope, period),
            "outcomes": await outcomes(session, scope, period),
            "alarms": await alarms(session, scope, period),
            "relations": await relations(session, scope, period),
        }


def _branches(request: web.Request) -> tuple[str, ...]:
    """Return the branches of who asks; none is the whole house, which only an auditor sees.

    Raises:
        Denied: a manager of nothing.
    """
    reach = request[PERSON].reach
    if not reach.everybody and not reach.branch_ids:
        raise Denied
    return reach.branch_ids


async def monthly(request: web.Request) -> web.StreamResponse:
    """Show a month against the month before."""
    found = await month_of(request)
    await noted(request, month=found.month)
    return answers.html(request, "reports/monthly.html", **_given(request, found))


async def monthly_file(request: web.Request) -> web.StreamResponse:
    """Give the report as one file to print or send: no script, nothing from elsewhere."""
    found = await month_of(request)
    await noted(request, month=found.month, of="file")
    made = answers.html(request, "reports/file.html", **_given(request, found))
    return _file(made.body, f"retention-{found.month}.html", "text/html")


async def monthly_csv(request: web.Request) -> web.StreamResponse:
    """Give the report's figures as a file."""
    found = await month_of(request)
    await noted(request, month=found.month, of="csv")
    return _file(table([*tables.of_retention(found), [], *tables.of_lost(found)]), f"{found.month}.csv", "text/csv")


def _given(request: web.Request, found: Retention) -> dict[str, Any]:
    scale: int = 10 ** request.app[SITE].business.minor_units
    return {"report": found, "branches": _branches(request), "scale": scale, "query": request.query_string}


async def month_of(request: web.Request) -> Retention:
    """Return the month that was asked for.

    Raises:
        BadRequest: it is none.
        Denied: not a branch of who asks.
    """
    site, branches = request.app[SITE], _branches(request)
    try:
        month = Month.parse(request.query.get("month") or str(Month.at(site.clock(), site.business)))
    except ValueError as fault:
        raise BadRequest(f"month: {fault}") from None
    branch_id = request.query.get("branch") or (branches[0] if branches else "")
    if branches and branch_id not in branches:
        raise Denied
    async with site.database.reading() as session:
        return await _reported(session, request, month, branch_id)


async def _reported(session: AsyncSession, request: web.Request, month: Month, branch_id: str) -> Retention:
    site = request.app[SITE]
    return await retention(session, month, branch_id, site.business, site.settings.desk.reports)


async def noted(request: web.Request, **details: Any) -> None:
    """Write down what was looked at."""
    request[DETAILS] = details
    await audit.write(request, allowed=True)


def _file(body: Any, name: str, media: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type=media, charset="utf-8", headers=headers)

"""Handlers of the API for managers: the branch's figures, the month, lists of customers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from aiohttp import web

from stream.desk.reports.checking import Checked
from stream.desk.reports.lists import ListError
from stream.desk.web import answers
from stream.desk.web.api.structs import BranchReport, FaultyRow, ListDone, ListRow, Lists, ListShown, NewCustomerList
from stream.desk.web.bodies import json_fields, read_as
from stream.desk.web.faults import BadRequest
from stream.desk.web.pages.imports import Asked, carry_out, newest, own_branches
from stream.desk.web.pages.reports import live, month_of, noted


async def branch(request: web.Request) -> web.StreamResponse:
    """Return the branch as it stands now, and what became of the last days' warnings."""
    days, found = await live(request)
    await noted(request, days=days)
    return answers.as_json(BranchReport(days=days, **found))


async def monthly(request: web.Request) -> web.StreamResponse:
    """Return a month against the month before."""
    found = await month_of(request)
    await noted(request, month=found.month)
    return answers.as_json(found)


async def lists(request: web.Request) -> web.StreamResponse:
    """Return the last lists of the branch."""
    rows = await newest(request)
    await noted(request)
    shown = [
        ListShown(
            list_id=row.list_id, name=row.name, branch_id=row.branch_id, created_by=row.created_by,
            created_at=row.created_at, due_at=row.due_at, rows=row.rows, faults=row.faults,
        )
        for row in rows
    ]  # fmt: skip
    return answers.as_json(Lists(lists=shown))


async def take(request: web.Request) -> web.StreamResponse:
    """Import a list: what is in order is assigned, what is not comes back with what is wrong with it."""
    given: NewCustomerList = read_as(await json_fields(request), NewCustomerList, strict=True)
    asked = Asked(
        content=_as_file(given.rows), list_id=given.list_id, name=given.name, due_at=given.due_at, again=given.again,
        branch_id=given.branch_id or own_branches(request)[0],
    )  # fmt: skip
    try:
        done = await carry_out(request, asked)
    except ListError as fault:
        raise BadRequest(fault.en) from None
    faults = [_faulty(one) for one in done.checked if one.line.fault is not None]
    return answers.as_json(ListDone(list_id=given.list_id, taken=done.count, faults=faults))


def _as_file(rows: Sequence[ListRow]) -> bytes:
    """Return the file that a person would have brought: one reader, one set of checks."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("customer_id", "staff_id"))
    writer.writerows((row.customer_id, row.staff_id or "") for row in rows)
    return out.getvalue().encode()


def _faulty(one: Checked) -> FaultyRow:
    return FaultyRow(row=one.line.line - 2, customer_id=one.line.customer_id, fault=one.line.fault or "")

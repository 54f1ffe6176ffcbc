"""Reports as rows, and the month closed by itself."""

from __future__ import annotations

from support.desk_push import BUSINESS
from support.desk_rows import DAY, NOW, opened

from stream.desk.reports import tables
from stream.desk.reports.alarms import AlarmLine
from stream.desk.reports.closer import MonthCloser
from stream.desk.reports.month import Month
from stream.desk.reports.outcomes import Outcomes, ReasonLine
from stream.desk.reports.retention import retention
from stream.desk.reports.scope import Scope
from stream.desk.reports.workload import Workload, workload
from stream.desk.store.repositories.alerts import take_alerts
from stream.settings.desk_reports import Reports


async def test_every_row_has_as_many_cells_as_the_first(embedded):
    async with embedded.transaction() as tx:
        await take_alerts(tx, [opened("c1"), opened("c2", kind="usage_drop")])
    async with embedded.reading() as session:
        found = await retention(session, Month(2026, 11), "", BUSINESS, Reports())
        lines = await workload(session, Scope(), NOW)
    reasons = Outcomes(1, 1, 2.0, 3.0, [ReasonLine("price", 1, 2, 3)], [])
    for rows in (
        list(tables.of_retention(found)),
        list(tables.of_lost(found)),
        list(tables.of_lines(Workload, lines)),
        list(tables.of_outcomes(reasons)),
        list(tables.of_alarms([AlarmLine("balance_drop", 4, 2, 1)])),
    ):
        assert len({len(row) for row in rows}) == 1
    assert ("all", "", "warned", 2.0, 0.0, 2.0, None) in list(tables.of_retention(found))
    assert list(tables.of_alarms([AlarmLine("balance_drop", 4, 2, 1)]))[1] == ("balance_drop", 4, 2, 1, 0.5)
    assert list(tables.of_outcomes(reasons))[1] == ("price", 1, 2, 3, 6)


async def test_the_last_month_is_closed_once_its_time_has_come(database):
    now = [NOW]
    closer = MonthCloser(database, BUSINESS, Reports(), lambda: now[0])
    assert await closer.look() == Month(2026, 10)
    assert await closer.look() is None
    now[0] += 31 * DAY
    assert await closer.look() == Month(2026, 11)
    assert await MonthCloser(database, BUSINESS, Reports(), lambda: now[0]).look() is None

"""What moved at a customer, from the worker that keeps it: in the timeline, as curves, and for programs."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from support.desk_rows import DAY, HOUR, NOW
from support.units import SHANGHAI
from support.worker_answers import answer, drained

from stream.desk.store.tables import Audit
from stream.desk.web.asking import WorkersAsker
from stream.desk.web.views.movements import movements
from stream.desk.web.views.shown import Moment
from stream.desk.web.views.timeline import with_movements
from stream.ops import asking
from stream.ops.asking import NoAnswer

FROM = NOW - 60 * DAY
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def told():
    return answer(*drained(NOW), customer="c1")


def test_the_days_and_what_went_to_another_house(told):
    moved = movements(told["state"], SHANGHAI, [])
    assert moved.days[0].day == "2026-11-18"
    assert (moved.days[0].money_out, moved.days[0].elsewhere) == (48_000, 48_000)
    assert [(away.amount, away.institution, away.own_name) for away in moved.went_away] == [
        (48_000, "other-bank", True)
    ]
    assert [(account.balance, account.kind, account.debt) for account in moved.accounts] == [(2000.5, "current", False)]
    assert {unit for day in moved.days for unit in day.usage} == {"min"}


def test_the_balance_has_its_usual_low_and_the_day_of_the_warning(told):
    balance, usage = movements(told["state"], SHANGHAI, [NOW, NOW - HOUR, FROM - 90 * DAY]).curves
    assert (balance.what, balance.unit, balance.baseline, balance.baseline_name) == ("balance", "CNY", 50_000, "floor")
    assert balance.points[0][1] == 50_000
    assert balance.points[-1] == ("2026-11-18", 2000.5)
    assert balance.warned_on == ["2026-11-18"]
    assert (usage.what, usage.unit, usage.baseline) == ("usage", "min", 7.0)
    assert {value for _, value in usage.points} == {7.0}
    assert usage.points[-1][0] == "2026-11-09"  # Monday of the last whole week
    assert usage.warned_on == ["2026-11-18"]


def test_somebody_of_whom_little_is_known_has_no_curve():
    event = ("transactions", NOW, {"amount": 5, "direction": "out"})
    moved = movements(answer(event)["state"], SHANGHAI, [NOW])
    assert (moved.curves, moved.accounts, len(moved.days)) == ([], [], 1)


async def test_the_timeline_has_transactions_and_balances_among_the_warnings(as_, workers, told):
    workers.states["c1"] = told
    browser = await as_("rm-1")
    assert 'hx-get="/customers/c1/history"' in await browser.text("/customers/c1")
    piece = await browser.text("/customers/c1/history", headers=HTMX)
    assert "<html" not in piece
    assert "转出 48,000 CNY" in piece
    assert "其中 48,000 CNY 转往他行他网" in piece
    assert "活期账户" in piece
    assert piece.index("转往他处") < piece.index("余额骤降") < piece.index("投诉")
    assert piece.count("data-chart=") == 2
    whole = await browser.text("/customers/c1/history")
    assert "<html" in whole
    assert "48,000 CNY" in whole


async def test_without_a_worker_the_desks_own_timeline_stays(who, workers):
    workers.silent = True
    browser = await who("rm-1")
    piece = await browser.text("/customers/c1/history", headers=HTMX)
    assert "没有引擎进程应答" in piece
    assert "余额骤降" in piece
    assert (await browser.get("/api/v1/customers/c1/movements")).status == 503


async def test_a_customer_whom_no_worker_knows_has_no_movements(who):
    browser = await who("rm-1")
    assert (await (await browser.get("/api/v1/customers/c1/movements")).json())["known"] is False


async def test_programs_get_the_same(who, workers, told, small):
    workers.states["c1"] = told
    browser = await who("rm-1")
    moved = await (await browser.get("/api/v1/customers/c1/movements")).json()
    assert moved["days"][0]["money_out"] == 48_000
    async with small.database.reading() as session:
        looked = select(func.count()).select_from(Audit).where(Audit.act == "view", Audit.customer_id == "c1")
        assert await session.scalar(looked) == 1


async def test_the_list_of_workers_is_read_now_and_then_and_when_none_answers(monkeypatch):
    clock, read, asked = [0.0], [], []

    async def workers(settings):
        read.append(1)
        return [f"http://worker-{len(read)}"]

    async def ask(urls, customer, token, *, what, patience_s):
        asked.append((urls[0], what))
        if urls == ["http://worker-2"]:
            raise NoAnswer("gone")
        return {"customer_id": customer}

    monkeypatch.setattr(asking, "workers", workers)
    monkeypatch.setattr(asking, "ask", ask)
    monkeypatch.setattr("stream.desk.web.asking.token", lambda settings, make: "t")
    asker = WorkersAsker(None, lambda: clock[0])
    assert await asker.state("c") == await asker.why("c") == {"customer_id": "c"}
    assert len(read) == 1
    clock[0] = 31.0
    with pytest.raises(NoAnswer):  # just read: asking again would be told the same
        await asker.state("c")
    assert len(read) == 2
    await asker.state("c")
    assert [url for url, _ in asked] == ["http://worker-1"] * 2 + ["http://worker-2", "http://worker-3"]


def test_ordinary_days_that_follow_each_other_share_a_line_and_a_day_with_an_outflow_does_not(told):
    moved = movements(told["state"], SHANGHAI, [])
    between = Moment(at=NOW - 30 * DAY, what="note", word="written")
    lines = with_movements([between], moved)
    assert [line.word for line in lines if line.what == "movement"] == ["day", "went_away", "days", "days"]
    first, second = [line.details for line in lines if line.word == "days"]
    assert first["usage"]["min"] + second["usage"]["min"] == sum(day.usage.get("min", 0) for day in moved.days)
    assert first["day"] > "2026-10-19" >= second["last_day"]
    assert len(first["days"]) + len(second["days"]) + 1 == len(moved.days)

"""What a manager sees of the branch, and lists of customers."""

from __future__ import annotations

import csv
import io

import aiohttp
import pytest
from sqlalchemy import select

from stream.desk.store.tables import Assignment, ImportedList
from stream.domain.alerts import episode_id

EPISODE = episode_id("c1", "balance_drop", 0, ("",))


async def test_the_branch_as_it_stands(as_):
    rm, manager = await as_("rm-1"), await as_("m-1")
    form = {"do": "outcome", "outcome": "lost", "loss_reason": "price", "reason_source": "customer"}
    assert (await rm.post(f"/episodes/{EPISODE}/acts", form)).status == 303
    page = await manager.text("/reports")
    assert '<a href="/?owners=rm%3Arm-1">rm-1</a>' in page
    assert ">rm-2<" in page
    assert "rm:rm-3" not in page
    assert "价格" in page
    assert "已流失 1 位" in page


@pytest.mark.parametrize("of", ["workload", "response", "outcomes", "alarms", "relations"])
async def test_every_table_as_a_file(who, of):
    text = await (await who("m-1")).text(f"/reports.csv?of={of}")
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert len({len(row) for row in rows}) == 1
    assert of == "outcomes" or len(rows) >= 2


async def test_a_table_that_there_is_not(who):
    assert (await (await who("m-1")).get("/reports.csv?of=salaries")).status == 400


async def test_the_month_as_a_page_a_file_and_figures(as_):
    manager = await as_("m-1")
    page = await manager.text("/reports/monthly?month=2026-11")
    assert "2026-11，对比 2026-10" in page
    assert "本月尚未结账" in page
    file = await manager.get("/reports/monthly.html?month=2026-11")
    assert "attachment" in file.headers["Content-Disposition"]
    assert "<script" not in await file.text()
    assert "warned" in await manager.text("/reports/monthly.csv?month=2026-11")
    assert (await manager.get("/reports/monthly?month=november")).status == 400


async def test_a_manager_sees_no_other_branch_and_an_auditor_the_house(who):
    manager, auditor = await who("m-1"), await who("aud-1")
    assert (await manager.get("/reports/monthly?branch=b-2")).status == 403
    assert "全行" in await auditor.text("/reports/monthly")
    assert (await auditor.get("/reports/monthly?branch=b-2")).status == 200
    assert ">rm-3<" in await auditor.text("/reports")


def upload(browser, content, **more):
    form = aiohttp.FormData({"csrf": browser.csrf, "name": "key customers", **more})
    form.add_field("file", content, filename="list.csv", content_type="text/csv")
    return browser.client.post("/lists", data=form, allow_redirects=False)


async def test_a_list_is_imported_and_assigned_once(as_, town):
    manager, content = await as_("m-1"), b"customer_id,staff_id\nc1,rm-2\nnobody,rm-2\nc4,rm-2\n"
    answer = await upload(manager, content, action_id="list-1")
    text = await answer.text()
    assert answer.status == 200, text
    assert "2 行有问题" in text
    assert "没有此客户" in text
    async with town.database.reading() as session:
        assert (await session.get_one(Assignment, "c1")).staff_id == "rm-2"
        assert await session.get(Assignment, "c4") is None  # of another branch
    assert (await (await as_("rm-2")).get("/customers/c1")).status == 200
    again = await upload(manager, content, action_id="list-2")
    assert again.status == 409
    assert "同一文件已导入过" in await again.text()
    assert (await upload(manager, content, action_id="list-2", again="1")).status == 200
    async with town.database.reading() as session:
        assert len(list(await session.scalars(select(ImportedList)))) == 2


async def test_what_is_no_list_is_said_to_be_none(who):
    manager = await who("m-1")
    assert (await upload(manager, b"\x00\x01\x02")).status == 400
    assert (await manager.post("/lists", {"name": "x"})).status == 400


async def test_programs_get_the_branchs_figures_as_the_page_shows_them(as_):
    manager, auditor = await as_("m-1"), await as_("aud-1")
    made = await (await manager.get("/api/v1/reports/branch?days=7")).json()
    assert made["days"] == 7
    mine = {line["owner"]: line["open"] for line in made["workload"]}
    assert mine == {"rm:rm-1": 4, "rm:rm-2": 1}
    house = await (await auditor.get("/api/v1/reports/branch")).json()
    assert "rm:rm-3" in {line["owner"] for line in house["workload"]}
    month = await (await manager.get("/api/v1/reports/monthly?month=2026-11")).json()
    assert (month["month"], month["branch_id"], month["closed"]) == ("2026-11", "b-1", False)
    assert (await manager.get("/api/v1/reports/monthly?branch=b-2")).status == 403
    assert (await manager.get("/api/v1/reports/monthly?month=x")).status == 400


async def test_programs_import_a_list_once_and_are_told_which_rows_could_not_be_used(as_, town):
    manager = await as_("m-1")
    rows = [{"customer_id": id_, "staff_id": "rm-2"} for id_ in ("c1", "nobody", "c4", "c1")]
    body = {"list_id": "crm-7", "name": "from the CRM", "rows": rows}
    done = await (await manager.send("/api/v1/lists", body)).json()
    faults = [(one["row"], one["customer_id"], one["fault"]) for one in done["faults"]]
    assert faults == [(1, "nobody", "unknown_customer"), (2, "c4", "other_branch"), (3, "c1", "repeated")]
    assert done["taken"] == 4
    assert (await (await manager.send("/api/v1/lists", body)).json())["taken"] == 0
    assert (await manager.send("/api/v1/lists", body | {"list_id": "crm-8"})).status == 409
    async with town.database.reading() as session:
        assert (await session.get_one(Assignment, "c1")).staff_id == "rm-2"
    (listed,) = (await (await manager.get("/api/v1/lists")).json())["lists"]
    assert (listed["list_id"], listed["rows"], listed["faults"]) == ("crm-7", 4, 3)


@pytest.mark.parametrize(
    "wrong", [{"rows": []}, {"rows": [{"customer_id": " "}]}, {"rows": [{"customer_id": "a\nb"}]}, {"branch_id": "b-2"}]
)
async def test_what_is_no_list_of_a_program_is_refused(who, wrong):
    body = {"list_id": "x", "rows": [{"customer_id": "c1"}]} | wrong
    assert (await (await who("m-1")).send("/api/v1/lists", body)).status == (403 if "branch_id" in wrong else 400)


async def test_what_is_too_large_is_said_to_be(who):
    answer = await upload(await who("m-1"), b"customer_id\n" + b"c" * 1_100_000)
    assert answer.status == 413
    assert "最多 1 MB" in await answer.text()

"""A manager's list: every line is used, or says what is wrong with it; assigned once, whatever interrupts it."""

from __future__ import annotations

import csv
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from support.desk_push import BUSINESS
from support.desk_rows import DAY, NOW, customer, opened, staff

from stream.desk.acts.deed import Context
from stream.desk.reports.checking import FAULTS, check, words_of
from stream.desk.reports.listing import NewList, import_list, imported_before
from stream.desk.reports.lists import MOST_LINES, ListError, digest_of, read_list
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.people import directory, put_staff
from stream.desk.store.repositories.profiles import new_profile, put_profiles
from stream.desk.store.tables import Action, Assignment, Episode, ImportedRow, Task
from stream.desk.work.commands import Actor
from stream.settings.desk import Desk

MANAGER = Actor(staff_id="m-1", role="manager", branch_id="b-1")
FILE = "customer_id,rm_id\nc1,rm-2\nc2,\nc3,rm-9\nc9,rm-1\nz,\nc1,rm-1\n,rm-1\nc4,rm-3\nc5,rm-0\n"


def faults(content):
    return [(line.line, line.customer_id, line.staff_id, line.fault) for line in read_list(content)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_is_read_as_spreadsheets_write_it(encoding, separator):
    text = "姓名,客户号,客户经理\r\n王, c1 ,rm-1\r\n\r\n李,c2,\r\n".replace(",", separator)
    assert faults(text.encode(encoding)) == [(2, "c1", "rm-1", None), (4, "c2", None, None)]


def test_each_fault_stands_at_its_line():
    text = 'customer_id\nc1\n""\nc1\n' + "x" * 201 + '\n"a\tb"\n"two\nlines"\nc2\n'
    assert faults(text.encode()) == [
        (2, "c1", None, None), (4, "c1", None, "repeated"), (5, None, None, "too_long"), (6, None, None, "not_text"),
        (7, None, None, "not_text"), (9, "c2", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"name\nc1", b"customer_id\n" + b"\n".join(b"c%d" % n for n in range(MOST_LINES + 1)),
     b"\xff\xff\xff", b"customer_id\n" + b"x" * 5_000_001, b"customer_id\n\"" + b"x" * 200_000],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why_in_both_languages(content):
    with pytest.raises(ListError) as caught:
        read_list(content)
    assert caught.value.zh
    assert caught.value.en


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20), unique=True)
)
def test_every_line_of_a_good_file_is_there_in_its_order(ids):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["customer_id"], *([id_] for id_ in ids)])
    assert [(line.customer_id, line.fault) for line in read_list(out.getvalue().encode())] == [
        (id_, None) for id_ in ids
    ]


@given(st.binary(max_size=400))
def test_nothing_but_a_list_error_comes_of_any_bytes(content):
    try:
        lines = read_list(b"customer_id\n" + content)
    except ListError:
        return
    assert all(line.customer_id or line.fault for line in lines)


async def settle(database, vault):
    async with database.transaction() as tx:
        for id_, branch, status in (("rm-1", "b-1", "active"), ("rm-2", "b-1", "active"), ("rm-3", "b-1", "leave"),
                                    ("rm-9", "b-2", "active")):  # fmt: skip
            await put_staff(tx, staff(id_, branch_id=branch, status=status))
        people = [customer(f"c{n}", rm_id="rm-1" if n == 1 else None, branch_id="b-1") for n in range(1, 6)]
        people.append(customer("z", branch_id="b-2"))
        await put_profiles(tx, [new_profile(one, vault, NOW) for one in people])
        await take_alerts(tx, [opened("c1"), opened("c1", kind="usage_drop"), opened("c2", routes=["unassigned"])])


async def checked(database, content=FILE):
    async with database.reading() as session:
        return await check(session, read_list(content.encode()), "b-1", await directory(session))


async def test_each_line_is_checked_against_the_store(database, vault):
    await settle(database, vault)
    assert [(one.line.line, one.staff_id, one.line.fault) for one in await checked(database)] == [
        (2, "rm-2", None), (3, "rm-2", None), (4, None, "staff_elsewhere"), (5, None, "unknown_customer"),
        (6, None, "other_branch"), (7, None, "repeated"), (8, None, "no_customer"), (9, None, "staff_away"),
        (10, None, "unknown_staff"),
    ]  # fmt: skip


async def rows(database, entity):
    async with database.reading() as session:
        return list(await session.scalars(select(entity)))


async def imported(database, vault, lines, woken=None, **more):
    context = Context(Desk(), BUSINESS, vault)
    new = NewList(list_id="list-1", name="Autumn", branch_id="b-1", digest=digest_of(FILE.encode()), **more)
    return await import_list(database, MANAGER, new, lines, NOW, context, (set() if woken is None else woken).update)


async def test_customers_are_assigned_with_all_that_is_open_and_a_task(database, vault):
    await settle(database, vault)
    woken = set()
    assert await imported(database, vault, await checked(database), woken, due_at=NOW + DAY) == 9
    owners = {(row.customer_id, row.owner, row.owner_fixed) for row in await rows(database, Episode)}
    assert owners == {("c1", "rm:rm-2", True), ("c2", "rm:rm-2", True)}
    assert {(row.customer_id, row.staff_id, row.why, row.by) for row in await rows(database, Assignment)} == {
        ("c1", "rm-2", "list", "m-1"), ("c2", "rm-2", "list", "m-1")}  # fmt: skip
    assert {(row.customer_id, row.owner, row.due_at) for row in await rows(database, Task)} == {
        ("c1", "rm:rm-2", NOW + DAY), ("c2", "rm:rm-2", NOW + DAY)}  # fmt: skip
    assert {"rm-1", "rm-2"} <= woken
    kept = {row.line: (row.fault, row.task_id is not None) for row in await rows(database, ImportedRow)}
    assert kept[2] == (None, True)
    assert kept[5] == ("unknown_customer", False)
    assert [row.action for row in await rows(database, Action)].count("assign") == 2


async def test_imported_twice_or_interrupted_it_is_done_once(database, vault):
    await settle(database, vault)
    lines = await checked(database)
    async with database.reading() as session:
        assert await imported_before(session, digest_of(FILE.encode()), "b-1") is None
    assert await imported(database, vault, lines[:1]) == 1
    assert await imported(database, vault, lines) == 8
    assert await imported(database, vault, lines) == 0
    assert len(await rows(database, Assignment)) == 2
    async with database.reading() as session:
        assert (await imported_before(session, digest_of(FILE.encode()), "b-1")).list_id == "list-1"
        assert await imported_before(session, digest_of(FILE.encode()), "b-2") is None


async def test_a_branch_without_rms_says_so(database, vault):
    await settle(database, vault)
    async with database.transaction() as tx:
        for id_ in ("rm-1", "rm-2"):
            await put_staff(tx, staff(id_, time=NOW + 1, branch_id="b-1", status="left"))
    assert [one.line.fault for one in await checked(database, "customer_id\nc2\n")] == ["nobody"]


async def test_those_without_an_rm_are_divided_evenly(embedded, vault):
    await settle(embedded, vault)
    ids = [f"n{n}" for n in range(30)]
    random.Random(7).shuffle(ids)
    async with embedded.transaction() as tx:
        people = [customer(id_, branch_id="b-1", household_id="h" if id_ in ("n1", "n2") else None) for id_ in ids]
        await put_profiles(tx, [new_profile(one, vault, NOW) for one in people])
    given = {one.line.customer_id: one.staff_id for one in await checked(embedded, "customer_id\n" + "\n".join(ids))}
    assert given["n1"] == given["n2"]
    counts = [list(given.values()).count(id_) for id_ in ("rm-1", "rm-2")]
    assert sum(counts) == 30
    assert abs(counts[0] - counts[1]) <= 3


def test_every_fault_has_words_in_both_languages():
    for fault in FAULTS:
        assert words_of(fault, "zh") != words_of(fault, "en")

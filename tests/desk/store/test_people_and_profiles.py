"""Profiles, staff, positions and leases: what is older changes nothing, what is sealed is not readable."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select, text
from support.desk_rows import DAY, NOW, customer, staff

from stream.desk.store.repositories import positions as reading
from stream.desk.store.repositories.people import (
    directory,
    forget_staff,
    preference_of,
    put_preference,
    put_staff,
    set_staff,
)
from stream.desk.store.repositories.profiles import (
    find_customers,
    new_profile,
    products_of,
    profiles_by_id,
    put_profiles,
    relatives_of,
)
from stream.desk.store.tables import Profile, ProfileCircle
from stream.domain.events import Product

DEPOSIT = Product(product_id="p1", kind="deposit", amount=5_000_00, matures_on=dt.date(2026, 12, 1))


async def put(database, vault, *customers):
    async with database.transaction() as session:
        return await put_profiles(session, [new_profile(one, vault, NOW) for one in customers])


async def test_a_profile_is_kept_whole_and_its_name_sealed(database, vault):
    full = customer(
        tier="gold", class_="key", segment="affluent", industry="tea", rm_id="rm-1", branch_id="b-1", household_id="h",
        payroll_group_id="g", circle_ids=["k1", "k2", "k1"], credit_limit=100, debt_ratio=0.4, risk_grade="R2",
        in_business_since=dt.date(2001, 2, 3), litigation=True, no_retention_contact=True, language="zh",
        since=dt.date(2020, 1, 1), name="张伟", phone="+86 138-0000-1111", products=[DEPOSIT],
    )  # fmt: skip
    assert await put(database, vault, full) == {"c1"}
    async with database.reading() as session:
        row = (await profiles_by_id(session, ["c1", "none"]))["c1"]
        assert [(p.product_id, p.kind, p.amount, p.matures_on) for p in await products_of(session, "c1")] == [
            ("p1", "deposit", 5_000_00, dt.date(2026, 12, 1))]  # fmt: skip
        assert await session.scalar(select(func.count()).select_from(ProfileCircle)) == 2
        stored = str((await session.execute(text("SELECT * FROM profiles"))).mappings().one())
    assert (vault.open(row.name_sealed), vault.open(row.phone_sealed)) == ("张伟", "+86 138-0000-1111")
    assert "张伟" not in stored and "0000-1111" not in stored and "000-1" not in stored
    assert (row.class_, row.segment, row.in_business_since, row.no_retention_contact) == (
        "key", "affluent", dt.date(2001, 2, 3), True)  # fmt: skip


async def test_the_newest_profile_holds(database, vault):
    newer = customer(time=NOW + 1, name="B", products=[DEPOSIT])
    older = customer(time=NOW, name="A", products=[])
    assert await put(database, vault, newer, older) == {"c1"}
    assert await put(database, vault, older) == set()
    assert await put(database, vault) == set()
    async with database.reading() as session:
        row = (await profiles_by_id(session, ["c1"]))["c1"]
        assert len(await products_of(session, "c1")) == 1
    assert vault.open(row.name_sealed) == "B"


async def test_products_stay_where_a_record_does_not_speak_of_them(database, vault):
    await put(database, vault, customer(products=[DEPOSIT], circle_ids=["k"]))
    await put(database, vault, customer(time=NOW + 1))
    async with database.reading() as session:
        assert len(await products_of(session, "c1")) == 1
        assert await session.scalar(select(func.count()).select_from(ProfileCircle)) == 0
    await put(database, vault, customer(time=NOW + 2, products=[]))
    async with database.reading() as session:
        assert await products_of(session, "c1") == []


@pytest.mark.parametrize("typed", ["wang fang", "WangFang", "+8613800001111", "138 0000 1111", "c7", " c7 "])
async def test_a_customer_is_found_by_id_name_or_number(embedded, vault, typed):
    await put(embedded, vault, customer("c7", name="Wang Fang", phone="+86 138-0000-1111"), customer("c8", name="Wang"))
    async with embedded.reading() as session:
        assert await find_customers(session, typed, vault) == (["c7"] if typed != "138 0000 1111" else [])
        assert await find_customers(session, "", vault) == []


async def test_relatives_are_those_of_the_same_groups(database, vault):
    await put(
        database, vault, customer("a", household_id="h", circle_ids=["k"]), customer("b", household_id="h"),
        customer("c", circle_ids=["k", "l"], payroll_group_id="g"), customer("d", circle_ids=["l"]),
    )  # fmt: skip
    async with database.reading() as session:
        groups = await relatives_of(session, "a")
        assert {name: [row.customer_id for row in rows] for name, rows in groups.items()} == {
            "household": ["b"], "circle": ["c"]}  # fmt: skip
        assert await relatives_of(session, "nobody") == {}


async def test_many_profiles_at_once(database, vault):
    many = [customer(f"c{n}", products=[DEPOSIT], circle_ids=["k"]) for n in range(1200)]
    assert len(await put(database, vault, *many)) == 1200
    async with database.reading() as session:
        assert len(await profiles_by_id(session, [one.customer_id for one in many])) == 1200
        assert await session.scalar(select(func.count()).select_from(Profile)) == 1200


async def test_staff_follow_the_newest_news_and_keep_what_was_set(database):
    async with database.transaction() as session:
        await set_staff(session, "rm-1", role="manager", time_zone="Europe/Prague")
        assert await put_staff(session, staff(status="leave", deputy_id="rm-2", branch_id="b-1", manager_id="m"))
        assert not await put_staff(session, staff(time=NOW - 1))
        assert await put_staff(session, staff("rm-2", status="left", successor_ids=["rm-3", "rm-4"]))
        assert await put_staff(session, staff(None, status="merged", branch_id="b-1", into_branch_id="b-2"))
        assert not await put_staff(session, staff(None, time=NOW - 1, branch_id="b-1"))
    async with database.reading() as session:
        known = await directory(session)
    first = known.staff["rm-1"]
    assert (first.status, first.deputy_id, first.branch_id, first.manager_id) == ("leave", "rm-2", "b-1", "m")
    assert (first.role, first.time_zone) == ("manager", "Europe/Prague")
    assert known.staff["rm-2"].successor_ids == ["rm-3", "rm-4"]
    assert (known.branches["b-1"].status, known.branches["b-1"].into_branch_id) == ("merged", "b-2")


async def test_staff_who_are_taken_off_the_topic_are_gone(database):
    async with database.transaction() as session:
        await put_staff(session, staff())
        await put_staff(session, staff(None, branch_id="b-1"))
        await put_preference(session, "rm-1", NOW, language="en")
    async with database.transaction() as session:
        await forget_staff(session, "rm-1")
        await forget_staff(session, "b-1")
    async with database.reading() as session:
        known = await directory(session)
        assert await preference_of(session, "rm-1") is None
    assert (known.staff, known.branches) == ({}, {})


async def test_preferences_are_set_one_by_one(database):
    async with database.transaction() as session:
        await put_preference(session, "rm-1", NOW, language="en", quiet_from=1320)
        await put_preference(session, "rm-1", NOW + 1, quiet_from=None, quiet_to=420, channels=["mail"])
    async with database.reading() as session:
        row = await preference_of(session, "rm-1")
    assert (row.language, row.quiet_from, row.quiet_to, row.channels, row.updated_at) == (
        "en", None, 420, ["mail"], NOW + 1)  # fmt: skip


async def test_positions_go_forward_only(database):
    async with database.transaction() as session:
        await reading.move_positions(session, "desk", {("alerts", 0): 5, ("alerts", 1): 7}, NOW)
        await reading.move_positions(session, "desk", {("alerts", 0): 4, ("alerts", 1): 8}, NOW)
        await reading.move_positions(session, "desk", {}, NOW)
        await reading.move_positions(session, "other", {("alerts", 0): 1}, NOW)
    async with database.reading() as session:
        assert await reading.positions(session, "desk") == {("alerts", 0): 5, ("alerts", 1): 8}
    async with database.transaction() as session:
        await reading.reset_positions(session, "desk", "alerts")
        assert await reading.positions(session, "desk") == {}
        assert await reading.positions(session, "other") == {("alerts", 0): 1}


async def test_a_lease_has_one_holder(database):
    async def take(holder, now):
        async with database.transaction() as session:
            return await reading.take_lease(session, "outbox", holder, now, DAY)

    assert [await take("a", NOW), await take("b", NOW + 1), await take("a", NOW + 2)] == [True, False, True]
    assert [await take("b", NOW + 2 + DAY), await take("a", NOW + 3 + DAY)] == [True, False]
    async with database.transaction() as session:
        await reading.give_lease(session, "outbox", "a")
        await reading.give_lease(session, "outbox", "b")
    assert await take("a", NOW + 4)

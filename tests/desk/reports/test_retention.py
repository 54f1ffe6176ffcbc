"""The monthly report: months by the business's clocks, figures by what customers are, kept once they are closed."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from support.desk_push import BUSINESS
from support.desk_rows import DAY, NOW, customer, opened

from stream.desk.reports.closing import close, due, is_closed
from stream.desk.reports.month import Month
from stream.desk.reports.retention import retention
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.profiles import new_profile, put_profiles
from stream.desk.store.tables import Contact, Episode, Profile
from stream.domain.alerts import Rank
from stream.domain.business import Business
from stream.domain.events import Product
from stream.settings.desk_reports import Reports

SETTINGS = Reports()
NOVEMBER, OCTOBER = Month(2026, 11), Month(2026, 10)
IN_OCTOBER = NOW - 30 * DAY


@given(
    st.integers(1971, 2100), st.integers(1, 12), st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London"])
)
def test_months_follow_each_other_without_a_gap(year, month, zone):
    business, one = Business(ZoneInfo(zone)), Month(year, month)
    assert one.after.before == one.before.after == one
    assert one.period(business).until == one.after.period(business).since
    assert Month.at(one.period(business).since, business) == one
    assert Month.at(one.period(business).until - 1, business) == one
    assert Month.parse(str(one)) == one


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "26-01", "2026-11-01", "", "٢٠٢٦-١١", "2026-11\n"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match="2026-11"):
        Month.parse(text)


def warned(customer_id, class_="mass", value=100.0, time=NOW, **more):
    rank = Rank(value, "revenue_12m", 0.5, "rule", 0.4, class_, 1.0, False, 1.0)
    return opened(customer_id, time=time, rank=rank, **more)


def product(id_, kind, amount):
    return Product(product_id=id_, kind=kind, amount=amount)


async def settle(database, vault):
    """Three customers and one of another branch. October lost one; November two, one of them a key customer."""
    profiles = [
        customer("c1", segment="affluent", class_="key", rm_id="rm-1", branch_id="b-1",
                 products=[product("p1", "deposit", 100_00), product("p2", "mortgage", 900_00)]),
        customer("c2", segment="payroll", industry="food", rm_id="rm-1", branch_id="b-1",
                 products=[product("p3", "savings", 50_00)]),
        customer("c3", rm_id="rm-1", branch_id="b-1"),
        customer("z", segment="payroll", rm_id="rm-9", branch_id="b-2"),
    ]  # fmt: skip
    async with database.transaction() as tx:
        await put_profiles(tx, [new_profile(profile, vault, NOW) for profile in profiles])
        await take_alerts(tx, [
            warned("c1", "key", 900.0), warned("c1", "key", 500.0, kind="usage_drop"), warned("c2", value=70.0),
            warned("c3"), warned("z", branch_id="b-2"), warned("old", time=IN_OCTOBER, value=10.0),
        ])  # fmt: skip
        tx.add(
            Contact(
                contact_id="k", customer_id="c1", staff_id="rm-1", at=NOW, how="call", result="reached", source="desk"
            )
        )
    for ids, outcome, at in ((["c1", "z"], "lost", NOW), (["c2"], "saved", NOW), (["old"], "lost", IN_OCTOBER)):
        await answer(database, ids, outcome=outcome, outcome_at=at, loss_reason="price", reason_source="customer")


async def answer(database, ids, **values):
    async with database.transaction() as tx:
        await tx.execute(update(Episode).where(Episode.customer_id.in_(ids)).values(**values))


async def report(database, month=NOVEMBER, branch="b-1"):
    async with database.reading() as session:
        return await retention(session, month, branch, BUSINESS, SETTINGS)


def now(line):
    return {name: change.now for name, change in line.figures.items() if change.now}


async def test_a_month_against_the_month_before(database, vault):
    await settle(database, vault)
    found = await report(database)
    (all_,) = found.of("all")
    assert now(all_) == {"warned": 3, "contacted": 1, "saved": 1, "lost": 1, "saved_value": 70.0, "lost_value": 900.0,
                         "customers": 3, "deposits": 150_00, "loans": 900_00}  # fmt: skip
    assert (all_.figures["lost"].before, all_.figures["lost_value"].share) == (1, 89.0)
    assert all_.figures["customers"].before is None
    assert (all_.retained.now, all_.retained.before) == (pytest.approx(2 / 3), None)
    assert not found.closed


async def test_by_class_segment_industry_and_product(database, vault):
    await settle(database, vault)
    found = await report(database)
    assert {(line.value, line.figures["lost"].now, line.figures["customers"].now) for line in found.of("class")} == {
        ("key", 1, 1), ("mass", 0, 2)}  # fmt: skip
    assert {(line.value, line.figures["customers"].now) for line in found.of("segment")} == {
        ("affluent", 1), ("payroll", 1), ("unknown", 1)}  # fmt: skip
    assert {(line.value, line.figures["saved"].now) for line in found.of("industry")} == {("food", 1), ("unknown", 0)}
    assert {(line.value, line.figures["lost"].now, line.figures["deposits"].now, line.figures["loans"].now)
            for line in found.of("product")} == {("deposit", 1, 100_00, 0), ("mortgage", 1, 0, 900_00),
                                                 ("savings", 0, 50_00, 0)}  # fmt: skip


async def test_lost_against_key_customers(database, vault):
    await settle(database, vault)
    found = await report(database)
    assert [(one.customer_id, one.key, one.value, one.loss_reason, one.reason_source) for one in found.lost] == [
        ("c1", True, 900.0, "price", "customer")]  # fmt: skip
    assert (found.lost_key.now, found.lost_key.before, found.lost_key_value) == (1, 0, 900.0)
    house = await report(database, branch="")
    assert [one.customer_id for one in house.lost] == ["c1", "z"]


async def test_the_last_word_on_a_customer_counts(database, vault):
    await settle(database, vault)
    async with database.transaction() as tx:
        first = Episode.customer_id == "c1", Episode.kind == "balance_drop"
        await tx.execute(update(Episode).where(*first).values(outcome="saved", outcome_at=NOW + 1))
    found = await report(database)
    assert found.lost == []
    assert found.of("all")[0].figures["saved"].now == 2


async def test_a_closed_month_stays_as_it_was(database, vault):
    await settle(database, vault)
    assert await close(database, OCTOBER, BUSINESS, SETTINGS, NOW) == 3
    assert await close(database, NOVEMBER, BUSINESS, SETTINGS, NOW) == 3
    assert await close(database, NOVEMBER, BUSINESS, SETTINGS, NOW) == 0
    before = await report(database)
    async with database.transaction() as tx:
        await tx.execute(update(Profile).values(segment="corporate"))
    await answer(database, ["c2"], outcome="lost", outcome_at=NOW)
    after = await report(database)
    assert (after.closed, after.lines) == (True, before.lines)
    assert after.of("all")[0].figures["customers"].before == 3
    assert after.of("all")[0].retained.before == pytest.approx(2 / 3)
    async with database.reading() as session:
        assert await is_closed(session, NOVEMBER)
        assert not await is_closed(session, NOVEMBER.after)


async def test_an_empty_house_is_reported_and_closed_too(database):
    found = await report(database, branch="")
    assert [line.dimension for line in found.lines] == ["all"]
    assert found.of("all")[0].retained.now is None
    assert await close(database, OCTOBER, BUSINESS, SETTINGS, NOW) == 1
    assert await close(database, OCTOBER, BUSINESS, SETTINGS, NOW) == 0


def shanghai(text):
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at", "month"),
    [
        ("2026-11-30T23:59", OCTOBER),
        ("2026-12-01T02:59", None),
        ("2026-12-01T03:00", NOVEMBER),
        ("2026-12-31T23:00", NOVEMBER),
    ],
)
def test_a_month_is_closed_on_the_first_in_the_small_hours(at, month):
    assert due(shanghai(at), BUSINESS, SETTINGS) == month

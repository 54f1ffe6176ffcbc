"""A branch as its manager sees it: workload, times, outcomes, false alarms, relations."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from support.desk_rows import DAY, HOUR, NOW, customer, opened, staff

from stream.desk.reports.alarms import alarms
from stream.desk.reports.outcomes import outcomes
from stream.desk.reports.relations import relations
from stream.desk.reports.response import percentile, response
from stream.desk.reports.scope import Period, Scope
from stream.desk.reports.workload import workload
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.people import put_staff
from stream.desk.store.repositories.profiles import new_profile, put_profiles
from stream.desk.store.tables import Assignment, Contact, Episode
from stream.domain.alerts import Rank

ALWAYS = Period(0, NOW + DAY)
MINE, HOUSE = Scope(("b-1",)), Scope()


async def take(database, *items):
    async with database.transaction() as tx:
        await take_alerts(tx, items)


async def answer(database, customers, **values):
    async with database.transaction() as tx:
        await tx.execute(update(Episode).where(Episode.customer_id.in_(customers)).values(**values))


async def asked(database, query, *args):
    async with database.reading() as session:
        return await query(session, *args)


def of_rm_2(customer_id, **more):
    return opened(customer_id, rm_id="rm-2", routes=["rm:rm-2"], **more)


def elsewhere(customer_id):
    return opened(customer_id, branch_id="b-2", routes=["rm:rm-9"])


async def test_open_and_overdue_by_rm_the_most_overdue_first(database):
    late = NOW - 2 * HOUR
    await take(
        database,
        opened("a1", due=late), opened("a2", due=NOW + HOUR), opened("a1", kind="usage_drop", due=late - HOUR),
        of_rm_2("b1", due=late), of_rm_2("b2"), of_rm_2("b3", due=late), of_rm_2("b4", state="resolved"),
        elsewhere("z"),
    )  # fmt: skip
    await answer(database, ["b1"], acknowledged_at=NOW)
    await answer(database, ["b2"], held_by="budget")
    await answer(database, ["b3"], snoozed_until=NOW + DAY)
    one, two = await asked(database, workload, MINE, NOW)
    assert (one.owner, one.customers, one.open, one.new, one.overdue) == ("rm:rm-1", 2, 3, 3, 2)
    assert (one.oldest_overdue_at, one.value) == (late - HOUR, 2000.0)
    assert (two.owner, two.open, two.new, two.overdue, two.snoozed, two.held) == ("rm:rm-2", 2, 1, 0, 1, 1)
    assert two.oldest_overdue_at is None
    assert [line.owner for line in await asked(database, workload, HOUSE, NOW)] == ["rm:rm-1", "rm:rm-2", "rm:rm-9"]
    assert await asked(database, workload, Scope(("b-7",)), NOW) == []


async def test_time_from_warning_to_first_contact(database):
    await take(database, *(opened(f"a{n}", time=NOW - 10 * HOUR) for n in range(4)), of_rm_2("b1", time=NOW - DAY * 9))
    for n, hours in enumerate((1, 1.9, 7)):
        await answer(database, [f"a{n}"], first_contact_at=NOW + round((hours - 10) * HOUR), acknowledged_at=NOW)
    everybody, one = await asked(database, response, MINE, Period(NOW - DAY, NOW))
    assert (everybody.owner, everybody.warnings, one.owner, one.warnings) == ("", 4, "rm:rm-1", 4)
    assert (one.contacted, one.contacted_share, one.acknowledged) == (3, 0.75, 3)
    assert (one.contact_median_h, one.contact_p90_h, one.acknowledged_median_h) == (1, 7, 10)
    (nothing,) = await asked(database, response, Scope(("b-7",)), ALWAYS)
    assert (nothing.warnings, nothing.contacted_share, nothing.contact_median_h) == (0, 0.0, None)


@pytest.mark.parametrize(("share", "value"), [(0.01, 1), (0.25, 1), (0.5, 2), (0.51, 3), (1.0, 4)])
def test_a_percentile_is_of_the_nearest_rank(share, value):
    assert percentile({1: 1, 2: 1, 3: 1, 4: 1}, share) == value


def worth(value):
    return {"rank": Rank(value, "revenue_12m", 0.5, "rule", 0.4, "mass", 1.0, False, 1.0)}


async def test_saved_and_lost_by_reason_customers_and_rms_side_by_side(database):
    await take(
        database,
        *(opened(f"l{n}", **worth(100.0)) for n in range(5)), *(opened(f"s{n}", **worth(50.0)) for n in range(2)),
        opened("l0", kind="usage_drop", **worth(900.0)), opened("f"), elsewhere("z"),
    )  # fmt: skip
    for ids, source, reason in (
        (("l0", "l1"), "customer", "price"),
        (("l2",), "rm", "price"),
        (("l3",), "rm", "service"),
    ):
        await answer(database, ids, outcome="lost", outcome_at=NOW, loss_reason=reason, reason_source=source)
    await answer(database, ["l4", "z"], outcome="lost", outcome_at=NOW)
    await answer(database, ["s0", "s1"], outcome="saved", outcome_at=NOW)
    await answer(database, ["f"], outcome="false_alarm", outcome_at=NOW)
    found = await asked(database, outcomes, MINE, Period(NOW, NOW + 1))
    assert (found.saved, found.lost, found.saved_value, found.lost_value) == (2, 5, 100.0, 1300.0)
    assert found.saved_share == pytest.approx(2 / 7)
    assert [(line.reason, line.customer, line.rm, line.unsaid) for line in found.reasons] == [
        ("price", 2, 1, 0), ("", 0, 0, 1), ("service", 0, 1, 0)]  # fmt: skip
    by_kind = {line.kind: (line.saved, line.lost, line.false_alarm) for line in found.kinds}
    assert by_kind == {"balance_drop": (2, 5, 1), "usage_drop": (0, 1, 0)}
    nothing = await asked(database, outcomes, MINE, Period(0, NOW))
    assert (nothing.saved, nothing.lost, nothing.saved_share, nothing.reasons) == (0, 0, None, [])


async def test_the_share_of_false_alarms_by_kind(database):
    await take(database, *(opened(f"a{n}") for n in range(5)), *(opened(f"u{n}", kind="usage_drop") for n in range(2)))
    await answer(database, ["a0"], outcome="false_alarm", outcome_at=NOW)
    await answer(database, ["a1", "a2", "a3"], outcome="saved", outcome_at=NOW)
    first, second = await asked(database, alarms, MINE, ALWAYS)
    assert (first.kind, first.opened, first.judged, first.false_alarms, first.share) == ("balance_drop", 5, 4, 1, 0.25)
    assert (second.kind, second.opened, second.share) == ("usage_drop", 2, None)


async def test_health_and_contacts_by_rm(database, vault):
    async with database.transaction() as tx:
        for id_, branch in (("rm-1", "b-1"), ("rm-2", "b-1"), ("rm-9", "b-2")):
            await put_staff(tx, staff(id_, branch_id=branch))
        profiles = [customer(f"c{n}", rm_id="rm-1", branch_id="b-1") for n in range(3)]
        profiles.append(customer("z", rm_id="rm-9", branch_id="b-2"))
        await put_profiles(tx, [new_profile(profile, vault, NOW) for profile in profiles])
        tx.add(Assignment(customer_id="c2", staff_id="rm-2", why="list", by="m-1", at=NOW))
        for n, (who, result) in enumerate((("rm-1", "reached"), ("rm-1", "not_reached"), ("rm-9", "reached"))):
            tx.add(Contact(contact_id=f"k{n}", customer_id="c0", staff_id=who, at=NOW, how="call", result=result,
                           source="desk"))  # fmt: skip
    await take(
        database, opened("c0", health=40.0), opened("c0", kind="usage_drop", health=20.0), opened("c1", health=60.0)
    )
    one, two = await asked(database, relations, MINE, ALWAYS)
    assert (one.rm_id, one.customers, one.at_risk, one.health) == ("rm-1", 2, 2, 40.0)
    assert (one.contacts, one.reached, one.customers_contacted) == (2, 1, 1)
    assert (two.rm_id, two.customers, two.at_risk, two.health, two.contacts) == ("rm-2", 1, 0, None, 0)

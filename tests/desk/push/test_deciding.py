"""Who is bothered by what, and what waits: in the intake's transaction."""

from __future__ import annotations

import datetime as dt

import pytest
from support.desk_push import Office
from support.desk_rows import DAY, HOUR, NOW, opened, staff

NIGHT = NOW + 2 * HOUR  # 21:06 in Shanghai
MORNING = round(dt.datetime(2026, 11, 19, tzinfo=dt.UTC).timestamp() * 1000)  # 08:00


@pytest.fixture
async def office(database):
    office = Office(database, daily_budget=3)
    await office.hire()
    return office


def low(customer, **more):
    return opened(customer, severity="low", priority=4, **more)


def critical(customer, **more):
    return opened(customer, severity="critical", priority=1, **more)


async def test_a_warning_is_told_at_once_without_name_number_or_amount(office):
    assert await office.take(opened("c1")) == {"rm-1"}
    assert await office.pushes() == [("alert", "c1", True)]
    assert await office.last_data() == {"kind": "balance_drop", "severity": "high", "state": "opened", "priority": 2}
    assert await office.day() == [("2026-11-18", 1, 0, 0)]


async def test_told_once_although_it_comes_twice(office):
    await office.take(opened("c1"))
    assert await office.take(opened("c1")) == frozenset()
    assert await office.pushes() == [("alert", "c1", True)]


async def test_over_the_budget_the_best_of_a_batch_are_told_and_the_rest_waits_and_shows_it(office):
    await office.take(*(opened(f"c{n}", points=n) for n in range(6)))
    assert {customer for _, customer, _ in await office.told()} == {"c3", "c4", "c5"}
    assert await office.held() == [(f"c{n}", "budget", MORNING) for n in (2, 1, 0)]
    assert await office.shown_held() == {f"c{n}": "budget" for n in range(3)}
    assert await office.day() == [("2026-11-18", 3, 0, 3)]


async def test_small_matters_leave_room_for_graver_ones(office):
    await office.take(*(low(f"l{n}", points=9 - n) for n in range(4)))
    assert len(await office.told()) == 2  # half of three
    assert await office.take(opened("grave")) == {"rm-1"}
    assert [customer for customer, _, _ in await office.held()] == ["l2", "l3"]


async def test_the_critical_passes_a_spent_budget_and_the_night(office):
    await office.take(*(opened(f"c{n}") for n in range(3)))
    await office.take(critical("c9"))
    await office.take(critical("c10"), opened("c11"), now=NIGHT)
    assert [customer for _, customer, _ in await office.told()][3:] == ["c9", "c10"]
    assert await office.held() == [("c11", "quiet", MORNING)]
    assert await office.day() == [("2026-11-18", 3, 2, 1)]


async def test_the_night_is_that_of_the_persons_own_clocks(office):
    await office.prefer("rm-1", time_zone="Europe/London")  # 11:06 and 13:06 there
    await office.take(opened("c1"), now=NIGHT)
    assert await office.held() == []
    await office.prefer("rm-1", time_zone="Nowhere/Land", quiet_from=19 * 60, quiet_to=9 * 60)
    await office.take(opened("c2"))
    assert await office.held() == [("c2", "quiet", MORNING + HOUR)]


async def test_an_update_is_told_only_where_it_is_graver_than_all_before(office):
    await office.take(low("c1"))
    await office.take(low("c1", sequence=2, state="updated"))
    await office.take(opened("c1", sequence=3, state="updated"))
    await office.take(low("c1", sequence=4, state="updated"))
    await office.take(opened("c1", sequence=5, state="updated"))
    assert [event for event, _, _ in await office.pushes()] == ["alert", "change", "alert", "change", "change"]


async def test_acknowledged_is_quiet(office):
    await office.take(low("c1"))
    await office.acknowledge("c1")
    await office.take(critical("c1", sequence=2, state="updated"))
    assert (await office.pushes())[1:] == [("change", "c1", False)]


async def test_what_ends_while_it_waits_is_told_to_nobody(office):
    await office.take(opened("c1"), low("c2"), now=NIGHT)
    await office.take(opened("c1", sequence=2, state="resolved"), now=NIGHT + 1)
    assert await office.held() == [("c2", "quiet", MORNING)]
    assert await office.released() == {"c1": "ended"}
    assert await office.shown_held() == {"c2": "quiet"}
    assert await office.told() == []
    assert [customer for _, customer, _ in await office.pushes()] == ["c1", "c2", "c1"]


async def test_what_waits_and_becomes_critical_is_told_once(office):
    await office.take(low("c1"), now=NIGHT)
    await office.take(critical("c1", sequence=2, state="updated"), now=NIGHT)
    assert await office.held() == []
    assert await office.pushes() == [("change", "c1", False), ("alert", "c1", True)]
    assert await office.shown_held() == {}


async def test_what_is_held_back_still_shows_on_an_open_page_without_a_word(office):
    assert await office.take(opened("c1"), now=NIGHT) == {"rm-1"}
    assert await office.pushes() == [("change", "c1", False)]
    assert await office.held() == [("c1", "quiet", MORNING)]
    assert await office.day() == [("2026-11-18", 0, 0, 1)]


async def test_a_branchs_managers_watch_all_of_it_and_are_notified_of_nothing(office):
    await office.hire(
        staff("rm-1", branch_id="b-1", manager_id="lead"), staff(None, branch_id="b-1", manager_id="boss")
    )
    woken = await office.take(opened("c1"), opened("c2"), opened("c3", branch_id="b-2", routes=["rm:rm-9"]))
    assert woken == {"rm-1", "rm-9", "boss", "lead"}
    for manager in ("boss", "lead"):
        assert await office.pushes(manager) == [("change", None, False)]
        assert (await office.last_data(manager))["customers"] == ["c1", "c2"]
    assert await office.day("boss") == []


async def test_a_manager_who_is_told_of_a_warning_does_not_hear_of_it_twice(office):
    await office.hire(staff(None, branch_id="b-1", manager_id="boss"))
    await office.take(opened("c1", routes=["branch:b-1"]))
    assert await office.pushes("boss") == [("alert", "c1", True)]


async def test_much_at_once_is_one_change_that_names_nobody(office):
    await office.hire(staff(None, branch_id="b-1", manager_id="boss"))
    await office.take(*(opened(f"c{n}") for n in range(21)))
    assert await office.pushes("boss") == [("change", None, False)]
    assert (await office.last_data("boss"))["customers"] == []


async def test_a_branchs_warning_goes_to_its_manager_and_a_departments_to_nobody(office):
    await office.hire(staff("rm-2", branch_id="b-1"), staff(None, branch_id="b-1", manager_id="boss"))
    await office.take(opened("c1", routes=["branch:b-1", "fraud"]), opened("c2", routes=["unassigned"]))
    assert await office.told("boss") == [("alert", "c1", True)]
    assert (await office.told("rm-2")) == []
    assert await office.pushes() == []


async def test_without_a_manager_of_its_own_a_branch_is_its_peoples_managers_or_else_its_people(office):
    await office.hire(staff("rm-2", branch_id="b-1", manager_id="boss"), staff("rm-3", branch_id="b-2"))
    await office.take(opened("c1", routes=["branch:b-1"]), opened("c2", branch_id="b-2", routes=["branch:b-2"]))
    assert await office.pushes("boss") == [("alert", "c1", True)]
    assert await office.pushes("rm-2") == []
    assert await office.told("rm-3") == [("alert", "c2", True)]


async def test_the_budget_begins_anew_with_the_persons_day(office):
    await office.take(*(opened(f"c{n}") for n in range(4)))
    await office.take(opened("next"), now=NOW + DAY)
    assert ("alert", "next", True) in await office.pushes()
    assert await office.day() == [("2026-11-18", 3, 0, 1), ("2026-11-19", 1, 0, 0)]

"""Who may: every route with everybody, and how far somebody's reach goes."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from support.desk_may import EPISODE, EVERYBODY, MAY, NAMED
from support.desk_rows import DAY, HOUR, NOW, alert, arrived, staff

from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.people import put_staff
from stream.desk.store.tables import Assignment, Audit, Episode, EpisodeReceiver
from stream.desk.web.routes import TABLE
from stream.domain.alerts import episode_id


def test_the_table_above_knows_every_route():
    assert MAY.keys() == {route.name for route in TABLE}


def path_of(route):
    named = NAMED | ({"do": "snooze"} if route.name == "form-of-episode" else {})
    return route.path.format_map(named)


async def refused(browser, route):
    """Tell whether a request was kept out: by a page that leads to the sign-in, or by a status."""
    path = path_of(route)
    if route.method == "GET":
        answer = await browser.get(path)
    elif route.is_api:
        answer = await browser.send(path, {"action_id": "a", "episode_ids": [EPISODE], "do": "nothing"})
    else:
        answer = await browser.post(path, {"episode_ids": EPISODE, "do": "nothing", "staff_id": "rm-1"})
    location = answer.headers.get("Location", "")
    answer.close()
    assert answer.status != 500, route.name
    return answer.status in (401, 403, 404) or (answer.status == 303 and location.startswith("/sign-in?to="))


ENDS_SESSIONS = {"sign_out", "sign_in_as", "sign_in_link"}


@pytest.mark.parametrize("staff_id", sorted(EVERYBODY))
async def test_every_route_with_everybody(who, staff_id):
    kept_out, browser = set(), await who(staff_id)
    for route in TABLE:
        if await refused(browser, route):
            kept_out.add(route.name)
        if route.name in ENDS_SESSIONS:
            browser = await who(staff_id)
    assert kept_out == {name for name, allowed in MAY.items() if staff_id not in allowed}


async def test_who_is_kept_out_is_written_down(as_, town):
    browser = await as_("rm-3")
    assert (await browser.get("/customers/c1")).status == 404
    assert (await browser.get("/approvals")).status == 403
    async with town.database.reading() as session:
        rows = list(await session.scalars(select(Audit).where(Audit.allowed.is_(False)).order_by(Audit.id)))
    assert [(row.actor, row.act, row.object_id) for row in rows] == [("rm-3", "view", "c1"), ("rm-3", "list", None)]


async def test_a_bulk_request_is_refused_whole_when_one_is_not_theirs(as_, town):
    theirs, other = EPISODE, episode_id("c4", "balance_drop", 0, ("",))
    browser = await as_("rm-1")
    assert (await browser.post("/episodes/acknowledge", {"episode_ids": f"{theirs} {other}"})).status == 404
    async with town.database.reading() as session:
        assert (await session.get_one(Episode, theirs)).acknowledged_at is None


async def test_a_deputy_sees_the_customers_while_deputising_and_not_after(as_, town):
    deputy = await as_("rm-2")
    assert (await deputy.get("/customers/c1")).status == 404
    async with town.database.transaction() as tx:
        await put_staff(tx, staff("rm-1", time=NOW, status="leave", deputy_id="rm-2", branch_id="b-1"))
    assert "王小明" in await deputy.text("/customers/c1")
    async with town.database.transaction() as tx:
        await put_staff(tx, staff("rm-1", time=NOW + 1, status="active", deputy_id="rm-2", branch_id="b-1"))
    assert (await deputy.get("/customers/c1")).status == 404


async def test_an_assigned_customer_is_seen_by_the_new_one_and_no_longer_by_the_old(as_, town):
    async with town.database.transaction() as tx:
        tx.add(Assignment(customer_id="c3", staff_id="rm-1", instead_of="rm-2", why="handover", by="m-1", at=NOW))
        episode = await tx.get_one(Episode, episode_id("c3", "balance_drop", 0, ("",)))
        episode.owner, episode.owner_fixed = "rm:rm-1", True
    assert (await (await as_("rm-1")).get("/customers/c3")).status == 200
    assert (await (await as_("rm-2")).get("/customers/c3")).status == 404


async def test_an_assignment_that_is_over_gives_nothing(as_, town):
    async with town.database.transaction() as tx:
        tx.add(
            Assignment(
                customer_id="c4", staff_id="rm-1", instead_of="rm-3", why="leave", by="m-2", at=NOW - DAY, until=NOW - 1
            )
        )
    assert (await (await as_("rm-1")).get("/customers/c4")).status == 404


async def test_an_escalated_warning_is_seen_by_whom_it_was_escalated_to(as_, town):
    async with town.database.transaction() as tx:
        tx.add(
            EpisodeReceiver(
                episode_id=episode_id("c4", "balance_drop", 0, ("",)),
                receiver="rm:rm-1",
                why="escalation",
                since=NOW,
            )
        )
    browser = await as_("rm-1")
    assert (await browser.get("/customers/c4")).status == 200
    assert 'data-customer="c4"' in await browser.text("/")


async def test_a_warning_that_ended_long_ago_gives_no_more_reach(as_, town, clock):
    async with town.database.transaction() as tx:
        gone = alert("c7", time=NOW - HOUR)
        over = alert("c7", time=NOW, sequence=2, state="resolved")
        await take_alerts(tx, [arrived(gone), arrived(over)])
    assert (await (await as_("rm-1")).get("/customers/c7")).status == 200
    clock.now += 31 * DAY
    assert (await (await as_("rm-1")).get("/customers/c7")).status == 404


async def test_names_and_numbers_only_for_who_may_call(as_):
    mine = await (await as_("rm-1")).text("/customers/c1")
    audited = await (await as_("aud-1")).text("/customers/c1")
    assert "王小明" in mine
    assert "138 0013 8000" in mine
    assert "王小明" not in audited
    assert "138 0013 8000" not in audited
    assert "仅对可联系客户的人显示" in audited


async def test_an_auditor_is_offered_nothing_to_do(as_):
    browser = await as_("aud-1")
    for path in ("/", "/customers/c1", "/tasks", "/approvals"):
        page = await browser.text(path)
        assert "data-act" not in page
        assert '/acts"' not in page

"""Nothing is dropped: digests, room in the budget, and storms as one summary; whoever looks, and how often."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError
from support.desk_push import Office
from support.desk_rows import DAY, HOUR, NOW, opened
from support.until import until

from stream.desk.push.hub import Hub
from stream.desk.push.releasing import Releaser
from stream.desk.store.tables import Alert, Episode, Holdback, Push, PushDay, Storm

NIGHT = NOW + 2 * HOUR  # 21:06 in Shanghai
MORNING = round(dt.datetime(2026, 11, 19, tzinfo=dt.UTC).timestamp() * 1000)  # 08:00
MINUTE = 60_000


@pytest.fixture
async def office(database):
    office = Office(database, daily_budget=3)
    await office.hire()
    return office


async def test_after_the_night_comes_one_digest(office):
    await office.take(opened("c1"), opened("c2", severity="low", priority=4), now=NIGHT)
    assert await office.release(MORNING - 1) == frozenset()
    assert await office.release(MORNING) == {"rm-1"}
    assert await office.release(MORNING) == frozenset()
    assert await office.told() == [("digest", None, True)]
    assert await office.last_data() == {"episodes": 2, "severities": {"high": 1, "low": 1}, "priority": 2}
    assert await office.held() == []
    assert await office.shown_held() == {}
    assert await office.day() == [("2026-11-18", 0, 0, 2), ("2026-11-19", 1, 0, 0)]


async def test_what_was_answered_in_the_night_is_not_in_the_digest(office):
    await office.take(opened("c1"), now=NIGHT)
    await office.acknowledge("c1", at=NIGHT + 1)
    assert await office.release(MORNING) == frozenset()
    assert await office.released() == {"c1": "ended"}


async def test_quiet_hours_that_were_moved_meanwhile_are_obeyed(office):
    await office.take(opened("c1"), now=NIGHT)
    await office.prefer("rm-1", quiet_from=20 * 60, quiet_to=10 * 60)
    assert await office.release(MORNING) == frozenset()
    assert await office.held() == [("c1", "quiet", MORNING + 2 * HOUR)]
    assert await office.release(MORNING + 2 * HOUR) == {"rm-1"}


async def test_over_a_weekend_it_waits_for_monday(office):
    await office.take(opened("c1"), now=NOW + 3 * DAY)
    assert await office.held() == [("c1", "quiet", MORNING + 4 * DAY)]


async def test_what_is_answered_makes_room_for_the_best_that_waits_without_a_sound(office):
    await office.take(*(opened(f"c{n}", points=n) for n in range(6)))
    assert await office.release(NOW) == frozenset()
    await office.acknowledge("c5", "c4")
    assert await office.release(NOW) == {"rm-1"}
    assert await office.release(NOW) == frozenset()
    assert (await office.told())[3:] == [("alert", "c2", False), ("alert", "c1", False)]
    assert await office.held() == [("c0", "budget", MORNING)]
    assert await office.day() == [("2026-11-18", 3, 0, 3)]


async def test_what_found_no_room_comes_with_the_next_mornings_digest(office):
    await office.take(*(opened(f"c{n}", points=n) for n in range(5)))
    assert await office.release(MORNING) == {"rm-1"}
    assert (await office.told())[3:] == [("digest", None, True)]
    assert await office.released() == {"c0": "digest", "c1": "digest"}


async def test_room_is_looked_for_only_with_those_who_did_something(office):
    await office.take(*(opened(f"c{n}") for n in range(4)))
    await office.acknowledge("c0", "c1")
    assert await office.release(NOW, acted_since=NOW) == frozenset()
    assert await office.release(NOW) == {"rm-1"}


def stormy(n, **more):
    return opened(f"c{n}", storm_id="service_failure/2026-11-18", kind="service_failure", **more)


async def test_a_storm_is_one_notification_and_then_silent_summaries(office):
    await office.take(stormy(0))
    assert (await office.last_data())["episodes"] == 1
    for n in range(1, 5):
        await office.take(stormy(n))
    assert await office.told() == [("storm", None, True)]
    assert (await office.pushes())[1:] == [("change", None, False)] * 4  # an open page follows all the same
    assert (await office.last_data())["customers"] == ["c4"]
    assert await office.shown_held() == {f"c{n}": "storm" for n in range(1, 5)}
    assert await office.release(NOW + 9 * MINUTE) == frozenset()
    assert await office.release(NOW + 10 * MINUTE) == {"rm-1"}
    assert await office.release(NOW + 30 * MINUTE) == frozenset()
    assert (await office.told())[1:] == [("storm", None, False)]
    assert (await office.last_data())["episodes"] == 5
    assert await office.shown_held() == {}
    assert await office.day() == [("2026-11-18", 1, 0, 0)]


async def test_a_storm_at_night_waits_for_the_morning_unless_it_is_critical(office):
    await office.take(stormy(1), now=NIGHT)
    assert await office.release(NIGHT + HOUR) == frozenset()
    assert await office.release(MORNING) == {"rm-1"}
    await office.take(opened("x", storm_id="other/2026-11-18", severity="critical", priority=1), now=NIGHT + DAY)
    assert [event for event, _, _ in await office.told()] == ["storm", "storm"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.tuples(
            st.integers(1, 30 * 60),
            st.lists(st.tuples(st.integers(1, 4), st.integers(0, 99), st.booleans()), min_size=1, max_size=6),
        ),
        min_size=1,
        max_size=6,
    )
)
async def test_whatever_comes_when_each_is_told_or_in_a_digest_or_a_summary(embedded, batches):
    office = Office(embedded, daily_budget=4)
    async with embedded.transaction() as tx:
        for entity in (Push, PushDay, Holdback, Storm, Alert, Episode):
            await tx.execute(delete(entity))
    await office.hire()
    now, all_ = NOW, set()
    for number, (minutes, batch) in enumerate(batches):
        now += minutes * MINUTE
        await office.release(now)
        items = [
            opened(f"c{number}-{n}", priority=priority, points=float(points), storm_id=f"s{number}" if storm else None)
            for n, (priority, points, storm) in enumerate(batch)
        ]
        all_ |= {item.alert["customer_id"] for item in items}
        await office.take(*items, now=now)
    for hours in range(0, 5 * 24, 6):  # over the longest weekend
        await office.release(now + hours * HOUR)
    told = {customer for _, customer, _ in await office.told() if customer}
    released = await office.released()
    assert await office.held() == []
    assert await office.shown_held() == {}
    assert told | set(released) == all_
    assert set(released.values()) <= {"digest", "room", "summary"}
    for _, pushed, _, _ in await office.day():
        assert pushed <= 4 + 1 + len(batches)  # the budget, a digest, and one first summary a storm


async def test_the_releaser_goes_on_when_the_database_is_back_and_wakes_open_pages(embedded, monkeypatch):
    office = Office(embedded, release_every_s=0.01)
    await office.hire()
    await office.take(opened("c1"), now=NIGHT)
    tried, reading, woken = [], embedded.reading, set()

    @contextlib.asynccontextmanager
    async def away():
        tried.append(1)
        raise OperationalError("SELECT", {}, OSError("away"))
        yield

    monkeypatch.setattr(embedded, "reading", away)
    hub = Hub(embedded)
    monkeypatch.setattr(hub, "committed", woken.update)
    task = asyncio.create_task(Releaser(embedded, hub, office.rules, lambda: MORNING).run())
    await until(lambda: len(tried) >= 2)
    monkeypatch.setattr(embedded, "reading", reading)
    await until(lambda: woken == {"rm-1"})
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await office.told() == [("digest", None, True)]

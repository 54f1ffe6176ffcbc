"""News of the staff in the shard: every shard's own, after its own position, known again after a restart."""

from __future__ import annotations

import pytest
from support.harness import Harness
from support.lives.handover import staff
from support.timeline import at, records

from stream.domain.events import Staff
from stream.domain.staff import StaffBook, concerns
from stream.domain.state import Profile, State
from stream.engine.store import meta

NOON = at("2025-03-01 12:00")


def news(status, time=5, event_id=None, **who):
    return Staff(event_id=event_id or f"{status}{time}", time=time, status=status, **(who or {"staff_id": "s"}))


def opened(harness):
    return [a["customer_id"] for a in harness.alerts() if a["kind"] == "rm_handover" and a["state"] == "opened"]


def test_the_book_keeps_the_newest_and_says_whether_customers_are_concerned():
    known = StaffBook()
    told = [
        (news("active", 1), False),
        (news("leave", 2), True),
        (news("leave", 2), False),
        (news("left", 1), False),
        (news("active", 3), True),
        (news("active", 4), False),
        (news("closed", 4, branch_id="s"), True),
    ]
    assert [known.take(one) for one, _ in told] == [concerned for _, concerned in told]
    assert (known.person("s").status, known.branch("s").status) == ("active", "closed")
    known.forget("s")
    assert (known.person("s"), known.branch("s")) == (None, None)


def test_news_of_a_person_concerns_their_customers_and_of_a_branch_its_own():
    state = State(profile=Profile(rm_id="s", branch_id="b"))
    assert concerns(news("left"), state) and concerns(news("left", staff_id="s", branch_id="x"), state)
    assert concerns(news("closed", branch_id="b"), state)
    assert not concerns(news("left", staff_id="b"), state) and not concerns(news("closed", branch_id="s"), state)
    assert not concerns(news("left"), State())


@pytest.mark.parametrize("lose_store", [False, True])
async def test_after_a_restart_it_is_known_and_not_taken_again(harness, lose_store):
    await harness.handle(NOON.profile("c", rm_id="s"), staff(NOON.plus(days=1), staff_id="s", status="leave"))
    assert opened(harness) == ["c"]
    await harness.crash(lose_store=lose_store)
    await harness.open()
    assert harness.shard._world.staff.person("s").status == "leave"
    await harness.handle(staff(NOON.plus(days=2), staff_id="s", status="active"))
    assert [a["state"] for a in harness.alerts()] == ["opened", "resolved"]


async def test_news_of_years_ago_is_no_latency(harness):
    await harness.handle(NOON.profile("c", rm_id="s"))
    before = harness.counted("churnwatch_end_to_end_seconds_count")
    assert before >= 1
    await harness.handle(staff(NOON.plus(days=1), staff_id="s", status="leave"))
    assert harness.shard.peek("c") is not None
    assert harness.counted("churnwatch_end_to_end_seconds_count") == before


async def test_its_position_stands_with_the_shard_and_in_no_groups_offsets(harness):
    await harness.handle(NOON.profile("c", rm_id="s"), staff(NOON.plus(days=1), staff_id="s", status="left"))
    assert meta.decode(harness.store.get(meta.KEY)).positions["staff"] == 1
    assert harness.broker.committed == {("customers", 0): 1}
    assert harness.shard.stream_time == NOON.plus(days=1).time


async def test_a_crash_between_any_two_batches_tells_everybody_once(tmp_path):
    found = []
    for crash in (False, True):
        harness = Harness(tmp_path / str(crash), batch_events=1)
        lines = [NOON.profile(f"c{n}", rm_id="s") for n in range(4)]
        lines += [staff(NOON.plus(days=n), staff_id="s", status=what) for n, what in enumerate(("left", "active"), 1)]
        harness.feed(records(lines, NOON.plus(days=3).passes()))
        await harness.open()
        while await harness.drain(batches=1):
            if crash:
                await harness.crash(lose_store=True)
                await harness.open()
        found.append((harness.states(), [a["alert_id"] for a in harness.alerts()]))
        await harness.crash()
    assert found[0] == found[1] and len(found[0][1]) == 8


async def test_no_other_news_is_kept_waiting_for_the_staffs(harness):
    await harness.handle(NOON.balance("c", 5))
    assert harness.shard.positions["balances"] == 1


async def test_what_the_shard_has_learnt_survives_a_restart(harness):
    harness.shard._world.top_value.add(700)
    await harness.handle(NOON.balance("c", 5))
    await harness.crash(lose_store=True)
    await harness.open()
    assert harness.shard._world.top_value.value() == 700
    written = len([r for r in harness.written("state-changelog") if r.key == meta.WORLD])
    await harness.handle(NOON.plus(hours=1).balance("c", 6))
    assert len([r for r in harness.written("state-changelog") if r.key == meta.WORLD]) == written == 1


async def test_the_store_is_sieved_in_turns(harness, monkeypatch):
    monkeypatch.setattr("stream.engine.store.states._LOOKED_AT", 2)
    await harness.handle([NOON.profile(f"c{n}", rm_id="s" if n % 2 else "t") for n in range(9)])
    await harness.handle(staff(NOON.plus(days=1), staff_id="s", status="left"))
    assert opened(harness) == ["c1", "c3", "c5", "c7"]

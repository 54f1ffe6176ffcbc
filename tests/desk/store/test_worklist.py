"""The worklist: cards by rank, with filter, search, order and page; the same on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Integer, cast, func, insert, text, update
from sqlalchemy.dialects import sqlite
from support.desk_rows import DAY, HOUR, NOW, alert, customer, opened

from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.profiles import new_profile, put_profiles
from stream.desk.store.repositories.wanted import WINDOW
from stream.desk.store.repositories.worklist import WorklistQuery, page_statement, worklist, worklist_counts
from stream.desk.store.tables import Episode, EpisodeReceiver
from stream.domain.alerts import Rank
from stream.domain.events import Product

MINE = ("rm:rm-1",)


async def fill(database, *alerts):
    async with database.transaction() as session:
        await take_alerts(session, alerts)


async def change(database, customer_id, **values):
    async with database.transaction() as session:
        await session.execute(update(Episode).where(Episode.customer_id == customer_id).values(**values))


async def ask(database, now=NOW, **query):
    async with database.reading() as session:
        return await worklist(session, WorklistQuery(**({"receivers": MINE} | query)), now)


async def customers(database, **query):
    return [card.customer_id for card in (await ask(database, **query)).cards]


async def test_a_card_merges_a_customers_episodes_by_rank(database):
    await fill(
        database,
        opened("a", points=10, due=NOW + DAY),
        opened("a", kind="salary_stopped", points=90, priority=3, due=NOW + HOUR),
        opened("b", points=50, priority=1),
        opened("c", points=60, priority=2),
        opened("d", points=60, priority=2, routes=["rm:rm-2"]),
    )
    page = await ask(database)
    assert [card.customer_id for card in page.cards] == ["b", "a", "c"]
    assert page.total == 3
    card = page.cards[1]
    assert (card.priority, card.points, card.due_at) == (2, 90, NOW + HOUR)
    assert [episode.kind for episode in card.episodes] == ["balance_drop", "salary_stopped"]


async def test_pages_follow_each_other_without_gap_or_double(database):
    await fill(database, *(opened(f"c{n:03}", points=n % 7, priority=1 + n % 3) for n in range(103)))
    pages = [await ask(database, limit=25, offset=start) for start in range(0, 125, 25)]
    seen = [card.customer_id for page in pages for card in page.cards]
    assert len(seen) == len(set(seen)) == 103
    assert [page.total for page in pages] == [103] * 5
    assert seen == [card.customer_id for card in (await ask(database, limit=200)).cards]
    assert (await ask(database, offset=500)).cards == ()


async def test_what_ended_or_sleeps_is_not_on_it(database):
    await fill(database, *(opened(name) for name in ("open", "snoozed", "acked", "held", "late")))
    await fill(database, opened("ended"), opened("ended", sequence=2, state="resolved"))
    await change(database, "snoozed", snoozed_until=NOW + HOUR)
    await change(database, "acked", acknowledged_at=NOW, snoozed_until=NOW - HOUR)
    await change(database, "held", held_by="budget")
    await change(database, "late", due_at=NOW - 1)
    told = {
        "open": ["acked", "held", "late", "open"],
        "new": ["held", "late", "open"],
        "acknowledged": ["acked"],
        "overdue": ["late"],
        "snoozed": ["snoozed"],
        "held": ["held"],
        "ended": ["ended"],
    }
    for status, names in told.items():
        assert await customers(database, status=status) == names, status
    assert "snoozed" in await customers(database, now=NOW + HOUR)
    async with database.reading() as session:
        counts = await worklist_counts(session, WorklistQuery(receivers=MINE), NOW)
    assert counts == {name: len(told[name]) for name in counts}
    assert set(counts) == set(told) - {"ended"}


async def test_it_holds_what_one_owns_and_what_one_was_given_a_look_at(database):
    await fill(
        database, opened("mine"), opened("theirs", routes=["rm:rm-2"]), opened("both", routes=["rm:rm-1", "fraud"]),
        opened("queue", routes=["branch:b-1"]), opened("fraud", routes=["rm:rm-2", "fraud"]),
    )  # fmt: skip
    assert await customers(database) == ["both", "mine"]
    assert await customers(database, receivers=("rm:rm-1", "branch:b-1")) == ["both", "mine", "queue"]
    assert await customers(database, receivers=("fraud",)) == ["both", "fraud"]
    async with database.transaction() as session:
        row = {"episode_id": alert("theirs").episode_id, "receiver": "rm:rm-1", "why": "escalation", "since": NOW}
        await session.execute(insert(EpisodeReceiver).values(row))
    page = await ask(database)
    assert [card.customer_id for card in page.cards] == ["both", "mine", "theirs"]
    assert page.total == 3


async def test_who_sees_the_whole_house_sees_the_first_ones_and_is_told_that_there_are_more(database):
    count = WINDOW + 50
    alerts = [opened(f"c{n:04}", points=n, priority=1 + n % 4, routes=[f"rm:{n % 7}"]) for n in range(count)]
    await fill(database, *alerts)
    await change(database, "c0004", snoozed_until=NOW + HOUR)
    ranked = sorted((n for n in range(count) if n != 4), key=lambda n: (1 + n % 4, -n))
    first = await ask(database, receivers=(), limit=30)
    assert [card.customer_id for card in first.cards] == [f"c{n:04}" for n in ranked[:30]]
    assert (first.total, first.more) == (WINDOW, True)
    last = await ask(database, receivers=(), limit=30, offset=WINDOW - 30)
    assert [card.customer_id for card in last.cards] == [f"c{n:04}" for n in ranked[WINDOW - 30 : WINDOW]]
    assert (await ask(database, receivers=(), offset=WINDOW)).cards == ()
    some = await ask(database, receivers=(), priorities=(4,))
    assert (some.total, some.more) == (len([n for n in ranked if n % 4 == 3]), False)
    whole = await ask(database, receivers=(), limit=WINDOW)
    assert (whole.total, whole.more) == (count - 1, False), "an export looks at more"
    async with database.reading() as session:
        counts = await worklist_counts(session, WorklistQuery(), NOW)
    assert counts["open"] + counts["snoozed"] == WINDOW


@pytest.mark.parametrize("order", ["due", "newest", "value"])
async def test_the_window_of_an_order_begins_with_what_it_asks_for_and_ends_with_what_has_none(database, order):
    alerts = [opened(f"c{n:04}", time=NOW - n, due=NOW + n, rank=None) for n in range(WINDOW)]
    await fill(database, *alerts, opened("none", time=NOW - DAY, rank=None))
    async with database.transaction() as session:
        value = WINDOW - cast(func.substr(Episode.customer_id, 2), Integer)
        await session.execute(update(Episode).where(Episode.customer_id != "none").values(value=value))
    names = await customers(database, receivers=(), order=order, limit=30)
    assert names == [f"c{n:04}" for n in range(30)]
    whole = await ask(database, receivers=(), order=order, limit=WINDOW)
    assert whole.total == WINDOW + 1
    rest = await ask(database, receivers=(), order=order, limit=WINDOW, offset=WINDOW)
    assert [card.customer_id for card in rest.cards] == ["none"]


async def test_of_the_ended_ones_the_newest_are_shown(database):
    count = WINDOW + 20
    await fill(database, *(opened(f"c{n:04}", state="resolved", time=NOW + n) for n in range(count)))
    for query in ({}, {"receivers": ()}, {"receivers": (), "branch_ids": ("b-1",)}, {"branch_ids": ("b-1",)}):
        page = await ask(database, status="ended", limit=WINDOW // 10, **query)
        assert (page.total, page.more) == (WINDOW, True), query
        names = {card.customer_id for card in page.cards}
        assert names <= {f"c{n:04}" for n in range(20, count)}
        assert all(len(card.episodes) == 1 for card in page.cards)


async def test_a_search_of_the_whole_house_finds_ids_as_they_are_written(database, vault):
    await fill(database, *(opened(name) for name in ("ab", "abc", "ABC", "a_c", "b", "ü1", "ü2")))
    await fill(database, opened("ended"), opened("ended", sequence=2, state="resolved"))
    for typed, names in {"ab": {"ab", "abc"}, "a_": {"a_c"}, "ü": {"ü1", "ü2"}, "%": set(), "end": set()}.items():
        for whose in ((), MINE):
            found = await ask(database, receivers=whose, search=typed, digests=tuple(vault.indexes(typed)))
            assert {card.customer_id for card in found.cards} == names, (typed, whose)
    async with database.reading() as session:
        counts = await worklist_counts(session, WorklistQuery(search="ab", digests=tuple(vault.indexes("ab"))), NOW)
    assert counts["open"] == 2


async def test_a_branch_is_seen_whole_or_by_one_of_its_people(database):
    await fill(
        database, opened("a", routes=["rm:rm-1"]), opened("b", routes=["rm:rm-2"]), opened("q", routes=["branch:b-1"]),
        opened("x", branch_id="b-2", routes=["rm:rm-3"]),
    )  # fmt: skip
    branch = {"receivers": (), "branch_ids": ("b-1",)}
    assert await customers(database, **branch) == ["a", "b", "q"]
    assert await customers(database, **branch, owners=("rm:rm-2",)) == ["b"]
    assert await customers(database, receivers=("rm:rm-3",), branch_ids=("b-1",)) == ["a", "b", "q", "x"]
    assert await customers(database, receivers=()) == ["a", "b", "q", "x"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"kinds": ("salary_stopped",)}, ["b"]),
        ({"severities": ("critical", "low")}, ["a", "c"]),
        ({"priorities": (3,)}, ["c"]),
        ({"classes": ("mass",)}, ["a", "b", "c"]),
        ({"classes": ("key",)}, []),
        ({"customer_ids": ("b", "none")}, ["b"]),
        ({"tiers": ("gold",)}, ["a", "b"]),
        ({"tiers": ("gold",), "segments": ("payroll",)}, ["b"]),
        ({"industries": ("tea",)}, ["c"]),
        ({"products": ("mortgage", "deposit")}, ["a", "b"]),
        ({"storm_id": "s/1"}, ["c"]),
        ({"search": "b"}, ["b"]),
        ({"search": "%"}, []),
    ],
)
async def test_filters(database, vault, query, names):
    await fill(
        database, opened("a", severity="critical"), opened("b", kind="salary_stopped"),
        opened("c", severity="low", priority=3, storm_id="s/1"),
    )  # fmt: skip
    async with database.transaction() as session:
        profiles = [
            customer("a", tier="gold", products=[Product(product_id="1", kind="mortgage")]),
            customer("b", tier="gold", segment="payroll", products=[Product(product_id="2", kind="deposit")]),
            customer("c", tier="basic", industry="tea", segment="payroll"),
        ]
        await put_profiles(session, [new_profile(one, vault, NOW) for one in profiles])
    assert await customers(database, **query) == names


async def test_a_name_or_an_id_is_searched_for(database, vault):
    await fill(database, opened("a-1"), opened("b-1"))
    async with database.transaction() as session:
        one = customer("b-1", name="Wang Fang", phone="13800001111")
        await put_profiles(session, [new_profile(one, vault, NOW)])
    for typed, names in {"wang fang": ["b-1"], "138 0000 1111": ["b-1"], "a-": ["a-1"], "fang": []}.items():
        assert await customers(database, search=typed, digests=tuple(vault.indexes(typed))) == names, typed


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("rank", ["b", "c", "a"]),
        ("due", ["a", "b", "c"]),
        ("newest", ["c", "b", "a"]),
        ("value", ["a", "c", "b"]),
    ],
)
async def test_orders(database, order, names):
    valued = Rank(9.0, "assets", 0.5, "rule", 0.4, "mass", 1.0, False, 100.0)
    await fill(
        database,
        opened("a", priority=3, due=NOW, rank=valued),
        opened("b", priority=1, due=NOW + 1, time=NOW + 1, rank=None),
        opened("c", priority=2, time=NOW + 2, rank=None),
    )
    await change(database, "c", value=5.0)
    assert await customers(database, order=order) == names


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (WorklistQuery(receivers=MINE), "COVERING INDEX ix_episodes_worklist (owner=?)"),
        (WorklistQuery(receivers=("rm:rm-1", "branch:b-1")), "COVERING INDEX ix_episodes_worklist (owner=?)"),
        (WorklistQuery(receivers=MINE, status="ended"), "INDEX ix_episodes_ended_owner (owner=?"),
        (WorklistQuery(branch_ids=("b-1",)), "COVERING INDEX ix_episodes_branch (branch_id=?)"),
        (WorklistQuery(receivers=MINE, branch_ids=("b-1",)), "COVERING INDEX ix_episodes_branch (branch_id=?)"),
        (WorklistQuery(branch_ids=("b-1",), status="ended"), "INDEX ix_episodes_ended_branch (branch_id=?"),
        (WorklistQuery(search="c-1"), "INDEX ix_episodes_customer_id_opened_at (customer_id>? AND customer_id<?)"),
        (WorklistQuery(order="due"), "INDEX ix_episodes_due (due_at>?)"),
        (WorklistQuery(order="value"), "INDEX ix_episodes_value (value>?)"),
        (WorklistQuery(status="ended"), "INDEX ix_episodes_ended_at (ended_at>?)"),
    ],
)
async def test_no_question_of_an_rm_or_a_manager_reads_all_episodes(embedded, query, index):
    sql = str(page_statement(query, NOW).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    async with embedded.reading() as session:
        plan = [row[3] for row in await session.execute(text("EXPLAIN QUERY PLAN " + sql.replace(":", "\\:")))]
    assert any(index in line for line in plan), plan
    assert not any(line.startswith("SCAN episodes") for line in plan), plan


@pytest.mark.parametrize("analysed", [False, True])
async def test_the_whole_house_is_walked_by_rank_and_an_rms_list_is_not_led_astray_by_statistics(embedded, analysed):
    await fill(embedded, *(opened(f"c{n}", points=n) for n in range(50)))
    await fill(embedded, *(opened(f"e{n}", state="resolved", time=NOW + n) for n in range(50)))
    async with embedded.transaction() as session:
        await session.execute(text("ANALYZE" if analysed else "SELECT 1"))
    whole, mine = await _plan(embedded, WorklistQuery()), await _plan(embedded, WorklistQuery(receivers=(*MINE, "b")))
    assert "SCAN episodes USING COVERING INDEX ix_episodes_house" in whole
    assert any("COVERING INDEX ix_episodes_worklist (owner=?)" in line for line in mine), mine


async def _plan(embedded, query) -> list[str]:
    sql = str(page_statement(query, NOW).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    async with embedded.reading() as session:
        return [row[3] for row in await session.execute(text("EXPLAIN QUERY PLAN " + sql.replace(":", "\\:")))]

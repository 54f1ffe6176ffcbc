"""Answers given on the page and by the API, and what becomes of them."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from support.desk_rows import DAY, NOW

from stream.desk.store.tables import Approval, Audit, Contact, Episode, Note, Outbox, Referral, Task
from stream.domain.alerts import episode_id

EPISODE = episode_id("c1", "balance_drop", 0, ("",))
SECOND = episode_id("c1", "contact_gap", 0, ("",))
ACTS = f"/episodes/{EPISODE}/acts"
BY_PAGE = {"HX-Request": "true"}


async def row(town, entity, key):
    async with town.database.reading() as session:
        return await session.get_one(entity, key)


async def all_of(town, entity):
    async with town.database.reading() as session:
        return list(await session.scalars(select(entity)))


async def test_acknowledge_on_the_card(as_, town):
    browser = await as_("rm-1")
    answer = await browser.post(ACTS, {"do": "acknowledge", "back": "card", "status": "open"}, headers=BY_PAGE)
    card = await answer.text()
    assert answer.status == 200
    assert "已确认" in card
    assert "desk:said" in answer.headers["HX-Trigger"]
    assert (await row(town, Episode, EPISODE)).acknowledged_by == "rm-1"
    assert {message.topic for message in await all_of(town, Outbox)} == {"feedback", "alerts"}


async def test_a_card_goes_from_the_list_that_it_no_longer_belongs_to(who):
    browser = await who("rm-1")
    second = episode_id("c2", "serious_complaint", 0, ("",))
    form = {"do": "acknowledge", "back": "card", "status": "new"}
    answer = await browser.post(f"/episodes/{second}/acts", form, headers=BY_PAGE)
    assert "data-customer" not in await answer.text()


async def test_without_scripts_one_lands_on_the_customers_page(who):
    browser = await who("rm-1")
    answer = await browser.post(ACTS, {"do": "acknowledge", "back": "customer"})
    assert answer.headers["Location"] == "/customers/c1?done=acknowledge"
    assert "已确认，不再升级。" in await browser.text(answer.headers["Location"])


async def test_sent_twice_it_is_done_once(as_, town):
    browser = await as_("rm-1")
    for _ in range(2):
        answer = await browser.post(ACTS, {"do": "acknowledge", "action_id": "once", "back": "customer"})
        assert answer.status == 303
    assert len([message for message in await all_of(town, Outbox) if message.topic == "feedback"]) == 1


@pytest.mark.parametrize(
    ("form", "until"), [({"preset": str(NOW + DAY)}, NOW + DAY), ({"preset": "own", "until": "2026-11-20T09:00"}, None)]
)
async def test_snooze_until_a_preset_or_a_local_time(who, small, form, until):
    browser = await who("rm-1")
    answer = await browser.post(ACTS, {"do": "snooze", "why": "customer_asked", **form})
    assert answer.status == 303, await answer.text()
    row_ = await row(small, Episode, EPISODE)
    assert row_.snoozed_until == (until or 1_795_136_400_000)  # 09:00 in Shanghai
    assert row_.snooze_reason == "customer_asked"


async def test_a_loss_with_its_reason_and_who_says_so(as_, town):
    browser = await as_("rm-1")
    form = {"do": "outcome", "outcome": "lost", "loss_reason": "price", "reason_source": "customer", "note": "<b>x"}
    assert (await browser.post(ACTS, form)).status == 303
    ended = await row(town, Episode, EPISODE)
    assert (ended.outcome, ended.loss_reason, ended.reason_source) == ("lost", "price", "customer")
    tasks = [task for task in await all_of(town, Task) if task.kind == "win_back_call"]
    assert len(tasks) == 2
    page = await browser.text("/customers/c1")
    assert "已流失" in page
    assert "价格 · 客户所述" in page
    assert "&lt;b&gt;x" in page


async def test_a_loss_without_a_reason_is_refused_in_words(who, small):
    browser = await who("rm-1")
    answer = await browser.post(ACTS, {"do": "outcome", "outcome": "lost"}, headers=BY_PAGE)
    assert answer.status == 409
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert await answer.text()
    assert (await row(small, Episode, EPISODE)).outcome is None
    assert await all_of(small, Outbox) == []


async def test_not_worth_keeping_asks_a_manager_who_decides_on_the_page(as_, town):
    rm, manager = await as_("rm-1"), await as_("m-1")
    answer = await rm.post(ACTS, {"do": "outcome", "outcome": "not_worth_keeping"})
    assert answer.headers["Location"] == "/customers/c1?done=asked"
    assert (await row(town, Episode, EPISODE)).outcome is None
    (asked,) = [row_ for row_ in await all_of(town, Approval) if row_.episode_id == EPISODE]
    assert asked.approval_id in await manager.text("/approvals")
    path = f"/approvals/{asked.approval_id}/acts"
    answer = await manager.post(path, {"do": "approve", "back": "approvals", "why": "ok"})
    assert answer.headers["Location"] == "/approvals?done=approve"
    assert (await row(town, Episode, EPISODE)).outcome == "not_worth_keeping"


async def test_contact_note_task_and_referral(as_, town):
    browser = await as_("rm-1")
    path = "/customers/c1/acts"
    for form in (
        {"do": "contact", "how": "call", "result": "reached"},
        {"do": "note", "text": "<i>rate</i> of the other bank: 2.1"},
        {"do": "add_task", "kind": "follow_up", "due_at": "2026-11-25T10:00"},
    ):
        assert (await browser.post(path, form)).status == 303, form
    assert (await browser.post(ACTS, {"do": "refer", "department": "fraud", "reason": "odd"})).status == 303
    assert [(row_.how, row_.result) for row_ in await all_of(town, Contact)] == [("call", "reached")]
    assert len(await all_of(town, Note)) == 1
    assert len(await all_of(town, Referral)) == 2
    page = await browser.text("/customers/c1")
    assert "&lt;i&gt;rate&lt;/i&gt;" in page
    assert "回访" in page
    assert "反欺诈" in page
    assert "contacts" in {message.topic for message in await all_of(town, Outbox)}


async def test_a_customer_handed_over_is_the_colleagues(as_):
    mine, colleague = await as_("rm-1"), await as_("rm-2")
    assert "rm-2" in await mine.text("/customers/c1/form/handover")
    answer = await mine.post("/customers/c1/acts", {"do": "handover", "to": "rm-2", "why": "on leave"})
    assert answer.status == 303, await answer.text()
    assert (await colleague.get("/customers/c1")).status == 200
    assert (await mine.get("/customers/c1")).status == 404


async def test_a_task_is_finished(as_, town):
    browser = await as_("rm-1")
    assert "李静" in await browser.text("/tasks")
    answer = await browser.post("/tasks/t1/acts", {"do": "finish_task", "back": "tasks", "result": "ok"})
    assert answer.headers["Location"] == "/tasks?done=finish_task"
    assert (await row(town, Task, "t1")).done_by == "rm-1"
    assert "李静" not in await browser.text("/tasks")


async def test_bulk_acknowledge_takes_all_that_is_ticked(as_, town):
    browser = await as_("rm-1")
    other = episode_id("c2", "serious_complaint", 0, ("",))
    form = {"episode_ids": [f"{EPISODE} {SECOND}", other], "action_id": "bulk-1"}
    answer = await browser.post("/episodes/acknowledge", form)
    assert answer.status == 303
    taken = [(await row(town, Episode, id_)).acknowledged_by for id_ in (EPISODE, SECOND, other)]
    assert taken == ["rm-1"] * 3
    assert (await browser.post("/episodes/acknowledge", {"action_id": "x"})).status == 400


async def test_what_the_path_names_goes_before_what_the_body_says(who, small):
    other = episode_id("c4", "balance_drop", 0, ("",))
    browser = await who("rm-1")
    body = {"do": "acknowledge", "action_id": "a1", "episode_id": other}
    assert (await browser.send(f"/api/v1/episodes/{EPISODE}/acts", body)).status == 200
    assert (await row(small, Episode, other)).acknowledged_at is None
    assert (await row(small, Episode, EPISODE)).acknowledged_at is not None


async def test_the_api_answers_with_what_came_of_it(as_):
    browser = await as_("rm-1")
    path = f"/api/v1/episodes/{EPISODE}/acts"
    done = await (await browser.send(path, {"do": "acknowledge", "action_id": "a1", "version": 0})).json()
    assert done == {"action_id": "a1", "repeated": False, "version": 1, "approval_id": None, "task_ids": []}
    late = await browser.send(path, {"do": "snooze", "action_id": "a2", "version": 0, "until": NOW + DAY, "why": "x"})
    assert late.status == 409
    faulty = await browser.send(path, {"do": "snooze", "action_id": "a3"})
    assert faulty.status == 400
    assert "until" in (await faulty.json())["detail"]


async def test_an_act_is_written_down_with_whence(as_, town):
    browser = await as_("rm-1")
    await browser.post(ACTS, {"do": "acknowledge"})
    async with town.database.reading() as session:
        (entry,) = await session.scalars(select(Audit).where(Audit.act == "ack"))
    assert (entry.actor, entry.episode_id, entry.address) == ("rm-1", EPISODE, "127.0.0.1")
    assert entry.request_id


async def test_the_export_of_a_referral_holds_figures_and_no_name(who):
    text = await (await who("rm-1")).text("/referrals/f1.csv")
    assert EPISODE in text
    assert "fraud" in text
    assert "王小明" not in text
    assert "138 0013" not in text

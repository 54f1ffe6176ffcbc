"""What somebody sets for themselves: language, hours, budget, and where else they are told."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from support.desk_rows import NOW, opened
from support.desk_web import Browser, Clock, served, settings, site

from stream.desk.push.deciding import decide
from stream.desk.push.habits import Rules
from stream.desk.push.metrics import PushMetrics
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.people import preference_of
from stream.desk.store.tables import Notice
from stream.engine.assemble import business

OUTSIDE = {
    "mail": {"host": "127.0.0.1", "security": "none"},
    "bots": {
        "own": {"style": "wecom", "url": "https://chat.example/send?key=k"},
        "fraud": {"style": "dingtalk", "url": "https://chat.example/send?key=k", "routes": ("fraud",)},
    },
}


@pytest.fixture
async def desk(small, embedded, vault, workers):
    made = site(embedded, vault, Clock(), workers, settings(notify=OUTSIDE))
    server = served(made)
    await server.start_server()
    browser = await Browser(server).sign_in("rm-1")
    yield made, browser
    await browser.client.session.close()
    await server.close()


async def kept(made):
    async with made.database.reading() as session:
        return await preference_of(session, "rm-1")


async def test_what_is_chosen_is_kept_sealed_and_shown_to_who_chose_it(desk, vault):
    made, browser = desk
    form = {
        "language": "en",
        "quiet_from": "21:30",
        "quiet_to": "07:00",
        "daily_budget": "5",
        "time_zone": "Asia/Tokyo",
    }
    where = {"channels": ["mail", "wecom"], "mail": "liu@bank.example", "bot": "liu-yang"}
    assert (await browser.post("/settings", form | where)).headers["Location"] == "/settings?done=settings"
    own = await kept(made)
    assert (own.language, own.quiet_from, own.quiet_to, own.daily_budget) == ("en", 21 * 60 + 30, 7 * 60, 5)
    assert own.channels == ["mail", "wecom"]
    assert b"liu" not in own.mail_sealed
    assert (vault.open(own.mail_sealed), vault.open(own.bot_sealed)) == ("liu@bank.example", "liu-yang")
    page = await browser.text("/settings")
    assert 'value="liu@bank.example"' in page
    assert page.count(" checked") == 2
    await browser.post("/settings", form)
    assert (await kept(made)).channels == []
    assert (await kept(made)).mail_sealed is None


async def test_who_asked_for_mail_is_written_to_of_what_notifies_them(desk):
    made, browser = desk
    await browser.post(
        "/settings", {"channels": "mail", "mail": "liu@bank.example", "quiet_from": "00:00", "quiet_to": "00:00"}
    )
    units = business(made.settings)
    rules = Rules(made.settings.desk.push, units, PushMetrics(), made.settings.desk.notify)
    async with made.database.transaction() as tx:
        fresh = await take_alerts(
            tx, [opened("c5", time=NOW), opened("c6", time=NOW, routes=["rm:rm-2"], rm_id="rm-2")]
        )
        await decide(tx, fresh, rules, NOW)
    async with made.database.reading() as session:
        notices = list(await session.scalars(select(Notice)))
    assert [(notice.channel, notice.receiver, notice.template) for notice in notices] == [("mail", "rm-1", "alert")]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"channels": "mail"}, 409),
        ({"channels": "wecom", "mail": "a@b.example"}, 409),
        ({"channels": "dingtalk", "bot": "x"}, 400),  # that one is told by route
        ({"mail": "a@b.example, c@d.example"}, 400),
        ({"mail": "Liu <a@b.example>"}, 400),
        ({"bot": "x" * 255}, 400),
        ({"time_zone": "Mars/Olympus"}, 400),
        ({"quiet_from": "25:00"}, 400),
        ({"daily_budget": "-1"}, 400),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_kept(desk, wrong, status):
    made, browser = desk
    assert (await browser.post("/settings", wrong)).status == status
    assert await kept(made) is None


async def test_without_mail_and_robots_there_is_nothing_to_choose(who):
    page = await (await who("rm-1")).text("/settings")
    assert "channels" not in page
    assert "20:00 至 08:00" in page

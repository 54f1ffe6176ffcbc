"""Mail handed over to a real SMTP server on the loopback address, and robots to a real HTTP server."""

from __future__ import annotations

import socket
import string
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from support.desk_notify import House, wall
from support.desk_rows import opened
from support.receiver import receiving

from stream.config import ConfigError, load
from stream.desk.notify.bot import said
from stream.desk.notify.channel import Parcel
from stream.desk.notify.mail import MailChannel
from stream.desk.notify.templates import LANGUAGES, Templates
from stream.desk.store.repositories.people import put_preference
from stream.desk.store.tables import Notice
from stream.domain.alerts import episode_id

PARCEL = Parcel(id="notice-1", subject="预警（高）", body="新的客户预警".encode(), to=("a@bank.example",))


async def test_a_mail_arrives_in_chinese_and_nobodys_holiday_note_answers_it(postbox):
    assert (await MailChannel(postbox.settings).send(PARCEL)).taken
    ((to, mail),) = postbox.got
    assert to == ["a@bank.example"]
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("预警（高）", "auto-generated")
    assert mail["Message-ID"] == "<notice-1@bank.example>"
    assert mail.get_content().strip() == "新的客户预警"


async def test_what_is_refused_for_ever_is_not_tried_again_and_what_is_refused_for_now_is(postbox):
    channel = MailChannel(postbox.settings)
    postbox.refusals = ["554 spam", "451 later"]
    assert (await channel.send(PARCEL)).hopeless
    later = await channel.send(PARCEL)
    assert (later.taken, later.hopeless) == (False, False)
    unknown = Parcel(id="n", subject="s", body=b"t", to=("nobody@bank.example",))
    assert (await channel.send(unknown)).hopeless
    assert (await channel.send(PARCEL)).taken


@pytest.mark.parametrize("to", ["a@b.c\r\nBcc: x@y.z", "A <a@b.c>", "a@b.c, d@e.f", "", "nothing"])
async def test_an_address_that_is_none_gets_nothing_and_nobody_else(postbox, to):
    assert (await MailChannel(postbox.settings).send(Parcel(id="n", subject="s", body=b"t", to=(to,)))).hopeless
    assert postbox.got == []


async def test_a_server_that_is_not_there_is_worth_another_try(postbox):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = postbox.settings.model_copy(update={"port": taken.getsockname()[1]})
        answer = await MailChannel(away).send(PARCEL)
    assert (answer.taken, answer.hopeless) == (False, False)


async def test_a_department_and_a_person_get_their_mail_each_in_their_language(embedded, vault, postbox):
    mail = {**postbox.settings.model_dump(), "routes": {"fraud": ("fraud@bank.example",)}}
    house = House(embedded, vault, mail=mail, page_url="https://desk.bank.example")
    async with embedded.transaction() as tx:
        await put_preference(
            tx, "rm-1", 1, language="en", mail_sealed=vault.seal("rm1@bank.example"), channels=["mail"]
        )
        row = {"origin": "mail/rm-1/x", "channel": "mail", "receiver": "rm-1", "template": "digest", "state": "pending",
               "data": {"episodes": 3}, "created_at": 1, "next_at": 1}  # fmt: skip
        tx.add(Notice(**row))
    postbox.refusals = ["451 later"]
    await house.take(opened("c1", routes=["rm:rm-1", "fraud"]))
    async with house.sending():
        await house.became("sent", "sent", entity=Notice)
    by_receiver = {to[0]: mail for to, mail in postbox.got}
    assert by_receiver["rm1@bank.example"]["Subject"] == "Summary: 3 warnings wait"
    assert by_receiver["fraud@bank.example"]["Subject"] == "客户预警（高）：余额骤降"
    text = by_receiver["fraud@bank.example"].get_content()
    link = f"https://desk.bank.example/episodes/{episode_id('c1', 'balance_drop', 0, ('',))}"
    assert link in text
    assert "c1" not in text.replace(link, "")
    summary = by_receiver["rm1@bank.example"].get_content()
    assert summary.rstrip().endswith("https://desk.bank.example/")


@pytest.mark.parametrize(("style", "query"), [("wecom", {"key"}), ("dingtalk", {"key", "timestamp", "sign"})])
async def test_a_robot_is_posted_to_as_its_service_asks(embedded, vault, style, query):
    async with receiving(body=b'{"errcode":0,"errmsg":"ok"}') as receiver:
        bot = {"style": style, "url": f"{receiver.url}?key=k", "secret": "s", "routes": ("fraud",)}
        bot |= {"allow_private": True, "language": "en"}
        house = House(embedded, vault, bots={"fraud": bot})
        await house.take(opened("c1", routes=["rm:rm-1", "fraud"]))
        async with house.sending():
            await house.became("sent", entity=Notice)
    ((_, body, path),) = receiver.got
    read = msgspec.json.decode(body)
    assert read["msgtype"] == "text"
    assert read["text"]["content"].startswith("A new customer warning: Sudden balance drop, severity high.")
    assert set(parse_qs(urlsplit(path).query)) == query


async def test_a_robot_that_is_asked_too_often_is_asked_later(embedded, vault):
    async with receiving(body=b'{"errcode":45009}') as receiver:
        bot = {"style": "wecom", "url": receiver.url, "routes": ("fraud",), "allow_private": True}
        house = House(embedded, vault, bots={"fraud": bot})
        await house.take(opened("c1", routes=["fraud"]))
        async with house.sending():
            (row,) = await house.tried(Notice)
    assert (row.state, row.attempts, row.last_fault) == ("pending", 1, "errcode 45009")
    assert row.next_at > wall() + 50_000


def test_an_answer_that_is_not_understood_is_a_fault():
    assert not said(200, b"<html>").taken
    assert not said(502, b'{"errcode":0}').taken
    assert said(200, b'{"errcode":93000}').fault == "errcode 93000"


def test_both_languages_have_the_same_templates_with_the_same_blanks():
    words = Templates.load().words
    zh, en = (
        {
            (template, part): {field for _, field, _, _ in string.Formatter().parse(text) if field}
            for template, parts in words[language].items()
            for part, text in parts.items()
        }
        for language in LANGUAGES
    )
    assert zh == en
    allowed = {"title", "severity", "episodes", "link"}
    of_webhooks = {part for part in zh if part[0].startswith("webhook_")}
    assert set().union(*(zh[part] for part in of_webhooks)) == {"endpoint", "host"}, "of a machine, nobody's"
    assert set().union(*(zh[part] for part in zh.keys() - of_webhooks)) <= allowed


def test_hostile_words_stay_words():
    data = {"title": {"en": "{severity} \r\nBcc: x@y.z"}, "severity": "high"}
    subject, _ = Templates.load().render("alert", data, "en", "")
    assert subject == "Customer warning (high): {severity} Bcc: x@y.z"


@pytest.mark.parametrize(
    ("name", "value"),
    [("MAIL__SECURITY", "none"), ("RETRIES_S", "[]"), ("WEBHOOKS__RETRIES_S", "[-1]"), ("WEBHOOKS__TIMEOUT_S", "100"),
     ("BOTS__X__STYLE", "icq")],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(name, value):
    with pytest.raises(ConfigError):
        load(env={f"CHURNWATCH_DESK__NOTIFY__{name}": value, "CHURNWATCH_DESK__NOTIFY__MAIL__HOST": "mail.example"})

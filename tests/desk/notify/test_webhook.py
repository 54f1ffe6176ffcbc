"""One POST, against real servers on the loopback address."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from aiohttp.abc import AbstractResolver
from standardwebhooks import Webhook
from support.receiver import receiving

from stream.desk.notify.addresses import UrlError, checked_url, is_public
from stream.desk.notify.channel import Parcel
from stream.desk.notify.signing import key_of, new_secret
from stream.desk.notify.webhook import Posts, WebhookChannel, wait_of

PARCEL = Parcel(id="msg_1", body=b'{"type":"churnwatch.alert.opened.v1"}')


class Names(AbstractResolver):
    """A name service that says what it is told, and counts."""

    def __init__(self, address):
        self.address, self.asked = address, []

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.append(host)
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        return [{"hostname": host, "host": self.address, "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self):
        return None


@pytest.fixture
async def posts():
    made = Posts()
    yield made
    await made.close()


def channel(posts, url, *secrets, allow_private=True, timeout_s=5.0):
    return WebhookChannel(
        posts,
        url,
        [key_of(secret) for secret in secrets or (new_secret(),)],
        allow_private=allow_private,
        timeout_s=timeout_s,
        clock=lambda: round(time.time() * 1000),
    )


async def test_what_arrives_is_verified_by_every_secret(posts):
    secrets = new_secret(), new_secret()
    async with receiving(answers=[204]) as receiver:
        answer = await channel(posts, receiver.url, *secrets).send(PARCEL)
        assert answer.taken
        ((headers, body, _),) = receiver.got
        for secret in secrets:
            assert Webhook(secret).verify(body, headers) == {"type": "churnwatch.alert.opened.v1"}
        assert headers["webhook-id"] == "msg_1"
        assert headers["Content-Type"] == "application/json"


async def test_410_says_that_it_is_gone_and_other_faults_that_it_is_worth_another_try(posts):
    async with receiving(answers=[410, 500, 404, 429], headers={"Retry-After": "120"}) as receiver:
        answers = [await channel(posts, receiver.url).send(PARCEL) for _ in range(4)]
    assert [answer.gone for answer in answers] == [True, False, False, False]
    assert not any(answer.taken or answer.hopeless for answer in answers)
    assert [answer.wait_s for answer in answers] == [None, None, None, 120.0]


async def test_no_redirect_is_followed(posts):
    async with receiving() as inside, receiving(answers=[307], headers={"Location": inside.url}) as outside:
        answer = await channel(posts, outside.url).send(PARCEL)
        assert (answer.taken, answer.fault) == (False, "redirect refused")
        assert inside.got == []
        assert len(outside.got) == 1


async def test_one_that_does_not_answer_is_given_up_in_time(posts):
    async with receiving(gate=asyncio.Event()) as receiver:
        begun = time.monotonic()
        answer = await channel(posts, receiver.url, timeout_s=0.2).send(PARCEL)
        assert answer.fault == "timeout"
        assert time.monotonic() - begun < 3


async def test_one_that_is_not_there(posts):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = await channel(posts, f"http://127.0.0.1:{taken.getsockname()[1]}/").send(PARCEL)
    assert not answer.taken
    assert "127" not in answer.fault


async def test_what_is_too_large_is_not_sent(posts):
    async with receiving() as receiver:
        answer = await channel(posts, receiver.url).send(Parcel(id="m", body=b"x" * 20_000))
        assert answer.hopeless
        assert receiver.got == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:192.168.0.1"])
async def test_a_name_that_resolves_into_the_house_is_refused_at_each_connection(address):
    names = Names(address)
    posts = Posts(names)
    try:
        for turn in (1, 2):
            answer = await channel(posts, "https://hooks.example/x", allow_private=False).send(PARCEL)
            assert (answer.taken, answer.fault) == (False, "private address refused")
            assert len(names.asked) == turn
    finally:
        await posts.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1:8443/", "https://169.254.169.254/latest",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://0.0.0.0/",
        "https://224.0.0.1/", "https://100.64.0.1/", "http://hooks.example/", "ftp://hooks.example/", "https:///x",
        "nonsense",
        "https://user:hidden@hooks.example/",
    ],
)  # fmt: skip
async def test_a_url_into_the_house_is_refused_before_anything_is_sent(posts, url):
    with pytest.raises(UrlError) as caught:
        checked_url(url, allow_private=False)
    assert "hidden" not in str(caught.value)
    assert (await channel(posts, url, allow_private=False).send(PARCEL)).fault == "address refused"


@pytest.mark.parametrize("url", ["https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://localhost/"])
async def test_an_address_written_oddly_is_refused_by_what_it_resolves_to(posts, url):
    answer = await channel(posts, url, allow_private=False, timeout_s=5).send(PARCEL)
    assert answer.fault in ("private address refused", "InvalidUrlClientError")  # aiohttp refuses some itself


def test_a_public_url_passes_and_in_the_house_where_it_is_allowed():
    for url in ("https://hooks.example/x?token=1", "https://1.1.1.1/", "https://[2606:4700:4700::1111]/"):
        assert checked_url(url, allow_private=False).host
    assert checked_url("http://127.0.0.1:8080/x", allow_private=True).port == 8080
    assert not is_public("what is this")


@pytest.mark.parametrize(
    ("text", "wait"),
    [("5", 5.0), ("-5", 0.0), ("999999999", 86_400.0), ("nan", None), ("soon", None), (None, None),
     ("Thu, 01 Jan 1970 00:02:00 GMT", 60.0)],
)  # fmt: skip
def test_a_wait_is_read_as_seconds_or_a_date(text, wait):
    assert wait_of(text, 60_000) == wait

"""Programs at the API: access tokens of the identity provider, believed or not, and what they may."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from sqlalchemy import select
from support.desk_may import EPISODE, MAY, NAMED
from support.desk_rows import DAY, NOW, staff
from support.desk_web import served, settings, site
from support.identity import API, CLIENT, SECRET

from stream.config import ConfigError, load
from stream.desk.store.repositories.people import put_staff
from stream.desk.store.tables import Audit, Episode
from stream.desk.web.routes import TABLE


@pytest.fixture
async def desk(small, embedded, vault, workers, provider, clock):
    oidc = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "api_audience": API}
    given = settings(web={"sign_in": "oidc", "public_url": "http://127.0.0.1:1"}, oidc=oidc)
    server = served(site(embedded, vault, clock, workers, given))
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        yield lambda method, path, token, **more: session.request(
            method, server.make_url(path), headers={"Authorization": f"Bearer {token}"}, allow_redirects=False, **more
        )
    await server.close()


async def test_a_program_looks_and_acts_as_the_one_it_stands_for(desk, provider, embedded):
    read, write = provider.access_token(), provider.access_token(scope="openid desk.write")
    async with desk("GET", "/api/v1/me", read) as answer:
        me = await answer.json()
    assert (me["staff_id"], me["role"], me["csrf"]) == ("rm-1", "rm", "")
    act = {"do": "acknowledge", "action_id": "crm-1"}
    async with desk("POST", f"/api/v1/episodes/{EPISODE}/acts", read, json=act) as refused:
        assert refused.status == 403
    async with desk("POST", f"/api/v1/episodes/{EPISODE}/acts", write, json=act) as done:
        assert done.status == 200
    async with desk("GET", "/api/v1/customers/c4", write) as elsewhere:
        assert elsewhere.status == 404
    async with embedded.reading() as session:
        assert (await session.get_one(Episode, EPISODE)).acknowledged_by == "rm-1"
        refusals = await session.scalars(select(Audit).where(Audit.allowed.is_(False)).order_by(Audit.id))
        assert [(row.actor, row.details["token"]) for row in refusals] == [("rm-1", True)] * 2
    assert provider.keys_read == 1


@pytest.mark.parametrize("subject", ["rm-1", "rm-3", "m-1", "aud-1", "adm-1"])
@pytest.mark.parametrize("scope", ["", "desk.read", "desk.write"])
async def test_every_route_with_every_scope(desk, provider, subject, scope):
    token, let_in = provider.access_token(sub=f"subject-{subject}", scope=scope), set()
    for route in TABLE:
        body = {"json": {"action_id": "a", "episode_ids": [EPISODE], "do": "nothing"}} if not route.safe else {}
        async with desk(route.method, route.path.format_map(NAMED), token, **body) as answer:
            assert answer.status != 500, route.name
            if answer.status not in (303, 401, 403, 404):
                let_in.add(route.name)
    public = {route.name for route in TABLE if route.need.public}
    may = {route.name for route in TABLE if route.is_api and subject in MAY[route.name] and not route.need.public}
    unsafe = {route.name for route in TABLE if not route.safe}
    allowed = {"": set(), "desk.read": may - unsafe, "desk.write": may}[scope]
    assert let_in - public == allowed


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": CLIENT}, {"aud": None}, {"iss": "https://evil.example"}, {"exp": NOW // 1000 - 3600}, {"exp": None},
        {"exp": "soon"}, {"sub": None}, {"sub": "a stranger"}, {"nbf": NOW // 1000 + 3600}, {"sub": ["subject-rm-1"]},
    ],
)  # fmt: skip
async def test_a_token_that_is_not_what_it_must_be_is_nobody(desk, provider, wrong):
    async with desk("GET", "/api/v1/me", provider.access_token(**wrong)) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert (await answer.json())["error"] == "token"


@pytest.mark.parametrize("flags", [{"algorithm": "none"}, {"algorithm": "HS256"}, {"foreign_key": True}])
async def test_a_token_that_the_provider_did_not_sign_is_nobody(desk, provider, flags):
    for name, value in flags.items():
        setattr(provider, name, value)
    async with desk("GET", "/api/v1/me", provider.access_token()) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ä" * 9, "e30.e30.e30"])
async def test_what_is_no_token_is_nobody(desk, token):
    async with desk("GET", "/api/v1/worklist", token) as answer:
        assert answer.status == 401


async def test_new_keys_are_read_when_a_token_does_not_fit_and_not_at_every_one(desk, provider, clock):
    async with desk("GET", "/api/v1/me", provider.access_token()) as answer:
        assert answer.status == 200
    provider.rotate()
    token = provider.access_token()
    for _ in range(3):
        async with desk("GET", "/api/v1/me", token) as answer:
            assert answer.status == 401
    assert provider.keys_read == 1
    clock.now += 31_000
    async with desk("GET", "/api/v1/me", token) as answer:
        assert answer.status == 200
    assert provider.keys_read == 2


async def test_while_the_provider_is_away_programs_are_told_to_come_again(desk, provider):
    token = provider.access_token()
    await provider.server.close()
    async with desk("GET", "/api/v1/me", token) as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"]


async def test_who_left_is_nobody_and_a_stream_lasts_no_longer_than_its_token(desk, provider, embedded):
    soon = provider.access_token(exp=NOW // 1000 + 1)
    async with desk("GET", "/api/v1/events?after=0", soon) as stream, asyncio.timeout(5):
        assert stream.status == 200
        while await stream.content.readline():
            pass
    async with embedded.transaction() as tx:
        await put_staff(tx, staff("rm-1", time=NOW + DAY, status="left", branch_id="b-1"))
    async with desk("GET", "/api/v1/me", provider.access_token()) as answer:
        assert answer.status == 401


async def test_without_an_audience_no_token_is_taken(who, provider):
    browser = await who()
    answer = await browser.get("/api/v1/me", headers={"Authorization": f"Bearer {provider.access_token()}"})
    assert answer.status == 401


def test_the_pages_own_tokens_must_not_do_for_the_api(tmp_path):
    file = tmp_path / "desk.toml"
    file.write_text('[desk.oidc]\nclient_id = "desk"\napi_audience = "desk"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="api_audience"):
        load(file, env={})

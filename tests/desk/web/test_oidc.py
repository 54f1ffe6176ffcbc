"""Signing in by OpenID Connect: the code flow with PKCE against a provider of the tests' own."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from support.desk_rows import NOW
from support.desk_web import Browser, Clock, served, settings, site
from support.identity import CLIENT, SECRET
from yarl import URL

from stream.desk.store.tables import SignIn, Staff


@pytest.fixture
async def desk(small, embedded, vault, workers, provider, request):
    more = getattr(request, "param", {})
    oidc = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, **more}
    given = settings(web={"sign_in": "oidc", "public_url": "http://127.0.0.1:1"}, oidc=oidc)
    server = served(site(embedded, vault, Clock(), workers, given))
    await server.start_server()
    yield server
    await server.close()


async def come_back(desk, provider, browser=None, to="/tasks"):
    """Go through the sign-in as a browser does, and return the answer to what the provider sent back."""
    browser = browser or Browser(desk)
    begun = await browser.get(f"/sign-in/oidc?to={to}")
    there = await browser.client.session.get(URL(begun.headers["Location"], encoded=True), allow_redirects=False)
    back = URL(there.headers["Location"], encoded=True)
    return browser, back, await browser.get(back.raw_path_qs)


async def test_the_whole_way(desk, provider):
    browser, back, answer = await come_back(desk, provider)
    assert str(back).startswith("http://127.0.0.1:1/sign-in/callback?")
    assert answer.headers["Location"] == "/tasks"
    assert (await (await browser.get("/api/v1/me")).json())["staff_id"] == "rm-1"
    assert len(provider.asked[0]["code_challenge"]) == 43
    assert len(provider.exchanged[0]["code_verifier"]) >= 43
    await browser.client.session.close()


async def test_what_comes_back_is_good_once(desk, provider):
    browser, back, _ = await come_back(desk, provider)
    again = await browser.get(back.raw_path_qs)
    assert again.headers["Location"] == "/sign-in?failed=expired"
    await browser.client.session.close()


async def test_what_comes_back_is_good_in_the_same_browser_only(desk, provider):
    victim, attacker = Browser(desk), Browser(desk)
    begun = await attacker.get("/sign-in/oidc")
    there = await attacker.client.session.get(URL(begun.headers["Location"], encoded=True), allow_redirects=False)
    back = URL(there.headers["Location"], encoded=True)
    answer = await victim.get(back.raw_path_qs)
    assert answer.headers["Location"] == "/sign-in?failed=expired"
    assert (await victim.get("/tasks")).status == 303
    await victim.client.session.close()
    await attacker.client.session.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"change": {"nonce": "another"}},
        {"change": {"nonce": None}},
        {"change": {"aud": "somebody-else"}},
        {"change": {"iss": "https://evil.example"}},
        {"change": {"exp": NOW // 1000 - 3600}},
        {"change": {"sub": None}},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"foreign_key": True},
    ],
)
async def test_a_token_that_is_not_what_it_must_be_signs_nobody_in(desk, provider, wrong):
    for name, value in wrong.items():
        setattr(provider, name, value)
    browser, _, answer = await come_back(desk, provider)
    assert len(provider.issued) == 1
    assert answer.headers["Location"] == "/sign-in?failed=provider"
    assert (await browser.get("/tasks")).status == 303
    await browser.client.session.close()


async def test_an_account_of_nobody_here_signs_nobody_in(desk, provider):
    provider.subject = "a stranger"
    browser, _, answer = await come_back(desk, provider)
    assert answer.headers["Location"] == "/sign-in?failed=unknown"
    await browser.client.session.close()


@pytest.mark.parametrize(
    "desk",
    [{"staff_claim": "employee", "role_claim": "groups", "roles": {"heads": "manager", "clerks": "rm"}}],
    indirect=True,
)
async def test_staff_id_and_role_by_claims(desk, provider, small):
    provider.claims = {"employee": "rm-2", "groups": ["clerks", "heads"]}
    browser, _, answer = await come_back(desk, provider)
    assert answer.status == 303
    me = await (await browser.get("/api/v1/me")).json()
    assert (me["staff_id"], me["role"]) == ("rm-2", "manager")
    async with small.database.reading() as session:
        assert (await session.get_one(Staff, "rm-2")).role == "manager"
        assert list(await session.scalars(select(SignIn))) == []
    await browser.client.session.close()


async def test_nobody_can_be_chosen(desk):
    browser = Browser(desk)
    answer = await browser.client.post("/sign-in/as", data={"staff_id": "rm-1"}, allow_redirects=False)
    assert answer.status == 404
    assert "rm-1" not in await browser.text("/sign-in")
    await browser.client.session.close()


async def test_a_provider_that_is_away_is_said_to_be(desk, provider):
    await provider.server.close()
    browser = Browser(desk)
    answer = await browser.get("/sign-in/oidc")
    assert answer.headers["Location"] == "/sign-in?failed=provider"
    await browser.client.session.close()

"""Sessions, and what keeps other sites from acting in somebody's name."""

from __future__ import annotations

import pytest
from aiohttp import web
from sqlalchemy import select
from support.desk_rows import NOW, staff
from support.desk_web import Browser, Clock, served, settings, site

from stream.desk.store.repositories.people import put_staff
from stream.desk.store.tables import Audit, Episode, Session
from stream.desk.web.sessions import Seals, set_cookie
from stream.desk.web.signing.development import PublicAddress, refuse_if_public
from stream.domain.alerts import episode_id

MINUTE = 60_000
EPISODE = episode_id("c1", "balance_drop", 0, ("",))


async def test_a_session_that_is_not_used_ends(who, clock):
    browser = await who("rm-1")
    clock.now += 29 * MINUTE
    assert (await browser.get("/")).status == 200
    clock.now += 29 * MINUTE
    assert (await browser.get("/")).status == 200  # it was used in between
    clock.now += 31 * MINUTE
    assert (await browser.get("/")).headers["Location"].startswith("/sign-in?to=")


async def test_a_session_ends_for_good_after_its_hours(who, clock):
    browser = await who("rm-1")
    for _ in range(31):
        clock.now += 20 * MINUTE
        last = await browser.get("/")
    assert last.status == 303


async def test_a_sign_out_makes_the_cookie_worthless(who):
    browser = await who("rm-1")
    kept = {cookie.key: cookie.value for cookie in browser.client.session.cookie_jar}
    assert (await browser.post("/sign-out")).status == 303
    browser.client.session.cookie_jar.update_cookies(kept, browser.client.make_url("/"))
    assert (await browser.get("/")).status == 303


async def test_a_cookie_that_was_changed_is_nobodys(who):
    browser = await who("rm-1")
    kept = {cookie.key: cookie.value for cookie in browser.client.session.cookie_jar}
    forged = {name: value[:-1] + ("A" if value[-1] != "A" else "B") for name, value in kept.items()}
    browser.client.session.cookie_jar.update_cookies(forged, browser.client.make_url("/"))
    assert (await browser.get("/")).status == 303


async def test_who_has_left_is_signed_out(who, small):
    browser = await who("rm-1")
    async with small.database.transaction() as tx:
        await put_staff(tx, staff("rm-1", time=NOW, status="left", branch_id="b-1"))
    assert (await browser.get("/")).status == 303
    again = await browser.client.post("/sign-in/as", data={"staff_id": "rm-1"}, allow_redirects=False)
    assert again.headers["Location"] == "/sign-in?failed=unknown"


async def test_the_store_holds_no_token_that_makes_a_cookie(who, small, vault):
    browser = await who("rm-1")
    (cookie,) = [c.value for c in browser.client.session.cookie_jar if c.key == "desk_session"]
    token = Seals(vault, small.clock).token(cookie, 1800)
    async with small.database.reading() as session:
        (row,) = await session.scalars(select(Session))
    assert token is not None
    assert row.session_id != token
    assert token not in repr(vars(row))


async def test_the_cookie_is_for_the_server_alone(who):
    browser = await who()
    answer = await browser.client.post("/sign-in/as", data={"staff_id": "rm-1"}, allow_redirects=False)
    (cookie,) = [value for value in answer.headers.getall("Set-Cookie") if value.startswith("desk_session=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


async def test_over_tls_the_browser_is_told_to_stay_there(embedded, vault, workers):
    given = settings(web={"sign_in": "oidc", "public_url": "https://desk.example"})
    server = served(site(embedded, vault, Clock(), workers, given))
    await server.start_server()
    browser = Browser(server)
    answer = await browser.get("/sign-in")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    await browser.client.session.close()
    await server.close()


def test_over_tls_the_cookie_is_bound_to_the_host():
    response = web.Response()
    set_cookie(response, "x", secure=True, max_age=60)
    (morsel,) = response.cookies.values()
    assert morsel.key.startswith("__Host-")
    assert morsel["secure"]
    assert morsel["path"] == "/"
    assert not morsel["domain"]


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({"csrf": ""}, {}),
        ({"csrf": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
async def test_no_act_by_a_form_of_another_site(who, small, form, headers):
    browser = await who("rm-1")
    given = {"do": "acknowledge", **form}
    answer = await browser.post(f"/episodes/{EPISODE}/acts", given, headers=headers)
    assert answer.status == 403
    async with small.database.reading() as session:
        assert (await session.get_one(Episode, EPISODE)).acknowledged_at is None


async def test_the_token_of_another_session_does_not_fit(who):
    one, other = await who("rm-1"), await who("m-1")
    answer = await one.post(f"/episodes/{EPISODE}/acts", {"csrf": other.csrf, "do": "acknowledge"})
    assert answer.status == 403


async def test_the_api_wants_the_token_too(who):
    browser = await who("rm-1")
    body = {"do": "acknowledge", "action_id": "a"}
    answer = await browser.client.post(f"/api/v1/episodes/{EPISODE}/acts", json=body)
    assert answer.status == 403
    assert (await answer.json())["error"] == "forged"


async def test_nobody_is_sent_elsewhere_after_the_sign_in(who):
    for to in ("https://evil.example/", "//evil.example", "/\\evil.example", "/ok\r\nX: y"):
        browser = await who()
        answer = await browser.client.post("/sign-in/as", data={"staff_id": "rm-1", "to": to}, allow_redirects=False)
        assert answer.headers["Location"] == "/"


async def test_too_many_requests_are_told_when_to_come_back(embedded, vault, workers, small):
    clock = Clock()
    server = served(site(embedded, vault, clock, workers, settings(web={"rates": {"views": 3}})))
    await server.start_server()
    browser = await Browser(server).sign_in("rm-1")  # takes one
    assert [(await browser.get("/tasks")).status for _ in range(3)] == [200, 200, 429]
    answer = await browser.get("/tasks")
    assert int(answer.headers["Retry-After"]) == 20
    clock.now += 20_000
    assert (await browser.get("/tasks")).status == 200
    await browser.client.session.close()
    await server.close()


async def test_sign_ins_and_sign_outs_are_written_down(who, small):
    browser = await who("rm-1")
    await browser.post("/sign-out")
    async with small.database.reading() as session:
        rows = list(await session.scalars(select(Audit).order_by(Audit.id)))
    assert [(row.act, row.actor, row.role, row.allowed) for row in rows] == [
        ("sign_in", "rm-1", "rm", True),
        ("sign_out", "rm-1", "rm", True),
    ]


@pytest.mark.parametrize(
    "desk",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"host": "192.168.1.7"},
        {"host": "desk.example"},
        {"host": "127.0.0.1", "web": {"public_url": "https://desk.example"}},
    ],
)
def test_the_development_sign_in_refuses_a_public_address(desk):
    with pytest.raises(PublicAddress, match=r"desk\.oidc"):
        refuse_if_public(settings(**desk).desk)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_the_development_sign_in_runs_on_this_machine_alone(host):
    refuse_if_public(settings(host=host).desk)


async def test_another_name_for_this_machine_is_not_answered(who):
    browser = await who()
    assert (await browser.get("/sign-in", headers={"Host": "rebound.example:80"})).status == 403


async def test_a_signed_link_signs_in_for_five_minutes(who, small, vault, clock):
    token = Seals(vault, clock).link("rm-1")
    browser = await who()
    answer = await browser.get(f"/sign-in/link?token={token}&to=/tasks")
    assert answer.headers["Location"] == "/tasks"
    assert (await browser.get("/tasks")).status == 200
    clock.now += 6 * MINUTE
    late = await (await who()).get(f"/sign-in/link?token={token}")
    assert late.headers["Location"] == "/sign-in?failed=link"


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "192.0.2.7"), (2, "203.0.113.9")])
async def test_behind_proxies_of_ours_the_address_is_the_clients_and_cannot_be_made_up(
    embedded, vault, workers, small, proxies, address
):
    server = served(site(embedded, vault, Clock(), workers, settings(web={"proxies": proxies})))
    await server.start_server()
    browser = Browser(server)
    forwarded = {"X-Forwarded-For": "10.0.0.1, 203.0.113.9, 192.0.2.7"}  # the first is the client's own invention
    await browser.client.post("/sign-in/as", data={"staff_id": "rm-1"}, headers=forwarded, allow_redirects=False)
    async with embedded.reading() as session:
        (row,) = await session.scalars(select(Audit))
    assert row.address == address
    await browser.client.session.close()
    await server.close()


async def test_behind_a_proxy_the_public_name_is_the_desks_own(embedded, vault, workers, small):
    given = settings(web={"public_url": "http://localhost:9"})
    server = served(site(embedded, vault, Clock(), workers, given))
    await server.start_server()
    browser = await Browser(server).sign_in("rm-1")
    form = {"do": "acknowledge"}
    for origin, status in (("http://localhost:9", 303), ("http://localhost:8", 403), ("http://[", 403)):
        answer = await browser.post(f"/episodes/{EPISODE}/acts", form, headers={"Origin": origin})
        assert answer.status == status, origin
    await browser.client.session.close()
    await server.close()

"""Whatever is asked of the page and the API, by whomever: an answer in words, never 500, never a trace."""

from __future__ import annotations

import asyncio
import logging

import pytest
from support.http_fuzz import attack

from stream.desk.web.routes import TABLE

PATHS = sorted({route.path for route in TABLE})
FIELDS = sorted(
    {query.name for route in TABLE for query in route.query}
    | {"csrf", "action_id", "do", "version", "until", "outcome", "reason", "month", "to", "token", "state", "code"}
    | {"staff_id", "language", "episodes", "text", "kind", "format"}
)


@pytest.mark.parametrize("staff_id", ["", "rm-1", "m-1", "adm-1"])
async def test_no_request_is_answered_with_a_fault_of_ours(who, staff_id, caplog):
    browser = await who(staff_id)
    server = browser.client.server
    cookies = "; ".join(f"{one.key}={one.value}" for one in browser.client.session.cookie_jar)
    headers = [f"Cookie: {cookies}", f"X-CSRF-Token: {browser.csrf}"] if cookies else []
    with caplog.at_level(logging.ERROR):
        seen = await asyncio.to_thread(attack, server.port, PATHS, fields=FIELDS, headers=headers, count=60)
    assert sum(seen.statuses.values()) >= 50
    assert len(seen.statuses) >= 3, seen
    assert [r for r in caplog.records if r.exc_info and r.name != "aiohttp.server"] == []

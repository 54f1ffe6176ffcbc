"""A bad request and a fault of ours are told apart in the log, and neither is quoted."""

from __future__ import annotations

import logging

import pytest
from aiohttp import web
from support.http_fuzz import send

from stream.http_log import http_logger

SECRET = "session=geheim-4711"


@pytest.fixture
async def port():
    async def fails(request: web.Request) -> web.Response:
        raise ValueError(f"of customer {SECRET}")

    app = web.Application()
    app.router.add_get("/fails", fails)
    runner = web.AppRunner(app, access_log=None, logger=http_logger())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def ask(port: int, request: bytes) -> tuple[int, bytes]:
    import asyncio

    return await asyncio.to_thread(send, port, request)


async def test_a_request_that_breaks_the_rules_is_logged_by_its_kind_alone(port, caplog):
    with caplog.at_level(logging.INFO):
        status, _ = await ask(port, b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + SECRET.encode() + b"\x01\r\n\r\n")
    assert status == 400
    [record] = [record for record in caplog.records if record.name == "stream.http"]
    assert (record.levelname, record.getMessage()) == ("INFO", "a request that is none: BadHttpMessage")
    assert SECRET not in caplog.text


async def test_a_fault_of_ours_is_logged_by_its_place_and_answered_without_a_trace(port, caplog):
    with caplog.at_level(logging.INFO):
        status, answer = await ask(port, b"GET /fails HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert status == 500 and SECRET.encode() not in answer and b"Traceback" not in answer
    [record] = [record for record in caplog.records if record.name == "stream.http"]
    assert record.levelname == "ERROR" and "ValueError at fails:" in record.getMessage()
    assert SECRET not in caplog.text

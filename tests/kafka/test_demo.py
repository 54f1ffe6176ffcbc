"""The demo from end to end: its own worker on a real broker, and every event accounted for."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import aiohttp
import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient

pytestmark = pytest.mark.kafka


@pytest.fixture
def demo(broker) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start demos on the session's broker, with their output in a pipe. What one that failed leaves is taken away."""
    with contextlib.ExitStack() as started:

        def start(*arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "stream", "demo", *arguments],
                env={**os.environ, "KAFKA_BOOTSTRAP": broker.bootstrap},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,  # with its worker, which would outlive it when it is killed
            )
            started.callback(ended, process)
            return process

        yield start
    asyncio.run(tidied(broker))


def ended(process: subprocess.Popen[str]) -> None:
    """End a demo as a person does, so that it ends its worker; if that takes too long, at once."""
    try:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    finally:
        if process.stdout is not None:
            process.stdout.close()


async def tidied(broker) -> None:
    """Delete the topics of demos that did not come to do it themselves."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await client.start()
    try:
        if left := [name for name in await client.list_topics() if name.startswith("demo-")]:
            await client.delete_topics(left)
    finally:
        await client.close()


async def topics(broker) -> list[str]:
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await client.start()
    try:
        return [name for name in await client.list_topics() if name.startswith("demo-")]
    finally:
        await client.close()


async def test_a_small_town_is_fed_watched_and_accounted_for_and_nothing_is_left(broker, demo):
    process = demo("--customers", "40", "--days", "60", "--rate", "0", "--test-alert", "--heartbeat")
    output, _ = await asyncio.to_thread(process.communicate, timeout=180)
    assert process.returncode == 0, output
    assert "Every event is accounted for." in output
    assert " opened: " in output
    assert output.count("alerts after") == 2
    assert await topics(broker) == []


async def said_until(process: subprocess.Popen[str], pattern: str, within_s: float = 90) -> str:
    """Return what the demo said up to the line that has `pattern` in it."""
    assert process.stdout is not None
    deadline = time.monotonic() + within_s
    said = ""
    while not re.search(pattern, said):
        line = await asyncio.to_thread(process.stdout.readline)
        assert line and time.monotonic() < deadline, said
        said += line
    return said


async def signed_in(link: str) -> dict[str, str]:
    """Follow a link as a browser does; return who is signed in then, and the worklist's page."""
    jar = aiohttp.CookieJar(unsafe=True)  # the host is an address
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(link) as answer:
            assert answer.status == 200
            page = await answer.text()
        async with session.get(answer.url.with_path("/api/v1/me")) as answer:
            me = await answer.json()
    return {"page": page, "staff_id": me["staff_id"], "role": me["role"]}


def count(pattern: str, output: str) -> int:
    found = re.search(pattern, output)
    assert found is not None, output
    return int(found[1].replace(",", ""))


async def test_the_desk_beside_it_has_every_alert_signs_in_by_its_links_and_answers_flow_back(broker, demo):
    process = demo("--customers", "400", "--days", "60", "--exit")
    said = await said_until(process, r"as demo-admin +http\S+")
    rm = await signed_in(re.search(r"as rm-0002 +(http\S+)", said)[1])
    manager = await signed_in(re.search(r"as manager-000 +(http\S+)", said)[1])
    auditor = await signed_in(re.search(r"as demo-auditor +(http\S+)", said)[1])
    administrator = await signed_in(re.search(r"as demo-admin +(http\S+)", said)[1])
    output, _ = await asyncio.to_thread(process.communicate, timeout=180)
    assert process.returncode == 0, said + output
    assert (auditor["role"], administrator["role"]) == ("auditor", "admin")
    assert "/webhooks" in administrator["page"]
    assert (rm["staff_id"], rm["role"]) == ("rm-0002", "rm")
    assert (manager["staff_id"], manager["role"]) == ("manager-000", "manager")
    for who in (rm, manager):
        assert "the simulated town" in who["page"] or "模拟城镇" in who["page"]
    rows, committed = count(r"desk: rows ([\d,]+)", output), count(r"of ([\d,]+) alerts committed", output)
    assert rows == committed > 0
    answers, feedback = count(r"committed; ([\d,]+) answers", output), count(r"feedback messages ([\d,]+)", output)
    assert 0 < answers <= feedback
    assert count(r"([\d,]+) escalations", output) > 0
    assert "Every event is accounted for." in output
    assert await topics(broker) == []


async def test_without_the_desk_there_is_none(broker, demo):
    process = demo("--customers", "40", "--days", "60", "--rate", "0", "--no-desk")
    output, _ = await asyncio.to_thread(process.communicate, timeout=180)
    assert process.returncode == 0, output
    assert "desk" not in output
    assert "Every event is accounted for." in output


async def asked(address: str, path: str) -> tuple[str, str]:
    """Return the kind and the text of what the dashboard's server answers."""
    async with aiohttp.ClientSession() as session, session.get(address + path) as answer:
        assert answer.status == 200
        return answer.content_type, await answer.text()


async def test_its_dashboards_show_the_worker_and_the_desk_and_end_with_it(broker, demo):
    process = demo("--customers", "40", "--days", "3650", "--rate", "100", "--dashboard")
    said = await said_until(process, r"dashboard +http\S+")
    address, path = re.search(r"dashboard +(http://127\.0\.0\.1:\d+)(\S+)", said).groups()
    kind, page = await asked(address, path)
    assert kind == "text/html"
    assert "<h1>Overview</h1>" in page
    assert "simulated town" in page
    assert "churnwatch-desk.html" in page
    assert "churnwatch-model.html" not in page
    assert (await asked(address, "/user/board.js"))[0] == "text/javascript"
    up: dict[str, str] = {}
    async with asyncio.timeout(60):
        while len(up) < 2:  # until both are scraped
            await asyncio.sleep(0.5)
            found = orjson.loads((await asked(address, "/api/v1/query?query=up"))[1])["data"]["result"]
            up = {one["metric"]["job"]: one["value"][1] for one in found}
    assert set(up) == {"churnwatch-desk", "churnwatch-worker"}
    rules = orjson.loads((await asked(address, "/api/v1/rules"))[1])["data"]["groups"]
    assert sum(len(group["rules"]) for group in rules) >= 45
    process.send_signal(signal.SIGHUP)  # as when the terminal is closed
    output, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0, said + output
    with pytest.raises(aiohttp.ClientConnectorError):
        await asked(address, path)
    assert await topics(broker) == []


async def test_a_signal_ends_it_early_and_says_what_is_open(broker, demo):
    process = demo("--customers", "40", "--days", "365", "--rate", "200")
    assert process.stdout is not None
    deadline = time.monotonic() + 90
    said = ""
    while "worker " not in said and time.monotonic() < deadline:
        said += await asyncio.to_thread(process.stdout.readline)
    process.send_signal(signal.SIGTERM)
    output, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0, said + output
    assert "Every event is accounted for." in output
    assert await topics(broker) == []

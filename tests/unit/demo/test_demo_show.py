"""When a demo ends by itself, and when it stays for whoever looks at the desk."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest
from rich.console import Console

from stream.config import load
from stream.demo import browsing
from stream.demo import show as module
from stream.demo.plan import Plan
from stream.demo.show import Show
from stream.demo.tally import Tally


class Desk:
    """Stands where the demo's desk is: what it has sent grows by hand."""

    def __init__(self):
        self.now = Tally()

    async def tally(self):
        return self.now


@pytest.fixture
def show(monkeypatch):
    """A demo that has fed ten events, all of them handled, and was looked at an hour ago."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    plan = Plan("a town", [], None, leave=False)
    made = Show(load(env={}), plan, Console(), "http://nowhere", SimpleNamespace(returncode=None), None, Desk())
    made._seen.sent, made._seen.feeding = 10, False
    made._seen.figures.results["handled"] = 10
    clock.now = 3_600.0
    made.clock = clock
    return made


async def looked_at(show, handled):
    """Look once, as the demo does; tell whether it would end now."""

    async def scrape(session):
        show._seen.figures.results["handled"] = handled

    show._scrape = scrape
    await show._look(None)
    feeding = asyncio.get_running_loop().create_future()
    feeding.set_result(None)
    return show._ended(feeding)


async def test_a_demo_on_a_terminal_stays(show):
    assert await looked_at(show, 10) is False


@pytest.mark.parametrize("sent", [Tally(feedback=1), Tally(contacts=1), Tally(staff=1)])
async def test_an_answer_after_an_hour_does_not_end_it_before_the_engine_has_read_it(show, sent):
    show._desk.now = sent
    assert await looked_at(show, 10) is False
    assert await looked_at(show, 11) is False


@pytest.mark.parametrize(("handled", "settled"), [(9, False), (10, True), (11, False)])
def test_all_is_settled_when_worker_and_desk_agree(show, handled, settled):
    """The worker may have read what the desk sent after it was asked."""
    show._seen.desk = Tally()
    show._seen.figures.results["handled"] = handled
    assert show._seen.settled is settled


@pytest.mark.parametrize("there", [True, False])
async def test_a_link_is_opened_or_it_is_said_that_no_browser_is_there(monkeypatch, there):
    opened = []
    monkeypatch.setattr(browsing.webbrowser, "open", lambda link: opened.append(link) or there)
    assert await browsing.browsed("http://desk/link") is there
    assert opened == ["http://desk/link"]


async def test_a_browser_that_stays_open_keeps_no_demo_alive(monkeypatch):
    closed = threading.Event()
    monkeypatch.setattr(browsing.webbrowser, "open", lambda link: closed.wait(30))
    opening = asyncio.create_task(browsing.browsed("http://desk/link"))
    await asyncio.sleep(0)
    (waiting,) = [thread for thread in threading.enumerate() if thread.name.endswith("(browse)")]
    assert waiting.daemon
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    closed.set()
    waiting.join(5)


async def test_what_is_never_handled_ends_it(show):
    show._desk.now = Tally(feedback=1)
    assert await looked_at(show, 10) is False
    show.clock.now += module._STALL_S + 1
    assert await looked_at(show, 10) is True

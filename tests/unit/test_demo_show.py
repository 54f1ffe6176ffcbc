"""When a demo ends by itself, and when it stays for whoever looks at the desk."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from rich.console import Console

from stream.config import load
from stream.demo import run
from stream.demo.run import Plan, Show
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
    monkeypatch.setattr(run, "time", SimpleNamespace(monotonic=lambda: clock.now))
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


async def test_what_is_never_handled_ends_it(show):
    show._desk.now = Tally(feedback=1)
    assert await looked_at(show, 10) is False
    show.clock.now += run._STALL_S + 1
    assert await looked_at(show, 10) is True

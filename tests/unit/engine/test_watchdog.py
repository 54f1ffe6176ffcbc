"""What counts as a stall, and that the one who watches tells once, with where things stand."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as some

from stream.engine.liveness.pulse import LOOP, Pulse, Stall, Stalls
from stream.engine.liveness.watchdog import Watchdog, stacks
from stream.engine.liveness.whereabouts import whereabouts


def looks(stalls, pulses, times, limit=10.0):
    """Return what the last of so many looks, a second apart, found."""
    found = []
    for _ in range(times):
        found = stalls.look(pulses, 1.0, limit)
    return found


def test_work_without_a_beat_for_the_limit_is_a_stall():
    stalls, pulse = Stalls(), Pulse("a batch is under way")
    assert looks(stalls, {3: pulse}, 10) == []
    assert looks(stalls, {3: pulse}, 1) == [Stall(3, 10.0, "a batch is under way")]


def test_a_beat_begins_anew():
    stalls, pulse = Stalls(), Pulse("records wait")
    looks(stalls, {3: pulse}, 9)
    pulse.beat("records wait")
    assert looks(stalls, {3: pulse}, 10) == []


def test_a_shard_with_nothing_to_do_may_rest_for_ever():
    stalls, pulse = Stalls(), Pulse()
    assert looks(stalls, {3: pulse}, 1000) == []
    pulse.work = "records wait"
    assert looks(stalls, {3: pulse}, 9) == [], "the time of rest does not count"
    assert looks(stalls, {3: pulse}, 1) != []


def test_a_shard_that_left_and_came_back_has_all_its_time():
    stalls, pulse = Stalls(), Pulse("opening")
    looks(stalls, {3: pulse}, 9)
    looks(stalls, {}, 1)
    assert looks(stalls, {3: pulse}, 10) == []


def test_each_is_judged_by_itself():
    stalls, well, ill = Stalls(), Pulse("records wait"), Pulse("records wait")
    for _ in range(30):
        well.beat("records wait")
        found = stalls.look({1: well, 2: ill, LOOP: well}, 1.0, 10.0)
    assert [stall.name for stall in found] == [2]


def test_it_is_said_in_words():
    assert str(Stall(3, 180.4, "opening")) == "shard 3 made no progress for 180 s (opening)"
    assert str(Stall(LOOP, 5, "callbacks wait")).startswith("the event loop made no progress")


@given(some.lists(some.tuples(some.floats(0.01, 5), some.booleans(), some.booleans()), max_size=60))
def test_it_stalls_exactly_when_the_time_with_work_since_the_last_beat_reaches_the_limit(story):
    stalls, pulse, still = Stalls(), Pulse(), None
    for passed, beaten, works in story:
        if beaten:
            pulse.beats += 1
        pulse.work = "records wait" if works else ""
        still = 0.0 if still is None or beaten or not works else still + passed
        found = stalls.look({0: pulse}, passed, 10.0)
        assert bool(found) == (still >= 10.0)


def watch(pulses, limit_s=1.0, **more):
    """Run a watchdog until it has told; return what it told."""
    told, heard = threading.Event(), []
    dog = Watchdog(lambda: pulses, limit_s, lambda reason: (heard.append(reason), told.set()), **more)
    dog.start()
    try:
        assert told.wait(20)
    finally:
        dog.stop()
        faulthandler.cancel_dump_traceback_later()
    return heard


def test_it_tells_once_and_logs_the_reason_with_where_every_thread_stands(caplog):
    heard = watch({4: Pulse("a batch is under way")}, whereabouts=lambda name: [f"place of {name}"])
    assert len(heard) == 1
    assert heard[0].startswith("shard 4 made no progress for 1 s")
    (line,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert line.levelname == "CRITICAL"
    assert heard[0] in line.getMessage()
    assert line.stacks["4"] == ["place of 4"]
    assert any("test_watchdog.py" in place for place in line.stacks["MainThread"])


def test_the_thread_that_asks_is_not_among_the_stacks():
    assert "stacks" not in str(stacks().get("MainThread"))


CASES = {
    "told, and ends by itself": ("dog.start(); told.wait(); dog.stop(); done()", 0),
    "told, and does not end": ("dog.start(); threading.Event().wait(60)", 1),
    "told, begins to end and hangs": ("dog.start(); told.wait(); dog.stop(); threading.Event().wait(60)", 1),
    "the interpreter's lock is never given back": (
        "sys.setswitchinterval(1e-6); dog.start(); re.match('(a+)+$', 'a' * 60 + 'b')", 1,
    ),
    "nothing is wrong": ("pulse.work = ''; dog.start(); time.sleep(2.5); dog.stop(); time.sleep(2.5)", 0),
}  # fmt: skip
PROCESS = """
import faulthandler, re, sys, threading, time
from stream.engine.liveness.pulse import Pulse
from stream.engine.liveness.watchdog import Watchdog
told, pulse, done = threading.Event(), Pulse("a batch is under way"), faulthandler.cancel_dump_traceback_later
dog = Watchdog(lambda: {0: pulse}, 1.0, lambda reason: told.set())
"""


@pytest.mark.parametrize(("lines", "status"), CASES.values(), ids=CASES)
def test_what_does_not_end_by_itself_is_ended(lines, status):
    done = subprocess.run([sys.executable, "-c", PROCESS + lines], capture_output=True, text=True, timeout=30)
    assert done.returncode == status, done.stderr
    assert ("Timeout (0:00:0" in done.stderr) == bool(status), done.stderr


async def test_the_place_where_a_task_waits_is_the_innermost():
    async def inner():
        await asyncio.Event().wait()

    async def outer():
        await inner()

    task = asyncio.create_task(outer())
    await asyncio.sleep(0)
    places = whereabouts(task)
    assert [place.rsplit(" ", 1)[1] for place in places[:2]] == ["outer", "inner"]
    assert places[-1].endswith(" wait")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert whereabouts(task) == []
    assert whereabouts(None) == []

"""What is written on a stream, and when it is ended."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from support.desk_rows import NOW
from support.until import until

from stream.desk.push.event import Pace, make
from stream.desk.push.hub import Hub
from stream.desk.push.sse import resume_from, stream
from stream.desk.store.repositories.pushes import NewPush, append_pushes


@pytest.mark.parametrize(
    ("header", "query", "after"),
    [("7", "3", 7), (None, "3", 3), ("", "3", 3), ("x", None, None), ("-1", None, None), ("9" * 19, None, None),
     ("٣", None, None), (None, None, None)],
)  # fmt: skip
def test_a_stream_goes_on_behind_the_last_id_or_the_pages_own_number(header, query, after):
    assert resume_from(header, query) == after


def test_hostile_words_break_out_of_no_line():
    event = make(3, "alert\nid: 9", {"kind": "a\n\nevent: b\r\n", "notify": True})
    lines = event.encoded.decode().split("\n")
    assert lines[:2] == ["id: 3", "event: alertid9"]
    assert lines[3:] == ["", ""]
    assert msgspec.json.decode(lines[2].removeprefix("data: ")) == {"kind": "a\n\nevent: b\r\n", "notify": True}
    assert event.notify


async def test_it_writes_what_is_committed_and_beats_when_it_is_quiet(embedded):
    hub, written = Hub(embedded, pace=Pace(heartbeat_s=0.05)), []
    hub.start()

    async def write(data):
        written.append(data)

    task = asyncio.create_task(stream(hub, "rm-1", 0, write))
    await until(lambda: b": here\n\n" in written)
    async with embedded.transaction() as tx:
        await append_pushes(tx, [NewPush(receiver="rm-1", event="alert", notify=True, episode_id="e")], NOW)
    hub.committed(["rm-1"])
    await until(lambda: any(data.startswith(b"id: 1\n") for data in written))
    assert written[0] == b"retry: 2000\n\n"
    (told,) = [data for data in written if data.startswith(b"id: 1\n")]
    assert told.endswith(b'data: {"notify":true,"at":%d,"episode_id":"e"}\n\n' % NOW)
    await hub.close()
    await task


async def test_one_that_takes_nothing_is_ended_and_can_resume(embedded):
    async with embedded.transaction() as tx:
        await append_pushes(tx, [NewPush(receiver="rm-1", event="alert")], NOW)
    hub = Hub(embedded, pace=Pace(stall_s=0.05))
    hub.start()
    taken = []

    async def write(data):
        if data.startswith(b"id:"):
            await asyncio.Event().wait()
        taken.append(data)

    with pytest.raises(TimeoutError):
        await stream(hub, "rm-1", 0, write)
    assert hub.open == 0
    assert hub.metrics.registry.get_sample_value("churnwatch_desk_streams_cut_total") == 1
    await hub.close()

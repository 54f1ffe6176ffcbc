"""SQLite works in threads: none of them speaks to an event loop that has ended."""

from __future__ import annotations

import asyncio
import random
import threading
from pathlib import Path

from sqlalchemy import text

from stream.desk.store.database import Database
from stream.settings.desk import Database as StoreSettings


async def _cancelled_anywhere(file: Path, rng: random.Random) -> None:
    """Work with a store, be cancelled wherever that is, and close."""
    database = Database.open(StoreSettings(url=f"sqlite:///{file}"))

    async def work() -> None:
        while True:
            async with database.transaction() as tx:
                await tx.execute(text("SELECT 1"))
            async with database.reading() as look:
                await look.execute(text("SELECT 1"))

    tasks = [asyncio.create_task(work()) for _ in range(4)]
    await asyncio.sleep(rng.random() * 0.03)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await database.close()


def test_whoever_is_cancelled_wherever_leaves_no_thread_behind_that_answers_to_a_closed_loop(tmp_path, monkeypatch):
    faults: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda given: faults.append(repr(given.exc_value)))
    rng, before = random.Random(3), threading.active_count()
    for _ in range(80):  # without waiting for them one in nine fails
        asyncio.run(_cancelled_anywhere(tmp_path / "desk.db", rng))
    assert faults == []
    assert threading.active_count() == before

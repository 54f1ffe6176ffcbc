"""A store whose files were cut off, overwritten or removed: it says so, or holds what it held at some batch's end."""

from __future__ import annotations

import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from chaos.faults.store import WAYS, overwrite

from stream.domain.state import State, encode
from stream.engine.store.rocks import STATE, Store, StoreDamaged, discard

BATCHES, EACH = 40, 50


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of several files, closed."""
    folder = tmp_path_factory.mktemp("whole") / "shard-0"
    store = Store(folder)
    stored = encode(State(timers={"x": 5}))
    for batch in range(1, BATCHES):
        names = [f"{batch}-{number}".encode() for number in range(EACH)]
        store.write([(STATE + name, stored) for name in names], [(name, 0, 5) for name in names], batch, batch)
        if batch % 15 == 0:
            store.flush()
    store.close()
    return folder


def held(folder: Path) -> tuple[int | None, int, int]:
    """Return where a store stands, and how many states and timers it has."""
    store = Store(folder)
    try:
        timers = store.timers_after(0, b"", BATCHES * EACH)
        some, last = store.containing(STATE, b"", b"", BATCHES * EACH + 1)
        assert last is None and len(some) == len(list(store.states()))
        return store.offset, len(some), len(timers)
    finally:
        store.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(4))
def test_damage_is_said_or_takes_away_whole_batches_from_the_end(whole, tmp_path, way, seed):
    said = 0
    names = [file.name for file in sorted(whole.iterdir()) if file.stat().st_size]
    for name in names:
        copy = tmp_path / name
        shutil.copytree(whole, copy)
        way(copy / name, random.Random(seed))
        try:
            offset, states, timers = held(copy)
            assert states == timers == (offset or 0) * EACH
        except StoreDamaged:
            said += 1
    assert 0 < said < len(names)


def test_a_damaged_store_is_discarded_and_begins_anew(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "s")
    (tmp_path / "s" / "CURRENT").write_bytes(b"?")
    with pytest.raises(StoreDamaged):
        Store(tmp_path / "s")
    discard(tmp_path / "s")
    assert held(tmp_path / "s") == (None, 0, 0)


def test_a_single_state_in_a_damaged_block_is_not_taken_for_poison(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "s")
    for file in (tmp_path / "s").glob("*.sst"):
        overwrite(file, random.Random(3))
    with pytest.raises(StoreDamaged):  # and so by no `except Exception`
        store = Store(tmp_path / "s")
        try:
            for batch in range(1, BATCHES):
                store.get(STATE + f"{batch}-0".encode())
        finally:
            store.close()


def test_damage_that_the_store_meets_by_itself_is_said_at_the_latest_when_it_is_closed(tmp_path):
    said = 0
    for seed in range(12):
        folder = tmp_path / str(seed)
        fill(folder, range(4))
        files = sorted(folder.glob("*.sst"))
        overwrite(files[seed % len(files)], random.Random(seed))
        with suppress(StoreDamaged):  # found when it is opened, or written to
            fill(folder, range(4, 24))  # so much that files are merged in the background
            continue
        said += 1
        discard(folder)
        assert held(folder) == (None, 0, 0), "it was closed all the same"
    assert said


def fill(folder, batches):
    store = Store(folder)
    try:
        for batch in batches:
            names = [f"{batch % 4}-{number}".encode() for number in range(200)]
            store.write([(STATE + name, encode(State())) for name in names], [], batch, batch)
            store.flush()
    finally:
        store.close()


def test_what_another_process_holds_is_not_damaged(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "s")
    store = Store(tmp_path / "s")
    with pytest.raises(Exception, match="lock"):
        Store(tmp_path / "s")
    store.close()
    assert held(tmp_path / "s")[0] == BATCHES - 1

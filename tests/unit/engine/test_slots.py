"""Where a worker keeps its stores."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stream.engine.store import slots
from stream.engine.store.slots import Slot


def test_the_first_free_folder_is_taken_and_a_second_worker_takes_the_next(tmp_path):
    first, second = Slot(tmp_path / "state"), Slot(tmp_path / "state")
    assert (first.path.name, second.path.name) == ("slot-0", "slot-1")
    assert first.store(3) == tmp_path / "state" / "slot-0" / "shard-3"
    first.release()
    third = Slot(tmp_path / "state")
    assert third.path.name == "slot-0"
    second.release()
    third.release()


def test_a_named_one_is_the_instances_own_and_comes_back_to_it(tmp_path):
    one = Slot(tmp_path, "pod-0")
    assert one.path == tmp_path / "pod-0"
    one.release()
    again = Slot(tmp_path, "pod-0")
    assert again.path == one.path
    again.release()


def test_a_named_one_that_is_held_is_refused_with_what_to_do(tmp_path):
    held = Slot(tmp_path, "pod-0")
    with pytest.raises(OSError, match=r"pod-0: another worker holds this state folder.*engine\.instance"):
        Slot(tmp_path, "pod-0")
    held.release()


def test_where_every_folder_is_held_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "_MOST", 1)
    held = Slot(tmp_path)
    with pytest.raises(OSError, match="another worker holds"):
        Slot(tmp_path)
    held.release()


def test_the_folder_of_a_process_that_was_killed_is_free_again(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from stream.engine.store.slots import Slot\n"
        "print(Slot(Path(sys.argv[1])).path.name, flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline().strip() == "slot-0"
        other = Slot(tmp_path)
        assert other.path.name == "slot-1"
        other.release()
    finally:
        holder.kill()
        holder.communicate()
    mine = Slot(tmp_path)
    assert mine.path.name == "slot-0"
    mine.release()

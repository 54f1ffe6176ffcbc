"""What a person would expect, by example: the scenarios that stand beside the project, where they are there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = ROOT.parent / "shared" / "scenarios" / "run.py"

BOOK = RUNNER.with_name("expectations.json")
NAMES = list(json.loads(BOOK.read_text())) if BOOK.exists() else []


@pytest.mark.skipif(not RUNNER.exists(), reason="no scenarios beside the project (../shared/scenarios)")
@pytest.mark.parametrize("name", NAMES or ["none"])  # an empty book is a failure, not nothing to do
def test_the_scenario_holds(tmp_path, name):
    """`run.py` calls `churnwatch`: here that is this checkout's, by this interpreter."""
    command = tmp_path / "churnwatch"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stream "$@"\n')
    command.chmod(0o755)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CHURNWATCH_")},
        "PATH": f"{tmp_path}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(ROOT),
    }
    run = subprocess.run(
        [sys.executable, str(RUNNER), "--only", name], capture_output=True, text=True, env=env, timeout=250
    )
    wrong = [line for line in run.stdout.splitlines() if not line.startswith("ok")]
    assert run.returncode == 0, "\n".join([*wrong, run.stderr[-2000:]])
    assert "1 passed, 0 failed" in run.stdout

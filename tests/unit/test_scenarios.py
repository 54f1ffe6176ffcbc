"""What a person would expect, by example: the scenarios that stand beside the project, where they are there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = ROOT.parent / "shared" / "scenarios" / "run.py"

BOOK = RUNNER.with_name("expectations.json")
COUNTS = Counter(want["wave"] for want in json.loads(BOOK.read_text()).values()) if BOOK.exists() else Counter()
WAVES = sorted(COUNTS) or [0]


@pytest.mark.skipif(not RUNNER.exists(), reason="no scenarios beside the project (../shared/scenarios)")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("wave", WAVES)
def test_the_scenarios_hold(tmp_path, wave):
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
        [sys.executable, str(RUNNER), "--wave", str(wave)], capture_output=True, text=True, env=env, timeout=560
    )
    wrong = [line for line in run.stdout.splitlines() if not line.startswith("ok")]
    assert run.returncode == 0, "\n".join([*wrong, run.stderr[-2000:]])
    assert f"{COUNTS[wave]} passed, 0 failed" in run.stdout

"""What a person would expect, by example: the scenarios that stand beside the project, where they are there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = ROOT.parent / "shared" / "scenarios" / "run.py"


@pytest.mark.skipif(not RUNNER.exists(), reason="no scenarios beside the project (../shared/scenarios)")
def test_the_scenarios_of_the_first_three_warnings_hold(tmp_path):
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
        [sys.executable, str(RUNNER), "--wave", "1"], capture_output=True, text=True, env=env, timeout=240
    )
    wrong = [line for line in run.stdout.splitlines() if not line.startswith("ok")]
    assert run.returncode == 0, "\n".join([*wrong, run.stderr[-2000:]])
    assert ", 0 failed" in run.stdout

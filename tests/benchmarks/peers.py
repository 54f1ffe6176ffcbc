"""Where the peers' libraries are: in this environment, or in one of their own that is made once.

Quix Streams wants an older pydantic than ours; installed here it would take the one the worker runs with.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from stream.broker.places import cache_dir

from .process import REPOSITORY


def python_with(module: str) -> str:
    """Return an interpreter that can import `module` beside this project, made from the extra `benchmark` if need be.

    Raises:
        RuntimeError: it cannot be installed; the message holds what pip said.
    """
    if find_spec(module) is not None:
        return sys.executable
    home = (
        cache_dir(os.environ) / f"benchmark-{sys.version_info.major}.{sys.version_info.minor}-{version('churnwatch')}"
    )
    python = home / "bin" / "python"
    if not _imports(python, module):
        print(f"making an environment for the peers in {home}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--editable", f"{REPOSITORY}[benchmark]"]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"the extra 'benchmark' cannot be installed into {home}:\n{done.stderr[-2000:]}")
    return str(python)


def _imports(python: Path, module: str) -> bool:
    return (
        python.exists()
        and not subprocess.run(
            [python, "-c", f"import {module}, stream.config"], cwd=REPOSITORY, capture_output=True, check=False
        ).returncode
    )

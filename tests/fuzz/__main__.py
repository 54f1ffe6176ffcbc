"""Coverage-guided fuzzing with atheris, where it is installed (pip install atheris):

python -m fuzz TARGET [libFuzzer's options]        from the folder `tests`; as: worker_edge -max_total_time=60
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import orjson


def main() -> None:
    """Run one target until it fails or its time is over."""
    import atheris

    with atheris.instrument_imports(include=["stream", "models"]):
        from fuzz.known import KNOWN, SEEDS
        from fuzz.targets import TARGETS
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"{__doc__}\nTargets: {', '.join(TARGETS)}")
    target = TARGETS[sys.argv.pop(1)]
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate([*SEEDS, *(orjson.dumps(known) for known in KNOWN)]):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, corpus], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

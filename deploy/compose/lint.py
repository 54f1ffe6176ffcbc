"""Check a compose file against the compose specification: python deploy/compose/lint.py FILE. Run by deploy/lint.sh.

Variables are filled in first, with their defaults or an address; unknown keys are faults.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import compose_spec
import yaml

_REQUIRED = re.compile(r"\$\{\w+:\?[^}]*\}")
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


def main(file: Path) -> int:
    """Return 0 when the file fits, else 1 and say why not."""
    text = _DEFAULT.sub(r"\1", _REQUIRED.sub("https://id.example", file.read_text(encoding="utf-8")))
    try:
        compose_spec.PyCompose.from_json(json.dumps(yaml.safe_load(text)))  # it knows no YAML merge keys
    except ValueError as fault:
        sys.stderr.write(f"{file}: {fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""The wheel and the source archive hold all that runs: built here without a network, used outside of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ELSEWHERE: dict[str, str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
BUILD = "import sys; from hatchling.build import {kind}; print({kind}(sys.argv[1]))"


def built(kind: str, source: Path, into: Path) -> Path:
    """Build as pip would, with the backend that is installed; return the file."""
    command = [sys.executable, "-c", BUILD.format(kind=kind), str(into)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=True, timeout=120)
    return into / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("build_wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what is in the wheel: a pure one is installed by unpacking it."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def of_packages() -> dict[str, bytes]:
    """Return every file of our packages, ignored ones too: a rule of .gitignore must not take one away."""
    files = (file for package in ("stream", "models") for file in (ROOT / package).rglob("*") if file.is_file())
    kept = (file for file in files if "__pycache__" not in file.parts and file.suffix != ".pyc")
    return {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in kept}


def from_elsewhere() -> dict[str, bytes]:
    """Return what the packages take along from `deploy`, by its name in the wheel."""
    found: dict[str, bytes] = {}
    for source, target in ELSEWHERE.items():
        place = ROOT / source
        files = [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())
        for file in files:
            below = "" if file == place else "/" + file.relative_to(place).as_posix()
            found[target + below] = file.read_bytes()
    return found


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def run(installed: Path, at: Path, *arguments: str) -> str:
    """Run the installed package where there is no checkout, unmeasured: it is a copy; return what it printed."""
    ours = ("CHURNWATCH_", "KAFKA_", "COV")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env |= {"PYTHONPATH": str(installed), "COLUMNS": "120", "NO_COLOR": "1"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=at, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_ours_and_nothing_else(wheel):
    has = {name: data for name, data in contents(wheel).items() if ".dist-info/" not in name}
    wanted = of_packages() | from_elsewhere()
    assert len(wanted) > 500
    assert sorted(has) == sorted(wanted)
    assert [name for name, data in wanted.items() if has[name] != data] == []


def test_the_wheel_has_the_licence_and_those_of_what_it_brings(wheel):
    names = list(contents(wheel))
    assert any(name.endswith("dist-info/licenses/deploy/docs/LICENSE") for name in names)
    vendored = [name for name in names if "/vendor/" in name and name.endswith(".js")]
    assert vendored
    assert all(name.replace(".min.js", ".LICENSE") in names for name in vendored)


def test_the_source_archive_gives_the_same_wheel(wheel, tmp_path):
    archive = built("build_sdist", ROOT, tmp_path)
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    again = built("build_wheel", tmp_path / archive.name.removesuffix(".tar.gz"), tmp_path)
    assert contents(again) == contents(wheel)


def test_its_files_are_found_from_where_it_is_installed(installed, tmp_path):
    code = (
        "import stream.config as c, stream.broker.jars as j, stream.demo.prometheus as p; "
        "print(c.default_file()); print(j.lock_file()); print(p.rules())"
    )
    assert run(installed, tmp_path, "-c", code).split() == [
        str(installed / "stream" / "default.toml"),
        str(installed / "stream" / "broker" / "jgo.lock.toml"),
        str(installed / "stream" / "demo" / "rules"),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--help"], "worker"),
        (["rules", "list"], "usage_drop"),
        (["topics", "list"], "state-changelog"),
        (["worker", "--print-config"], "stall_limit_ms"),
    ],
    ids=" ".join,
)
def test_a_command_runs_without_the_checkout(installed, tmp_path, arguments, says):
    assert says in run(installed, tmp_path, "-m", "stream", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_town_is_simulated_and_replayed_without_the_checkout(installed, tmp_path):
    town = ["simulate", "--customers", "20", "--days", "60", "--seed", "7", "--output", "town.jsonl"]
    run(installed, tmp_path, "-m", "stream", *town)
    run(installed, tmp_path, "-m", "stream", "replay", "--input", "town.jsonl", "--output", "alerts.jsonl")
    assert '"alert_id"' in (tmp_path / "alerts.jsonl").read_text(encoding="utf-8")

"""The container file: what it copies is enough to build the wheel, and what it says of the image holds."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from support.deploy_files import ROOT, image_environment, instructions, parse, settled, version_of_image

from stream.port import Port, health

IGNORE = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
COPIED = [words.split() for name, words in instructions() if name == "COPY" and "--from" not in words]
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


def one(name: str) -> str:
    """Return what the last instruction of a name is given: the one that counts."""
    return [rest for given, rest in instructions() if given == name][-1]


def listing(source: Path, into: Path) -> list[str]:
    into.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(into)], cwd=source, capture_output=True, text=True, check=True
    )
    return zipfile.ZipFile(into / done.stdout.splitlines()[-1]).namelist()


def test_what_is_copied_is_enough_to_build_the_same_wheel(tmp_path):
    source = tmp_path / "source"
    for *names, target in COPIED:
        for name in names:
            place = source / target / Path(name).name if target == "./" else source / target
            place.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
            copy(ROOT / name, place)
    assert listing(source, tmp_path / "there") == listing(ROOT, tmp_path / "here")


def test_what_is_copied_is_not_ignored_and_all_else_is():
    kept = [line.removeprefix("!") for line in IGNORE if line.startswith("!")]
    assert next(line for line in IGNORE if line and not line.startswith("#")) == "*"
    for *names, _ in COPIED:
        for name in names:
            assert any(name == way or name.startswith(way + "/") for way in kept), name
    assert all((ROOT / way).exists() for way in kept)


def test_packages_are_the_locked_ones_by_their_hashes():
    installs = [
        part for name, rest in instructions() if name == "RUN" for part in rest.split("&&") if "pip install" in part
    ]
    locked, own = installs
    assert "--require-hashes --only-binary :all: --requirement deploy/locks/run.txt" in locked
    assert "--no-deps --no-index" in own


def test_stages_begin_with_a_plain_image_of_a_fixed_version():
    images = [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    assert len(images) == 2
    for image in images:
        assert "/" not in image
        python = tuple(int(part) for part in version_of_image(image).split("-")[0].split("."))
        assert python >= (3, 11)


def test_it_runs_as_somebody_who_is_not_root_and_can_write_where_the_state_is(tmp_path):
    uid, gid = one("USER").split(":")
    assert min(int(uid), int(gid)) >= 10_000
    home = one("VOLUME")
    assert any(
        f"--owner={uid} --group={gid}" in rest and home in rest for name, rest in instructions() if name == "RUN"
    )
    settings = settled({}, tmp_path, [])
    folders = (settings.engine.state_dir, settings.model.trainer.state_dir, settings.desk.state_dir)
    assert len(set(folders)) == 3
    assert all(str(folder).startswith(home + "/") for folder in folders)


def test_labels_and_ports_are_those_of_the_package_and_the_settings(tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert ("ARG", f"VERSION={project['version']}") in instructions()
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', one("LABEL")))
    assert (labels["title"], labels["description"]) == (project["name"], project["description"])
    assert labels["licenses"] == project["license"]
    settings = settled({}, tmp_path, [])
    assert one("EXPOSE").split() == [str(settings.http.port), str(settings.desk.port)]


def test_it_starts_a_command_that_there_is():
    assert json.loads(one("ENTRYPOINT")) == ["churnwatch"]
    parse(json.loads(one("CMD")))


@pytest.mark.parametrize(("failing", "status"), [("", 0), ("made no progress", 1)])
async def test_the_health_check_tells_well_from_sick(failing, status):
    port = Port([], health=lambda: health(failing), readiness=lambda: health(failing))
    listens = await port.start("127.0.0.1", 0)
    _, _, code = json.loads(one("HEALTHCHECK").partition("CMD ")[2])
    env = image_environment() | {"CHURNWATCH_HTTP__PORT": str(listens)}
    try:
        done = await _run(code, env)
    finally:
        await port.stop()
    assert done == status


async def _run(code: str, env: dict[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=env, stderr=asyncio.subprocess.DEVNULL
    )
    return await asyncio.wait_for(process.wait(), 30)

"""This machine: the interpreter, the packages, the folders and the room in them."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from stream.config import Settings
from stream.engine.log.deadletter import build_version
from stream.ops.doctor.finding import Finding, Findings, look, ok, wrong

_LEAST_FREE = 1 << 30
_LEAST_SHARE = 0.1


def versions(needs: list[str] | None = None) -> Finding:
    """Say whether the packages that are installed are those this build was made for; `needs` as in its metadata."""
    python = ".".join(map(str, sys.version_info[:3]))
    needs = (metadata.requires("churnwatch") or []) if needs is None else needs
    unmet = [said for need in map(Requirement, needs) if (said := _unmet(need))]
    if unmet:
        return wrong("versions", "; ".join(unmet), "pip install --upgrade churnwatch")
    return ok("versions", f"churnwatch {build_version()} on Python {python}; every package fits")


def _unmet(need: Requirement) -> str:
    if need.marker is not None and not need.marker.evaluate({"extra": ""}):
        return ""
    try:
        found = metadata.version(need.name)
    except metadata.PackageNotFoundError:
        return f"{need.name} is not installed"
    return (
        ""
        if need.specifier.contains(Version(found), prereleases=True)
        else f"{need.name} {found} is not {need.specifier}"
    )


def folders(settings: Settings) -> Findings:
    """Yield for each role's folder whether it can be written, and has room."""
    for name, folder in (
        ("engine.state_dir", settings.engine.state_dir),
        ("model.trainer.state_dir", settings.model.trainer.state_dir),
        ("desk.state_dir", settings.desk.state_dir),
    ):
        yield _folder(f"disk, {name}", folder)


def _folder(check: str, folder: Path) -> Finding:
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return wrong(check, f"{there} cannot be written by this user", "give it to the user that the role runs as")
    room = shutil.disk_usage(there)
    said = f"{room.free / 1e9:,.1f} GB free of {room.total / 1e9:,.1f} in {folder}"
    if room.free < _LEAST_FREE:
        return wrong(check, said, "make room: a store that cannot be written ends its worker")
    if room.free < _LEAST_SHARE * room.total:
        return look(check, said, "leave as much free as the stores take: they are compacted beside the old ones")
    return ok(check, said)

"""The locks hold what pyproject.toml asks for and what is installed, with hashes; the bill of materials says so too."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "deploy" / "locks"
EXTRAS = {"run": (), "kafka": ("kafka",), "kafka-dev": ("kafka", "dev")}
ANEW = "run: bash deploy/audit.sh lock && bash deploy/audit.sh sbom"


def pinned(name: str) -> dict[str, list[Requirement]]:
    """Return a lock's pins by name; a package may have one for each kind of platform."""
    found: dict[str, list[Requirement]] = {}
    for line in (LOCKS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            one = Requirement(line.removesuffix("\\").strip())
            found.setdefault(canonicalize_name(one.name), []).append(one)
    return found


def here(requirement: Requirement, extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**default_environment(), "extra": extra})


def version(pins: list[Requirement]) -> str:
    [one] = [pin for pin in pins if here(pin)]
    return next(iter(one.specifier)).version


def asked(extras: tuple[str, ...]) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in extras for text in optional[extra])]
    own = [Requirement(text) for text in texts]
    within = tuple(extra for one in own if one.name == project["name"] for extra in one.extras)
    return [one for one in own if one.name != project["name"]] + (asked(within) if within else [])


@pytest.mark.parametrize("name", [*EXTRAS, "audit", "lint"])
def test_a_lock_pins_each_file_by_its_hash_and_names_no_registry(name):
    text = (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text and "index" not in text.replace("--no-emit-index", "")
    for entry in re.split(r"\n(?=\S)", text):
        if not entry.startswith("#"):
            assert re.match(r"[A-Za-z0-9._-]+==[^ ;]+", entry), entry[:60]
            assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry[:60]


@pytest.mark.parametrize("name", EXTRAS)
def test_a_lock_holds_what_the_project_asks_for(name):
    pins = pinned(name)
    for requirement in asked(EXTRAS[name]):
        found = pins.get(canonicalize_name(requirement.name))
        assert found is not None, f"{requirement} is not in {name}.txt: {ANEW}"
        assert requirement.specifier.contains(version(found)), f"{requirement} against {version(found)}: {ANEW}"


def test_the_locks_agree_with_each_other():
    whole = pinned("kafka-dev")
    for name in ("kafka", "run"):
        for package, pins in pinned(name).items():
            assert {str(pin) for pin in pins} <= {str(pin) for pin in whole[package]}, (name, package)


def test_what_is_installed_is_what_is_locked_and_whole():
    pins, seen = pinned("kafka-dev"), 0
    for package, own in pins.items():
        if not any(here(pin) for pin in own):
            continue
        try:
            installed = metadata.distribution(package)
        except metadata.PackageNotFoundError:
            pytest.fail(f"{package} is locked and not installed: run deploy/test.sh again")
        assert installed.version == version(own), f"{package}: {ANEW}, or run deploy/test.sh again"
        for text in installed.requires or ():
            needed = Requirement(text)
            if here(needed):
                found = pins.get(canonicalize_name(needed.name))
                assert found and needed.specifier.contains(version(found), prereleases=True), (
                    f"{package} needs {needed}"
                )
        seen += 1
    assert seen > 100


# Versions from which a hole of some weight is closed, of what handles foreign bytes. The advisories say the rest
# (deploy/audit.sh check), but not to a machine that does not reach them.
FLOORS = {
    "orjson": ("3.11.6", "CVE-2025-67221: unbounded recursion"),
    "jinja2": ("3.1.6", "CVE-2025-27516: sandbox escape"),
    "cryptography": ("44.0.1", "CVE-2024-12797: raw public keys"),
    "aiohttp": ("3.13.3", "CVE-2025-69223 and others: bombs and smuggling"),
    "h11": ("0.16.0", "CVE-2025-43859: chunked smuggling"),
    "requests": ("2.32.4", "CVE-2024-47081: credentials leak"),
    "urllib3": ("2.6.0", "CVE-2025-66418, CVE-2025-66471: decompression"),
    "idna": ("3.7", "CVE-2024-3651: quadratic time"),
    "authlib": ("1.6.5", "CVE-2025-61920: unbounded JWS"),
}


@pytest.mark.parametrize("package", FLOORS)
def test_no_version_with_a_known_hole_is_locked(package):
    floor, why = FLOORS[package]
    for name in EXTRAS:
        found = pinned(name).get(package)
        assert found is None or Version(version(found)) >= Version(floor), why


def test_the_bill_of_materials_is_that_of_the_locks():
    bill = json.loads((ROOT / "deploy/docs/sbom.cdx.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (bill["metadata"]["component"]["name"], bill["metadata"]["component"]["version"]) == (
        project["name"], project["version"],
    )  # fmt: skip
    listed = {one["purl"]: one for one in bill["components"]}
    python = {
        f"pkg:pypi/{name}@{next(iter(p.specifier)).version}" for name, pins in pinned("kafka").items() for p in pins
    }
    assert {purl for purl in listed if purl.startswith("pkg:pypi/")} == python, ANEW
    jars = tomllib.loads((ROOT / "deploy/kafka/jgo.lock.toml").read_text(encoding="utf-8"))["dependencies"]
    for jar in jars:
        one = listed[f"pkg:maven/{jar['groupId']}/{jar['artifactId']}@{jar['version']}"]
        assert one["hashes"][0]["content"] == jar["sha256"]
    assert len([purl for purl in listed if purl.startswith("pkg:npm/")]) == 2


@pytest.mark.parametrize("script", ["audit.sh", "lint.sh", "setup.sh"])
def test_the_scripts_can_be_parsed(script):
    subprocess.run(["bash", "-n", str(ROOT / "deploy" / script)], check=True)

"""Writes the bill of materials (CycloneDX 1.6, JSON): Python packages and Kafka's jars from their locks, browser files.

Run by `deploy/audit.sh sbom`. The same locks give the same bytes: it has no time and no serial number.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).parents[1]
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
_BROWSER = {
    "htmx.org": (ROOT / "stream/desk/web/static/vendor/htmx.min.js", re.compile(r'version:"([0-9.]+)"')),
    "uplot": (ROOT / "stream/desk/web/static/vendor/uplot.min.js", re.compile(r"\(v([0-9.]+)\)")),
}


def python_packages(lock: Path) -> Iterator[Component]:
    """Yield what a lock pins. Its hashes stand in the lock: there is one for each platform's file."""
    for name, version in _PIN.findall(lock.read_text(encoding="utf-8")):
        yield _library(name, version, PackageURL("pypi", None, name.lower().replace("_", "-"), version))


def jars(lock: Path) -> Iterator[Component]:
    """Yield the jars of the embedded broker."""
    for jar in tomllib.loads(lock.read_text(encoding="utf-8"))["dependencies"]:
        purl = PackageURL("maven", jar["groupId"], jar["artifactId"], jar["version"])
        yield _library(jar["artifactId"], jar["version"], purl, jar["sha256"])


def browser_files() -> Iterator[Component]:
    """Yield the libraries that the desk's page brings along."""
    for name, (file, version) in _BROWSER.items():
        found = version.search(file.read_text(encoding="utf-8"))
        if found is None:
            raise SystemExit(f"{file}: tells no version")
        digest = sha256(file.read_bytes()).hexdigest()
        yield _library(name, found[1], PackageURL("npm", None, name, found[1]), digest)


def _library(name: str, version: str, purl: PackageURL, digest: str = "") -> Component:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else None
    return Component(
        name=name, version=version, type=ComponentType.LIBRARY, purl=purl, bom_ref=purl.to_string(), hashes=hashes
    )


def document() -> str:
    """Return the whole bill, checked against CycloneDX's own schema."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = Component(name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref="self")
    parts = [
        *python_packages(ROOT / "deploy/locks/kafka.txt"),
        *jars(ROOT / "deploy/kafka/jgo.lock.toml"),
        *browser_files(),
    ]
    bom = Bom(components=parts)
    bom.metadata.component = own
    bom.register_dependency(own, parts)
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1)
    text = re.sub(r'\n *"(serialNumber|timestamp)": "[^"]*",?', "", text)  # of this run, not of what is in it
    text = re.sub(r",(\s*\n\s*})", r"\1", text)
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise SystemExit(f"not CycloneDX: {fault}")
    return text + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")

"""Kafka's jars: the exact set of the lock file, fetched by Maven coordinates, each checked by its SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stream.broker.errors import BrokerUnavailable
from stream.broker.progress import Progress, silent

if TYPE_CHECKING:
    from jgo.maven import Artifact

ENDPOINT = "org.apache.kafka:kafka_2.13:4.3.1!+org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!"
"""What the lock file was resolved from: `jgo.build(ENDPOINT)` leaves a new one in the directory it returns.

The log binding is not among the broker's own dependencies; without it the broker logs nothing. `!` keeps one
artifact's managed versions from the others: without it the binding's pull kafka-clients down to 3.9.1, and
the broker ends with a NoSuchMethodError."""


@dataclass(frozen=True, slots=True)
class Jars:
    """A broker's class path and the Kafka version it holds."""

    paths: tuple[Path, ...]
    version: str


def lock_file() -> Path:
    """Return the lock file: in the package when installed, in `deploy/kafka` in a checkout."""
    here = Path(__file__).parent
    installed = here / "jgo.lock.toml"
    return installed if installed.exists() else here.parents[1] / "deploy" / "kafka" / "jgo.lock.toml"


def fetch(
    cache: Path,
    progress: Progress = silent,
    *,
    lock: Path | None = None,
    repositories: Mapping[str, str] | None = None,
) -> Jars:
    """Return every jar of `lock`, downloading into `cache` (a Maven repository layout) what is not there yet.

    Nothing is resolved: versions come from the lock, so a full cache needs no network. `repositories` (name ->
    URL) are Maven Central and those of jgo's own configuration unless given.

    Raises:
        BrokerUnavailable: `jgo` is not installed, a jar cannot be had, or one differs from the lock.
    """
    try:
        from jgo.config import GlobalSettings
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.env import LockFile
        from jgo.maven import MavenContext, PythonResolver
    except ImportError:
        raise BrokerUnavailable("The embedded broker is not installed (extra `churnwatch[kafka]`).") from None

    locked = LockFile.load(lock or lock_file()).dependencies
    if repositories is None:
        # the configured ones first: a mirror inside the house is configured because it is to be used
        repositories = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    resolver = PythonResolver(progress_callback=_bytes_reported_to(progress))
    context = MavenContext(resolver, repo_cache=cache, remote_repos=dict(repositories), timeout=60)
    paths = []
    for count, jar in enumerate(locked):
        progress(f"Kafka's jars: {jar.artifactId}", count, len(locked))
        component = context.project(jar.groupId, jar.artifactId).at_version(jar.version)
        paths.append(_checked(component.artifact(jar.classifier or "", jar.packaging), jar.sha256))
    progress("Kafka's jars", len(locked), len(locked))
    kafka = next(jar.version for jar in locked if jar.artifactId == "kafka-clients")
    return Jars(tuple(paths), kafka)


def of_home(home: Path) -> Jars:
    """Return the jars of an unpacked Kafka distribution.

    Raises:
        BrokerUnavailable: `home` is not such a distribution.
    """
    paths = tuple(sorted((home / "libs").glob("*.jar")))
    clients = next((path for path in paths if path.name.startswith("kafka-clients-")), None)
    if clients is None:
        raise BrokerUnavailable(f"KAFKA_HOME={home} is not a Kafka distribution: no libs/kafka-clients-*.jar.")
    return Jars(paths, clients.stem.removeprefix("kafka-clients-"))


def _checked(artifact: Artifact, sha256: str | None) -> Path:
    """Return the jar's file; a cached one that differs (a download cut short) is fetched once more."""
    if not sha256:
        raise BrokerUnavailable(f"The lock file has no SHA-256 for {artifact}; it must be made anew.")
    path = _resolved(artifact)
    if _sha256(path) == sha256:
        return path
    path.unlink()
    path = _resolved(artifact)
    if (found := _sha256(path)) == sha256:
        return path
    path.unlink()
    raise BrokerUnavailable(
        f"{artifact.filename} does not match the lock file: SHA-256 is {found}, should be {sha256}. "
        "The repository serves a different file; it was deleted and not run."
    )


def _resolved(artifact: Artifact) -> Path:
    try:
        return Path(artifact.resolve())
    except Exception as fault:  # requests' and jgo's own; a half-written file must not pass for a whole one
        if artifact.cached_path is not None:
            with suppress(OSError):
                artifact.cached_path.unlink()
        reason = str(fault).splitlines()[0][:300]
        raise BrokerUnavailable(f"{artifact.filename} cannot be downloaded: {reason}") from fault


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bytes_reported_to(progress: Progress) -> Any:
    """Adapt to jgo's progress callback: (file name, bytes) -> context manager that yields a byte counter."""

    @contextmanager
    def started(filename: str, size: int) -> Iterator[Any]:
        done = 0

        def more(count: int) -> None:
            nonlocal done
            done += count
            progress(f"downloading {filename}", done, size)

        yield more

    return started

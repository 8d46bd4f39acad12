from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from streams.stack import host


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on PATH, with nothing in it but what the test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(directory: Path, name: str, says: str) -> None:
    """A program of another version than this machine's: it says `says` of itself."""
    file = directory / name
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(0o755)


def test_this_machine_passes_every_check(tmp_path: Path) -> None:
    found = host.checks(tmp_path)
    assert {check.name for check in found} == {"python", "venv", "java", "maven", "disk", "memory"}
    assert [check.message for check in found if not check.is_ok] == []


def test_another_python_is_named_with_the_line_that_installs_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    check = host.python()
    assert not check.is_ok
    assert check.message == "Python 3.11 is needed, this is 3.12.1"
    assert check.remedy == "sudo apt-get install -y python3.11 python3.11-venv"


def test_a_python_without_venv_is_found_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else real(name))
    assert host.virtual_environments().remedy == "sudo apt-get install -y python3.11-venv"


def test_a_missing_java_is_a_clear_message_with_one_command(path: Path) -> None:
    check = host.java()
    assert not check.is_ok
    assert "Java is missing" in check.message
    assert check.remedy == "sudo apt-get install -y openjdk-17-jre-headless"


@pytest.mark.parametrize(
    ("says", "fine"),
    [
        ('openjdk version "17.0.15" 2025-04-15', True),
        ('openjdk version "21.0.2" 2024-01-16', True),
        ('openjdk version "11.0.2" 2019-01-15', False),
        ('java version "1.8.0_401"', False),
        ("no version at all", False),
    ],
)
def test_a_java_that_spark_does_not_run_on_is_refused(path: Path, says: str, fine: bool) -> None:
    program(path, "java", says)
    assert host.java().is_ok is fine


def test_a_missing_maven_is_a_clear_message_with_one_command(path: Path) -> None:
    check = host.maven()
    assert not check.is_ok
    assert check.remedy == "sudo apt-get install -y maven"


def test_a_full_disk_is_told_with_what_is_free_and_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda where: usage(10, 9, 1_500_000_000))
    check = host.disk(tmp_path / "not/yet/there")
    assert not check.is_ok
    assert check.message == f"1.5 GB are free at {tmp_path}, 8 GB are needed"
    assert check.remedy.startswith("export CITYBRAIN_HOME=")


def test_too_little_memory_names_the_part_of_the_stack_that_would_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "memory_bytes", lambda: 4_000_000_000)
    check = host.memory()
    assert not check.is_ok
    assert "4.0 GB of memory" in check.message
    assert check.remedy == "citybrain up --only kafka,warehouse"


def test_memory_is_never_told_as_more_than_the_machine_has() -> None:
    assert 0 < host.memory_bytes() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

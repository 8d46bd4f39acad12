"""What the machine must offer, checked with the standard library alone: the installer runs it before any package."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

JAVA_RANGE = range(17, 22)
"""Spark 4.2 and Kafka 4.1 are tested by their makers with Java 17 and 21."""

DISK_GB = 8.0
"""Environments 4.5 GB, jars 0.1 GB, the demo's state below 2 GB; the rest is air."""

MEMORY_GB = 8.0
"""The whole stack peaks below 6 GB in the demo; the machine wants some for itself."""


@dataclass(frozen=True)
class Check:
    """One finding; `remedy` is the one command that mends it, empty when all is well."""

    name: str
    is_ok: bool
    message: str
    remedy: str = ""


def checks(where: Path) -> list[Check]:
    """All checks of the machine; `where` is the directory (it need not exist yet) that must have room."""
    return [python(), virtual_environments(), java(), maven(), disk(where), memory()]


def python() -> Check:
    """Python is the version that the locked environments are made for."""
    found = "{}.{}.{}".format(*sys.version_info[:3])
    if sys.version_info[:2] == (3, 11):
        return Check("python", True, f"Python {found}")
    return Check(
        "python",
        False,
        f"Python 3.11 is needed, this is {found}",
        "sudo apt-get install -y python3.11 python3.11-venv",
    )


def virtual_environments() -> Check:
    """This Python can make private environments."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return Check("venv", True, "virtual environments can be made")
    return Check(
        "venv",
        False,
        "Python's venv module is missing, so no private environment can be made",
        "sudo apt-get install -y python3.11-venv",
    )


def java() -> Check:
    """Java is there, in a version that Kafka and Spark both run on."""
    install = "sudo apt-get install -y openjdk-17-jre-headless"
    words = _said("java", "-version")
    if words is None:
        return Check("java", False, "Java is missing; Kafka and Spark need Java 17", install)
    match = re.search(r'version "(\d+)', words)
    if match is None or int(match[1]) not in JAVA_RANGE:
        found = match[1] if match else words.splitlines()[0] if words else "one that does not tell its version"
        return Check("java", False, f"Java 17 is needed (up to 21 works), `java` is {found}", install)
    return Check("java", True, f"Java {match[1]}")


def maven() -> Check:
    """Maven is there, of any version."""
    words = _said("mvn", "-v")
    match = re.search(r"Apache Maven ([\d.]+)", words or "")
    if match is None:
        return Check(
            "maven",
            False,
            "Maven is missing; it fetches the jars of Kafka and Spark",
            "sudo apt-get install -y maven",
        )
    return Check("maven", True, f"Maven {match[1]}")


def disk(where: Path) -> Check:
    """DISK_GB are free where `where` is or would be."""
    existing = next(path for path in (where, *where.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free / 1e9
    if free < DISK_GB:
        return Check(
            "disk",
            False,
            f"{free:.1f} GB are free at {existing}, {DISK_GB:.0f} GB are needed",
            "export CITYBRAIN_HOME=/a/directory/on/a/bigger/disk",
        )
    return Check("disk", True, f"{free:.0f} GB free at {existing}")


def memory() -> Check:
    """The machine, or its container, has MEMORY_GB for the whole stack."""
    total = memory_bytes() / 1e9
    if total < MEMORY_GB:
        return Check(
            "memory",
            False,
            f"this machine (or its container) has {total:.1f} GB of memory, the whole stack needs {MEMORY_GB:.0f} GB",
            "citybrain up --only kafka,warehouse",
        )
    return Check("memory", True, f"{total:.0f} GB of memory")


def memory_bytes() -> int:
    """Memory that we may use: the machine's, or less where a container is limited."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(path).read_text()))
        except (OSError, ValueError):  # no such file, or the word `max`
            continue
    return total


def _said(*command: str) -> str | None:
    """What a program says of itself; None when it is not there or can't run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout + done.stderr if done.returncode == 0 else None

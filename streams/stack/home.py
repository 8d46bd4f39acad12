"""Where the stack keeps its files, and the environment that its processes share."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from string import Template
from typing import Protocol

from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings

MARK = "CITYBRAIN_STACK"
"""Environment variable that every process of a stack carries: its CITYBRAIN_HOME. Orphans are found by it."""

PRIVATE_ROOMS = ("airflow", "checkpoints", "kafka", "lake", "logs", "superset", "supervisor")


def prepare(settings: Settings) -> None:
    """Create `$CITYBRAIN_HOME` and its rooms, closed to other users; safe to repeat.

    As root the home itself can be passed through (711), because PostgreSQL runs there as its own user.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        settings.home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for room in PRIVATE_ROOMS:
            path = settings.home / room
            path.mkdir(exist_ok=True)
            path.chmod(0o700)
    except OSError as error:
        raise CityBrainError(
            f"the state directory {settings.home} can't be prepared",
            why=error.strerror or str(error),
            remedy="set CITYBRAIN_HOME to a directory that you own, on a disk with 10 GB free",
        ) from error


def environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, for child processes; holds a secret only if WAREHOUSE_URL does."""
    env = {
        "CITYBRAIN_HOME": str(settings.home),
        **{name: str(port) for name, port in settings.ports.items()},
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "SPARK_MASTER": settings.spark_master,
        "LAKE_URI": settings.lake_uri,
        "DBT_TARGET": settings.dbt_target,
        "RAW_RETENTION_DAYS": str(settings.raw_retention_days),
    }
    if settings.warehouse_url_override:
        env["WAREHOUSE_URL"] = settings.warehouse_url_override
    return env


def render(template: str, **values: object) -> str:
    """Fill a template of `infra/` (path relative to it); an unknown name in the template is a KeyError."""
    return Template((CHECKOUT / "infra" / template).read_text()).substitute(values)


class Runner(Protocol):
    """Runs a once-only tool to its end (command, environment, name of its log); raises CityBrainError."""

    def __call__(self, command: list[str], env: dict[str, str], name: str) -> None: ...


def is_stamped(settings: Settings, name: str, version: str) -> bool:
    """True when the once-only step `name` was finished for this version of its inputs."""
    path = _stamp(settings, name)
    return path.exists() and path.read_text() == _digest(version)


def set_stamp(settings: Settings, name: str, version: str) -> None:
    """Remember that the step `name` is finished; only a digest is kept, as inputs may hold secrets."""
    _stamp(settings, name).write_text(_digest(version))


def clear_stamp(settings: Settings, name: str) -> None:
    """Have the step `name` done again."""
    _stamp(settings, name).unlink(missing_ok=True)


def installed_version(venv: Path, package: str) -> str | None:
    """Version of a package in another environment, read from its metadata's folder; None if not there."""
    found = sorted(venv.glob(f"lib/python3.*/site-packages/{package}-*.dist-info"))
    return found[0].name.removesuffix(".dist-info").rpartition("-")[2] if found else None


def _stamp(settings: Settings, name: str) -> Path:
    return settings.home / "supervisor" / f"{name}.stamp"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

"""The whole stack of the environment (CITYBRAIN_HOME and ports), running and filled by `citybrain demo`."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import httpx
import psutil
import pytest

from streams.settings import CHECKOUT, Settings
from streams.stack import supervisor

pytestmark = pytest.mark.stack

Answer = TypeVar("Answer")

MEMORY_GB = 12.0
"""What the whole stack may take at most on a machine of two cores."""


@pytest.fixture(scope="module")
def own() -> Settings:
    return Settings.load()


@pytest.fixture(scope="module")
def logins(own: Settings) -> dict[str, dict[str, str]]:
    path = own.home / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found: dict[str, dict[str, str]] = json.loads(path.read_text())
    return found


@pytest.fixture(scope="module")
def processes(own: Settings) -> list[psutil.Process]:
    """All processes of the stack, PostgreSQL's workers included."""
    found = [one for one in psutil.process_iter() if supervisor.belongs(one, own)]
    found += [child for one in found if one.name() == "postgres" for child in one.children()]
    assert len(found) >= 10, found
    return found


def status() -> dict[str, dict[str, dict[str, str | None]]]:
    done = subprocess.run(
        [str(CHECKOUT / ".venv/bin/citybrain"), "status", "--json"], capture_output=True, text=True, check=True
    )
    found: dict[str, dict[str, dict[str, str | None]]] = json.loads(done.stdout)
    return found


def test_every_component_is_healthy_and_tells_its_version() -> None:
    found = status()["components"]
    assert {name: component["state"] for name, component in found.items()} == dict.fromkeys(
        ("kafka", "streams", "warehouse", "airflow", "superset", "api"), "healthy"
    )
    assert all(component["version"] for component in found.values()), found


def test_the_api_is_told_with_the_address_at_which_it_answers() -> None:
    url = status()["components"]["api"]["url"]
    assert url and httpx.get(f"{url}/v1/publications").json()["rows"]


def test_the_latest_publication_is_told_with_its_run() -> None:
    publication = status()["publication"]
    assert publication["id"]
    assert publication["run_id"]
    assert str(publication["published_at_utc"]).endswith("Z")


def test_airflows_admin_gets_a_token_and_nobody_else_does(logins: dict[str, dict[str, str]]) -> None:
    login = logins["airflow.admin"]
    with httpx.Client(base_url=login["url"], trust_env=False) as http:
        right = {"username": login["user"], "password": login["password"]}
        answer = http.post("/auth/token", json=right)
        assert answer.status_code == 201
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert http.get("/api/v2/dags", headers=bearer).status_code == 200
        assert http.get("/api/v2/config", headers=bearer).status_code == 403  # secrets are not for looking at
        assert http.post("/auth/token", json=right | {"password": "wrong"}).status_code == 401
        assert http.get("/api/v2/dags").status_code == 401


@pytest.mark.parametrize("key", ["superset.admin", "superset.leader"])
def test_supersets_people_can_log_in(logins: dict[str, dict[str, str]], key: str) -> None:
    login = logins[key]
    body = {"username": login["user"], "password": login["password"], "provider": "db"}
    with httpx.Client(base_url=login["url"], trust_env=False) as http:
        assert http.post("/api/v1/security/login", json=body).status_code == 200
        assert http.post("/api/v1/security/login", json=body | {"password": "wrong"}).status_code == 401


def of_each(processes: list[psutil.Process], ask: Callable[[psutil.Process], Answer]) -> list[Answer]:
    """What each process answers; a scheduler's child may have ended since they were listed."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess, FileNotFoundError):
            found.append(ask(process))
    assert len(found) >= 10, found
    return found


def test_nothing_of_the_stack_listens_beyond_loopback(processes: list[psutil.Process]) -> None:
    heard = [
        (one.laddr.ip, one.laddr.port)
        for connections in of_each(processes, lambda process: process.net_connections("inet"))
        for one in connections
        if one.status == psutil.CONN_LISTEN
    ]
    assert len(heard) >= 5
    assert [one for one in heard if one[0] not in ("127.0.0.1", "::1", "::ffff:127.0.0.1")] == []


def test_the_whole_stack_fits_its_memory(processes: list[psutil.Process]) -> None:
    used = sum(of_each(processes, lambda process: process.memory_full_info().pss)) / 1e9
    print(f"the whole stack uses {used:.1f} GB")
    assert 0.5 < used < MEMORY_GB


def test_no_secret_stands_in_a_log_or_on_a_command_line(
    own: Settings, logins: dict[str, dict[str, str]], processes: list[psutil.Process]
) -> None:
    secrets = [*own.secrets.values(), *(login["password"] for login in logins.values())]
    logs = [path for path in (own.home / "logs").rglob("*.log*") if path.is_file()]
    assert len(logs) >= 7
    leaks = [path for path in logs if any(secret in path.read_text(errors="replace") for secret in secrets)]
    assert leaks == []
    lines = of_each(processes, lambda process: " ".join(process.cmdline()))
    assert [line for line in lines if any(secret in line for secret in secrets)] == []


def test_a_killed_scheduler_is_back_without_anybodys_help(own: Settings) -> None:
    before = supervisor.Supervisor(own).states()["airflow-scheduler"].pid
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        state = supervisor.Supervisor(own).states()["airflow-scheduler"]
        if state.word == "RUNNING" and state.pid != before and status()["components"]["airflow"]["state"] == "healthy":
            break
        time.sleep(1)
    else:
        pytest.fail(f"the scheduler is {state}")

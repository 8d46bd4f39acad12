"""Single servers of the stack without a supervisor: for tests and for a quick look."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.errors import CityBrainError
from streams.settings import Settings
from streams.stack import kafka, postgres

START_SECONDS = 90.0


PORTS = range(12000, 32000)
"""Below the ports that Linux gives to clients: of those, one that is free now may be taken when the server starts."""


def free_ports(count: int) -> list[int]:
    """Ports on loopback that are free now, none twice, each with its successor free too."""
    held: list[socket.socket] = []
    found: list[int] = []
    try:
        while len(found) < count:
            port = random.choice(PORTS)  # noqa: S311 - no secret
            pair = [socket.socket(), socket.socket()]
            held += pair
            try:
                for offset, one in enumerate(pair):
                    one.bind(("127.0.0.1", port + offset))
            except OSError:
                continue
            found.append(port)
    finally:
        for one in held:
            one.close()
    return found


def temporary_environment(home: Path) -> dict[str, str]:
    """Environment of an own home on free ports; merge it into `os.environ` for child processes."""
    kafka_port, pg_port, airflow_port, superset_port = free_ports(4)
    return {
        "CITYBRAIN_HOME": str(home),
        "CITYBRAIN_KAFKA_PORT": str(kafka_port),
        "CITYBRAIN_PG_PORT": str(pg_port),
        "CITYBRAIN_AIRFLOW_PORT": str(airflow_port),
        "CITYBRAIN_SUPERSET_PORT": str(superset_port),
    }


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A short-lived CITYBRAIN_HOME that PostgreSQL's system user can reach; removed at the end."""
    path = Path(tempfile.mkdtemp(prefix="citybrain-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def running_postgres(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """An embedded PostgreSQL with logins and databases, stopped at the end; its data stays in the home."""
    place = postgres.prepare(settings)
    try:
        with _server(
            "postgres", place.command(), settings, lambda: postgres.is_healthy(settings), signal.SIGINT, place.user
        ) as server:
            postgres.ensure_databases(settings)
            yield server
    finally:
        if place.root.parent != settings.home:  # a temporary home does not take it along when it goes
            postgres.remove(settings)


@contextmanager
def running_kafka(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """An embedded broker without topics, stopped at the end; its data stays in the home."""
    kafka.prepare(settings)
    with _server(
        "kafka", kafka.command(settings), settings, lambda: kafka.is_healthy(settings), signal.SIGTERM, None
    ) as server:
        yield server


@contextmanager
def _server(
    name: str,
    command: list[str],
    settings: Settings,
    is_healthy: Callable[[], bool],
    stop: signal.Signals,
    user: str | None,
) -> Iterator[subprocess.Popen[bytes]]:
    log = settings.home / "logs" / f"{name}.log"
    with log.open("ab") as out:
        server = subprocess.Popen(
            command, cwd="/", stdout=out, stderr=out, start_new_session=True, **postgres.identity(user)
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_healthy():
            if server.poll() is not None or time.monotonic() > deadline:
                raise CityBrainError(
                    f"{name} did not start",
                    why=" ".join(log.read_text(errors="replace").split()[-60:]),
                    remedy=f"read {log}",
                )
            time.sleep(0.1)
        yield server
    finally:
        if server.poll() is None:
            server.send_signal(stop)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()

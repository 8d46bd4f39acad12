"""A home put back without a part of its state: it refuses to go on with an empty server, and loses nothing by it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from streams import ownership
from streams.ownership import KAFKA, STATE_IS_MISSING, WAREHOUSE
from streams.settings import CHECKOUT, Settings
from streams.stack import kafka, lifecycle, postgres
from tests.fixtures import servers

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def env() -> Iterator[dict[str, str]]:
    """A home below a closed directory, as root's own is: there PostgreSQL's directory lies outside of it."""
    with servers.temporary_home() as parent:
        closed = parent / "closed"
        closed.mkdir(mode=0o700)
        found = {**os.environ, **servers.temporary_environment(closed / "home")}
        own = Settings.load(found)
        try:
            up(found)
            with psycopg.connect(own.warehouse_url) as connection:
                connection.execute("create table public.kept as select 42 as answer")
            down(found)
            yield found
        finally:
            lifecycle.clean(own)


@pytest.fixture(scope="module")
def own(env: dict[str, str]) -> Settings:
    return Settings.load(env)


def citybrain(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(CHECKOUT / ".venv/bin/citybrain"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)


def up(env: dict[str, str], *more: str) -> str:
    done = citybrain(env, "up", "--only", "kafka,warehouse", *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def down(env: dict[str, str]) -> None:
    assert citybrain(env, "down").returncode == 0


@contextmanager
def away(directory: Path) -> Iterator[None]:
    """What a backup forgot; back at the end."""
    hidden = directory.with_name(f"{directory.name}.hidden")
    directory.rename(hidden)
    try:
        yield
    finally:
        assert not directory.exists(), "nothing was made in its place"
        hidden.rename(directory)


def answer(own: Settings) -> int | None:
    """The row of the first warehouse; None in another one."""
    with psycopg.connect(own.warehouse_url) as connection:
        found = connection.execute("select to_regclass('public.kept') is not null").fetchone()
        if found != (True,):
            return None
        row = connection.execute("select answer from public.kept").fetchone()
    return None if row is None else int(row[0])


@pytest.mark.parametrize("arguments", [(), ("--adopt",)])
@pytest.mark.parametrize("name", [WAREHOUSE, KAFKA])
def test_a_home_without_its_directory_makes_no_empty_server(
    env: dict[str, str], own: Settings, name: str, arguments: tuple[str, ...]
) -> None:
    directory = postgres.place(own).root if name == WAREHOUSE else kafka.data(own)
    assert directory.is_relative_to(own.home) or os.geteuid() == 0
    before = ownership.known(own, name)
    with away(directory):
        done = citybrain(env, "up", "--only", "kafka,warehouse", *arguments)
        assert done.returncode == STATE_IS_MISSING, done.stdout + done.stderr
        assert "of this home is gone" in done.stderr and str(directory) in done.stderr
        assert "restore.md" in done.stderr and "--new-warehouse" in done.stderr
        assert "Traceback" not in done.stderr and "starting" not in done.stdout
        status = citybrain(env, "status", "--json")
        assert status.returncode == 1 and str(directory) in json.loads(status.stdout)["faults"][0]["what"]
    assert ownership.known(own, name) == before
    up(env)
    assert answer(own) == 42
    down(env)


def test_another_homes_directory_in_the_place_of_its_own_is_refused(env: dict[str, str], own: Settings) -> None:
    data = postgres.place(own).data
    with servers.temporary_home() as parent:
        other = Settings.load(servers.temporary_environment(parent / "home"))
        strange = postgres.prepare(other).data
        hidden = data.rename(data.with_name("data.hidden"))
        shutil.move(strange, data)
        try:
            done = citybrain(env, "up", "--only", "warehouse")
        finally:
            shutil.rmtree(data)
            hidden.rename(data)
            postgres.remove(other)
    assert done.returncode == STATE_IS_MISSING and "not the one that it had" in done.stderr, done.stdout + done.stderr


def test_nothing_begins_anew_while_nothing_is_lost(env: dict[str, str], own: Settings) -> None:
    done = citybrain(env, "up", "--only", "warehouse", "--new-warehouse")
    assert done.returncode == 2 and "nothing is lost" in done.stderr, done.stdout + done.stderr
    up(env)
    assert answer(own) == 42
    down(env)


def test_a_lost_broker_begins_anew_with_an_empty_warehouse_and_the_old_one_is_kept(
    env: dict[str, str], own: Settings
) -> None:
    before = {name: ownership.known(own, name) for name in (KAFKA, WAREHOUSE)}
    shutil.rmtree(kafka.data(own))
    (own.home / "checkpoints/land").mkdir()
    (own.home / "lake/silver").mkdir()
    (own.home / "lake/published").mkdir()
    said = up(env, "--new-warehouse")
    assert answer(own) is None
    after = {name: ownership.known(own, name) for name in (KAFKA, WAREHOUSE)}
    assert all(after[name] and after[name] != before[name] for name in after)
    (aside,) = (own.home / "set-aside").iterdir()
    assert str(aside) in said
    assert (aside / "checkpoints/land").is_dir() and (aside / "lake-silver").is_dir()
    assert (own.home / "lake/published").is_dir(), "what `citybrain publication restore` reads stays"
    assert not (own.home / "checkpoints/land").exists() and not (own.home / "lake/silver").exists()
    assert (postgres.place(own).root / f"data-{aside.name}/global/pg_control").exists()
    down(env)


def test_a_lost_warehouse_begins_anew_beside_the_broker_that_it_had(env: dict[str, str], own: Settings) -> None:
    broker, warehouse = ownership.known(own, KAFKA), ownership.known(own, WAREHOUSE)
    shutil.rmtree(postgres.place(own).root)
    up(env, "--new-warehouse")
    assert ownership.known(own, KAFKA) == broker and ownership.known(own, WAREHOUSE) != warehouse
    up(env)
    running = citybrain(env, "up", "--only", "warehouse", "--new-warehouse")
    assert running.returncode == 2 and "parts of this home run" in running.stderr
    down(env)
    up(env)
    down(env)

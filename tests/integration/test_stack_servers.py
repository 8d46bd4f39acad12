from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from streams.settings import ROLES, Settings
from streams.stack import kafka as broker
from streams.stack import postgres as database
from tests.fixtures import servers


@pytest.mark.parametrize("role", ROLES)
def test_each_login_works_with_its_generated_password(postgres: Settings, role: str) -> None:
    url = postgres.role_url(role, {"airflow": "airflow", "superset": "superset"}.get(role, "citybrain"))
    if role in ("owner", "airflow", "superset"):
        with psycopg.connect(url) as connection:
            assert connection.execute("select current_user").fetchone() == (ROLES[role],)
    else:  # before the warehouse's grants a job's login may not enter; its password is right all the same
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(url)


def test_a_wrong_password_is_refused(postgres: Settings) -> None:
    url = postgres.role_url("owner").replace(postgres.secrets["pg.owner"], "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_the_server_speaks_utc_and_utf8_and_listens_on_loopback_alone(postgres: Settings) -> None:
    with psycopg.connect(postgres.warehouse_url) as connection:
        shown = {
            name: connection.execute(f"show {name}").fetchone()[0]  # type: ignore[index]
            for name in ("timezone", "server_encoding", "listen_addresses", "jit", "max_connections")
        }
    assert shown == {
        "timezone": "UTC",
        "server_encoding": "UTF8",
        "listen_addresses": "127.0.0.1",
        "jit": "off",
        "max_connections": "150",
    }


def test_databases_and_logins_can_be_ensured_again(postgres: Settings) -> None:
    database.ensure_databases(postgres)
    with psycopg.connect(postgres.warehouse_url) as connection:
        found = {row[0] for row in connection.execute("select datname from pg_database where not datistemplate")}
    assert found == {"postgres", "citybrain", "airflow", "superset"}


def test_secrets_and_data_are_closed_to_other_users(postgres: Settings) -> None:
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (postgres.home / "secrets.json", database.place(postgres).data, postgres.home / "kafka")
    }
    assert modes == {"secrets.json": 0o600, "data": 0o700, "kafka": 0o700}


def test_the_broker_is_formatted_once_and_keeps_its_cluster_id(kafka: Settings) -> None:
    stamp = kafka.home / "kafka/formatted"
    before = stamp.read_text()
    broker.prepare(kafka)
    assert stamp.read_text() == before
    assert broker.is_healthy(kafka)
    assert broker.version(kafka) == "4.1.1"


@pytest.fixture
def closed_home() -> Iterator[Path]:
    """A home below a directory that PostgreSQL's system user can't enter."""
    with servers.temporary_home() as parent:
        parent.chmod(0o700)
        yield parent / "home"


def test_postgres_runs_although_its_system_user_cannot_reach_the_home(closed_home: Path) -> None:
    settings = Settings.load(servers.temporary_environment(closed_home))
    with servers.running_postgres(settings):
        assert database.version(settings) == "18.4"
    assert not list(Path("/var/lib").glob(f"{database.place(settings).root.name}/data"))


def test_postgres_runs_from_a_copy_when_its_user_cannot_reach_the_binaries(
    closed_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = database.wheel_install().parent
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.parent / name, closed_home.parent / name, symlinks=True)
    hidden = closed_home.parent / package.name / "pginstall18"
    monkeypatch.setattr(database, "wheel_install", lambda: hidden)
    settings = Settings.load(servers.temporary_environment(closed_home))
    with servers.running_postgres(settings):
        assert database.place(settings).user is None or database.place(settings).install != hidden
        assert database.version(settings) == "18.4"


def test_postgres_starts_again_after_it_was_killed() -> None:
    with servers.temporary_home() as home:
        settings = Settings.load(servers.temporary_environment(home))
        with servers.running_postgres(settings) as server:
            server.kill()
            server.wait()
        assert (database.place(settings).data / "postmaster.pid").exists()
        with servers.running_postgres(settings):
            assert database.is_healthy(settings)


def test_an_interrupted_initdb_or_format_is_done_afresh() -> None:
    with servers.temporary_home() as home:
        settings = Settings.load(servers.temporary_environment(home))
        for half in ("postgres/data.new", "kafka/data"):
            (home / half).mkdir(parents=True)
            (home / half / "half").write_text("x")
        with servers.running_postgres(settings), servers.running_kafka(settings):
            assert database.is_healthy(settings)
            assert broker.is_healthy(settings)

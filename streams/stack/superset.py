"""Superset on loopback: environment, metadata database, users, health. What it shows lives in `superset/`."""

from __future__ import annotations

from streams.settings import CHECKOUT, Settings
from streams.stack import credentials, home, loopback

VENV = CHECKOUT / ".venvs/superset"
PYTHON = VENV / "bin/python"
ROOM = CHECKOUT / "infra/superset"
THREADS = 8


def environment(settings: Settings) -> dict[str, str]:
    """Variables for Superset's server and tools, secrets included; nothing is written."""
    return home.environment(settings) | {
        "SUPERSET_CONFIG_PATH": str(ROOM / "superset_config.py"),
        "SUPERSET_SECRET_KEY": settings.secrets["superset.secret_key"],
        "CITYBRAIN_SUPERSET_META_URL": _sqlalchemy(settings.role_url("superset")),
        "CITYBRAIN_READER_URL": _sqlalchemy(settings.role_url("reader")),
        "FLASK_APP": "superset.app:create_app()",
        "SCARF_ANALYTICS": "false",
    }


def prepare(settings: Settings, run: home.Runner) -> None:
    """Schema, permissions and users, once for each version, bootstrap and password; safe to repeat."""
    logins = credentials.ensure(settings)
    passwords = {
        "CITYBRAIN_SUPERSET_ADMIN_PASSWORD": logins["superset.admin"]["password"],
        "CITYBRAIN_SUPERSET_LEADER_PASSWORD": logins["superset.leader"]["password"],
    }
    bootstrap = (ROOM / "bootstrap.py").read_text()
    done = "\n".join((str(version()), settings.role_url("superset"), bootstrap, *passwords.values()))
    if home.is_stamped(settings, "superset", done):
        return
    env, tool = environment(settings) | passwords, str(VENV / "bin/superset")
    run([tool, "db", "upgrade"], env, "superset-upgrade")
    run([tool, "init"], env, "superset-init")
    run([str(PYTHON), str(ROOM / "bootstrap.py")], env, "superset-bootstrap")
    home.set_stamp(settings, "superset", done)


def command(settings: Settings) -> list[str]:
    """One worker with threads: its rate limits and caches are per process, and memory is counted."""
    return [
        str(VENV / "bin/gunicorn"),
        "--workers=1",
        "--worker-class=gthread",
        f"--threads={THREADS}",
        "--timeout=120",
        f"--bind=127.0.0.1:{settings.superset_port}",
        "--worker-tmp-dir=/dev/shm",  # its heartbeat must not wait for a disk
        "--no-control-socket",  # it would lie in the user's own home, shared by all stacks
        "superset.app:create_app()",
    ]


def is_healthy(settings: Settings) -> bool:
    """True when `/health` answers within 3 seconds."""
    return loopback.answers(settings.superset_port, "/health")


def version() -> str | None:
    """Installed version; None when its environment is missing."""
    return home.installed_version(VENV, "apache_superset")


def _sqlalchemy(url: str) -> str:
    return "postgresql+psycopg2" + url.removeprefix("postgresql")

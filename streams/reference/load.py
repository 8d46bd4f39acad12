"""Reference files -> `raw.ref_*`, checked first, in one transaction; loading the same files again changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streams.contracts import registry as contracts
from streams.errors import CityBrainError
from streams.ownership import require_session
from streams.reference import check, registry
from streams.reference.check import Found, Row
from streams.reference.registry import TABLES

if TYPE_CHECKING:
    from streams.settings import Settings

DDL = Path(__file__).parent / "generated" / "reference.sql"
LOCK = 530_681_001
"""Advisory lock of this load, so that `up` and `build` at the same moment take turns."""

SHOWN = 10


def read(data_dir: Path = registry.DATA_DIR, *, draft: str | None = None) -> Found:
    """Reference table -> its rows as text, as they stand in the files; raises CityBrainError for an unreadable file.

    Rows of cities under construction are left out, but for the one that is asked for.
    """
    hidden = set(contracts.drafts()) - {draft}
    found = {name: list(registry.rows(name, data_dir)) for name in TABLES if name != "city"}
    seen = {name: [row for row in rows if row.get("city_code") not in hidden] for name, rows in found.items()}
    return {"city": _city_rows(draft)} | seen


def _city_rows(draft: str | None) -> list[Row]:
    names = [column.name for column in TABLES["city"].columns]
    cities = [*contracts.cities().values(), *([contracts.city(draft)] if draft in contracts.drafts() else [])]
    values = [[getattr(city, name) for name in names] for city in cities]
    return [{n: "" if v is None else str(v) for n, v in zip(names, row, strict=True)} for row in values]


def tables(data_dir: Path = registry.DATA_DIR) -> Found:
    """Like `read`, all checked; raises CityBrainError that lists what is wrong."""
    found = read(data_dir)
    problems = check.faults(found)
    if problems:
        shown = "; ".join(problems[:SHOWN]) + (f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else "")
        raise CityBrainError(
            f"the reference data has {len(problems)} fault(s)",
            why=shown,
            remedy="mend the CSV files in data/ of the reference room; nothing was loaded "
            "(`citybrain reference check` lists all faults)",
        )
    return found


def load(settings: Settings, data_dir: Path = registry.DATA_DIR) -> dict[str, int]:
    """Make `raw.ref_*` equal to the files and return table -> rows changed (0 when they were equal already).

    Creates the tables where they are missing. One transaction: readers see the old rows or the new ones.
    """
    import psycopg

    content = tables(data_dir)
    with psycopg.connect(settings.role_url("owner")) as connection:
        require_session(settings, connection)
        connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute("set local client_min_messages = warning")  # "exists already" is no news
        connection.execute(DDL.read_text(encoding="utf-8"))
        return {table: _merge(connection, table, rows) for table, rows in content.items()}


def _merge(connection, table: str, rows: list[Row]) -> int:  # type: ignore[no-untyped-def]
    declared = TABLES[table]
    columns = [column.name for column in declared.columns]
    optional = {column.name for column in declared.columns if not column.required}
    values = [c for c in columns if c not in declared.primary_key]
    listed = ", ".join(columns)
    connection.execute(f"create temp table new_{table} (like raw.ref_{table}) on commit drop")
    with connection.cursor() as cursor, cursor.copy(f"copy new_{table} ({listed}) from stdin") as copy:
        for row in rows:
            copy.write_row([None if row[c] == "" and c in optional else row[c] for c in columns])
    pairs = {side: ", ".join(f"{side}.{c}" for c in values) for side in ("old", "new")}
    return connection.execute(
        f"""
        merge into raw.ref_{table} as old using new_{table} as new
        on {" and ".join(f"old.{key} = new.{key}" for key in declared.primary_key)}
        when matched and ({pairs["old"]}) is distinct from ({pairs["new"]}) then
            update set {", ".join(f"{c} = new.{c}" for c in values)}
        when not matched then insert ({listed}) values ({", ".join(f"new.{c}" for c in columns)})
        when not matched by source then delete
        """
    ).rowcount

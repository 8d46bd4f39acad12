"""Reference files -> `raw.ref_*`, checked first, in one transaction; loading the same files again changes nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from streams.contracts import registry as contracts
from streams.errors import CityBrainError
from streams.reference import registry

if TYPE_CHECKING:
    from streams.settings import Settings

DDL = Path(__file__).with_name("ddl.sql")
LOCK = 530_681_001
"""Advisory lock of this load, so that `up` and `build` at the same moment take turns."""

CITY_COLUMNS = (
    "city_code",
    "name_zh",
    "name_en",
    "time_zone",
    "mode",
    "clock",
    "admin_code",
    "has_time_limits",
    "has_callbacks",
    "has_grids",
    "count_basically_resolved",
    "small_cell_k",
)
KEYS = {
    "city": ("city_code",),
    "area": ("city_code", "area_code", "valid_from"),
    "grid": ("city_code", "grid_code", "valid_from"),
    "unit": ("city_code", "unit_code", "valid_from"),
    "category": ("city_code", "category_scheme", "category_code", "valid_from"),
    "device": ("city_code", "device_id", "valid_from"),
    "sign": ("city_code", "sign_code", "valid_from"),
}
NULL_WHEN_EMPTY = ("parent_area_code", "valid_to")
PARENT_LEVEL = {"community": ("street", "city"), "street": ("city",)}

Row = dict[str, str]


def tables(data_dir: Path = registry.DATA_DIR) -> dict[str, list[Row]]:
    """Reference table -> its rows as text, all checked; raises CityBrainError that lists what is wrong."""
    cities = [{c: str(getattr(city, c)) for c in CITY_COLUMNS} for city in contracts.cities().values()]
    found = {"city": cities, **{table: list(registry.rows(table, data_dir)) for table in registry.COLUMNS}}
    problems = list(_problems(found))
    if problems:
        shown = "; ".join(problems[:10]) + (f"; and {len(problems) - 10} more" if len(problems) > 10 else "")
        raise CityBrainError(
            f"the reference data has {len(problems)} fault(s)",
            why=shown,
            remedy=f"mend the CSV files in {registry.DATA_DIR.name}/ of the reference room; nothing was loaded",
        )
    return found


def load(settings: Settings, data_dir: Path = registry.DATA_DIR) -> dict[str, int]:
    """Make `raw.ref_*` equal to the files and return table -> rows changed (0 when they were equal already).

    Creates the tables where they are missing. One transaction: readers see the old rows or the new ones.
    """
    import psycopg

    content = tables(data_dir)
    with psycopg.connect(settings.role_url("owner")) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute("set local client_min_messages = warning")  # "exists already" is no news
        connection.execute(DDL.read_text(encoding="utf-8"))
        return {table: _merge(connection, table, rows) for table, rows in content.items()}


def _merge(connection, table: str, rows: list[Row]) -> int:  # type: ignore[no-untyped-def]
    columns = CITY_COLUMNS if table == "city" else registry.COLUMNS[table]
    listed = ", ".join(columns)
    values = [c for c in columns if c not in KEYS[table]]
    connection.execute(f"create temp table new_{table} (like raw.ref_{table}) on commit drop")
    with connection.cursor() as cursor, cursor.copy(f"copy new_{table} ({listed}) from stdin") as copy:
        for row in rows:
            copy.write_row([None if row[c] == "" and c in NULL_WHEN_EMPTY else row[c] for c in columns])
    pairs = {side: ", ".join(f"{side}.{c}" for c in values) for side in ("old", "new")}
    return connection.execute(
        f"""
        merge into raw.ref_{table} as old using new_{table} as new
        on {" and ".join(f"old.{key} = new.{key}" for key in KEYS[table])}
        when matched and ({pairs["old"]}) is distinct from ({pairs["new"]}) then
            update set {", ".join(f"{c} = new.{c}" for c in values)}
        when not matched then insert ({listed}) values ({", ".join(f"new.{c}" for c in columns)})
        when not matched by source then delete
        """
    ).rowcount


def _problems(found: dict[str, list[Row]]) -> Iterable[str]:
    cities = {row["city_code"] for row in found["city"]}
    for table, rows in found.items():
        keys = Counter(tuple(row[key] for key in KEYS[table]) for row in rows)
        yield from (f"{table} {'/'.join(key)} occurs {n} times" for key, n in keys.items() if n > 1)
        for row in rows:
            label = f"{table} {row[KEYS[table][-2 if table != 'city' else 0]]}"
            if row["city_code"] not in cities:
                yield f"{label}: no city file for {row['city_code']!r}"
            if table != "city":
                yield from _date_problems(label, row)
            yield from (f"{label}: {c} is empty" for c in ("name_zh", "name_en") if row.get(c) == "")
    yield from _area_problems(found["area"])
    yield from _grid_problems(found)


def _date_problems(label: str, row: Row) -> Iterable[str]:
    try:
        start = date.fromisoformat(row["valid_from"])
        end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
    except ValueError:
        yield f"{label}: valid_from/valid_to is no date (YYYY-MM-DD)"
        return
    if end <= start:
        yield f"{label}: valid_to is not after valid_from"


def _area_problems(areas: list[Row]) -> Iterable[str]:
    level_of = {(row["city_code"], row["area_code"]): row["area_level"] for row in areas}
    city_files = contracts.cities()
    for row in areas:
        city, code, level, parent = (row[c] for c in ("city_code", "area_code", "area_level", "parent_area_code"))
        if row["area_type"] not in ("urban", "rural", ""):
            yield f"area {code}: area_type {row['area_type']!r} is not urban, rural or empty"
        if level == "city":
            if parent:
                yield f"area {code}: a city has no parent"
            if city in city_files and code != city_files[city].city_area_code:
                yield f"area {code}: the city file says city_area_code {city_files[city].city_area_code}"
        elif level not in PARENT_LEVEL:
            yield f"area {code}: level {level!r} is not community, street or city"
        elif level_of.get((city, parent)) not in PARENT_LEVEL[level]:
            yield f"area {code}: parent {parent!r} is no {' or '.join(PARENT_LEVEL[level])} of {city}"
        # Chinese statistical codes nest: 6 digits county, 9 street, 12 community. Others (Chicago) do not.
        elif re.fullmatch(r"\d{9}|\d{12}", code) and not code.startswith(parent):
            yield f"area {code}: does not begin with its parent's code {parent}"


def _grid_problems(found: dict[str, list[Row]]) -> Iterable[str]:
    parent_of = {(row["city_code"], row["area_code"]): row["parent_area_code"] for row in found["area"]}
    for row in found["grid"]:
        city, code, community = row["city_code"], row["grid_code"], row["community_code"]
        if not re.fullmatch(r"[0-9A-Z]{15}", code):
            yield f"grid {code}: a grid code has 15 digits or capitals"
        if not code.startswith(community):
            yield f"grid {code}: does not begin with its community's code {community}"
        if (city, community) not in parent_of:
            yield f"grid {code}: community {community} is not in areas.csv"
        elif parent_of[city, community] != row["street_code"]:
            yield f"grid {code}: its community lies in {parent_of[city, community]}, not in {row['street_code']}"
        if row["grid_type"] not in ("urban", "rural"):
            yield f"grid {code}: grid_type {row['grid_type']!r} is not urban or rural"
        if not row["households"].isdecimal() or not re.fullmatch(r"\d+(\.\d+)?", row["area_km2"]):
            yield f"grid {code}: households or area_km2 is no number"
        if problem := _ring_problem(row["ring"]):
            yield f"grid {code}: {problem}"


def _ring_problem(ring: str) -> str | None:
    import json

    try:
        points = json.loads(ring)
        closed = len(points) >= 4 and points[0] == points[-1]
        on_earth = all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points)
    except (ValueError, TypeError):
        return "ring is not JSON [[lon,lat],…]"
    if not closed:
        return "ring is not closed"
    return None if on_earth else "ring leaves the globe"

"""Pure readers of the reference tables in `data/*.csv`: typed rows, no clock, no network, no database.

`streams.contracts.tables` says which tables there are and what their columns hold; nothing repeats it here.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from streams.contracts.tables import REFERENCE_TABLES, Table
from streams.errors import CityBrainError

DATA_DIR = Path(__file__).parent / "data"

TABLES: dict[str, Table] = {table.name.removeprefix("ref_"): table for table in REFERENCE_TABLES}
"""Name without `ref_` -> what `raw.ref_<name>` holds; all but `city`, which has its own files, are CSV files here."""

FILES = {
    "area": "areas.csv",
    "admin_area": "admin_areas.csv",
    "area_predecessor": "area_predecessors.csv",
    "grid_scheme": "grid_schemes.csv",
    "grid": "grids.csv",
    "unit": "units.csv",
    "duty": "duties.csv",
    "responsibility": "responsibilities.csv",
    "centre": "centres.csv",
    "category": "categories.csv",
    "category_scheme": "category_schemes.csv",
    "category_family": "category_families.csv",
    "device": "devices.csv",
    "sign": "signs.csv",
}

COLUMNS = {name: tuple(column.name for column in TABLES[name].columns) for name in FILES}
"""Table -> columns of its CSV, in order."""

T = TypeVar("T")


@dataclass(frozen=True)
class Area:
    """One community, street/town or city; `valid_to` is exclusive and empty while it stands (ISO dates)."""

    city_code: str
    area_code: str
    area_level: str
    parent_area_code: str
    name_zh: str
    name_en: str
    area_type: str
    valid_from: str
    valid_to: str


@dataclass(frozen=True)
class Grid:
    """One grid; `ring` is the closed outline as JSON `[[lon,lat],…]` in the city's coordinate system."""

    city_code: str
    grid_code: str
    community_code: str
    street_code: str
    grid_type: str
    households: int
    area_km2: float
    ring: str
    valid_from: str
    valid_to: str

    @cached_property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Corners of the closed outline as (longitude, latitude) in degrees; the last repeats the first."""
        return tuple((lon, lat) for lon, lat in json.loads(self.ring))


@dataclass(frozen=True)
class Unit:
    """One body that handles cases, never a person; `unit_type` is its peer group."""

    city_code: str
    unit_code: str
    name_zh: str
    name_en: str
    unit_type: str
    valid_from: str
    valid_to: str


@dataclass(frozen=True)
class Category:
    """One code of one category scheme, with the family that it is summed up in."""

    city_code: str
    category_scheme: str
    category_code: str
    name_zh: str
    name_en: str
    family: str
    valid_from: str
    valid_to: str


@dataclass(frozen=True)
class Device:
    """One public camera or sensor at its point in a grid; household devices are on no list."""

    city_code: str
    device_id: str
    device_class: str
    name_zh: str
    name_en: str
    unit_code: str
    grid_code: str
    longitude: float
    latitude: float
    valid_from: str
    valid_to: str


@dataclass(frozen=True)
class Sign:
    """One measure in one area; `observe_every` is an ISO 8601 duration, the usual range is in `reading_unit`."""

    city_code: str
    sign_code: str
    sign_category: str
    measure_code: str
    name_zh: str
    name_en: str
    unit_code: str
    area_code: str
    reading_unit: str
    usual_low: float
    usual_high: float
    observe_every: str
    valid_from: str
    valid_to: str


def rows(table: str, data_dir: Path = DATA_DIR) -> Iterator[dict[str, str]]:
    """The CSV's rows of `table` (a key of COLUMNS) as text; raises CityBrainError for another header or shape."""
    path, columns = data_dir / FILES[table], COLUMNS[table]
    try:
        file = path.open(encoding="utf-8", newline="")
    except FileNotFoundError:
        raise CityBrainError(
            f"the reference table {table} has no file", why=f"no such file: {path}", remedy=f"add {path.name}"
        ) from None
    with file:
        reader = csv.reader(file)
        header = tuple(next(reader, ()))
        if header != columns:
            raise CityBrainError(
                f"{path.name} has another header than the reference table {table}",
                why=f"expected {','.join(columns)}; found {','.join(header)}",
                remedy="restore the header, or change REFERENCE_TABLES with it",
            )
        for values in reader:
            if len(values) != len(columns):
                raise CityBrainError(
                    f"{path.name} line {reader.line_num} has {len(values)} values, not {len(columns)}",
                    remedy="mend the line",
                )
            yield dict(zip(columns, values, strict=True))


def areas(city_code: str) -> tuple[Area, ...]:
    """The areas of a city that stand, coarse and fine, in their newest version; empty for a city without any."""
    return tuple(area for area in _all(Area, "area") if area.city_code == city_code and not area.valid_to)


def grids(city_code: str) -> tuple[Grid, ...]:
    """All grids of a city, by code; empty for a city without grids."""
    return _of(city_code, Grid, "grid")


def units(city_code: str) -> tuple[Unit, ...]:
    """All bodies of a city that handle cases."""
    return _of(city_code, Unit, "unit")


def categories(city_code: str) -> tuple[Category, ...]:
    """All category codes of a city, in each of its schemes."""
    return _of(city_code, Category, "category")


def devices(city_code: str) -> tuple[Device, ...]:
    """All public cameras and sensors of a city, those taken down as well."""
    return _of(city_code, Device, "device")


def signs(city_code: str) -> tuple[Sign, ...]:
    """All signs that a city observes."""
    return _of(city_code, Sign, "sign")


def _of(city_code: str, kind: Callable[..., T], table: str) -> tuple[T, ...]:
    return tuple(row for row in _all(kind, table) if row.city_code == city_code)


@cache
def _all(kind: Callable[..., T], table: str) -> tuple[T, ...]:
    types: dict[str, Callable[[str], Any]] = {"integer": int, "double": float}
    made = {column.name: types[column.kind] for column in TABLES[table].columns if column.kind in types}
    return tuple(kind(**row | {name: make(row[name]) for name, make in made.items()}) for row in rows(table))

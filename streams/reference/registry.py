"""Pure readers of the reference tables in `data/*.csv`: typed rows, no clock, no network, no database."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from streams.errors import CityBrainError

DATA_DIR = Path(__file__).parent / "data"

COLUMNS = {
    "area": (
        "city_code",
        "area_code",
        "area_level",
        "parent_area_code",
        "name_zh",
        "name_en",
        "area_type",
        "valid_from",
        "valid_to",
    ),
    "grid": (
        "city_code",
        "grid_code",
        "community_code",
        "street_code",
        "grid_type",
        "households",
        "area_km2",
        "ring",
        "valid_from",
        "valid_to",
    ),
    "unit": ("city_code", "unit_code", "name_zh", "name_en", "unit_type", "valid_from", "valid_to"),
    "category": (
        "city_code",
        "category_scheme",
        "category_code",
        "name_zh",
        "name_en",
        "family",
        "valid_from",
        "valid_to",
    ),
    "device": (
        "city_code",
        "device_id",
        "device_class",
        "name_zh",
        "name_en",
        "unit_code",
        "grid_code",
        "longitude",
        "latitude",
        "valid_from",
        "valid_to",
    ),
    "sign": (
        "city_code",
        "sign_code",
        "sign_category",
        "measure_code",
        "name_zh",
        "name_en",
        "unit_code",
        "area_code",
        "reading_unit",
        "usual_low",
        "usual_high",
        "observe_every",
        "valid_from",
        "valid_to",
    ),
}
"""Table -> columns of its CSV, in order; `data/<plural>.csv` and `raw.ref_<table>` have just these."""

FILES = {
    "area": "areas.csv",
    "grid": "grids.csv",
    "unit": "units.csv",
    "category": "categories.csv",
    "device": "devices.csv",
    "sign": "signs.csv",
}


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
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = tuple(next(reader, ()))
        if header != columns:
            raise CityBrainError(
                f"{path.name} has another header than the reference table {table}",
                why=f"expected {','.join(columns)}; found {','.join(header)}",
                remedy="restore the header, or change COLUMNS and ddl.sql with it",
            )
        for values in reader:
            if len(values) != len(columns):
                raise CityBrainError(
                    f"{path.name} line {reader.line_num} has {len(values)} values, not {len(columns)}",
                    remedy="mend the line",
                )
            yield dict(zip(columns, values, strict=True))


def areas(city_code: str) -> tuple[Area, ...]:
    """All areas of a city, coarse and fine; empty for a city without any."""
    return tuple(area for area in _areas() if area.city_code == city_code)


def grids(city_code: str) -> tuple[Grid, ...]:
    """All grids of a city, by code; empty for a city without grids."""
    return tuple(grid for grid in _grids() if grid.city_code == city_code)


def units(city_code: str) -> tuple[Unit, ...]:
    """All bodies of a city that handle cases."""
    return tuple(unit for unit in _units() if unit.city_code == city_code)


def categories(city_code: str) -> tuple[Category, ...]:
    """All category codes of a city, in each of its schemes."""
    return tuple(category for category in _categories() if category.city_code == city_code)


def devices(city_code: str) -> tuple[Device, ...]:
    """All public cameras and sensors of a city, those taken down as well."""
    return tuple(device for device in _devices() if device.city_code == city_code)


def signs(city_code: str) -> tuple[Sign, ...]:
    """All signs that a city observes."""
    return tuple(sign for sign in _signs() if sign.city_code == city_code)


@cache
def _areas() -> tuple[Area, ...]:
    return tuple(Area(**row) for row in rows("area"))


@cache
def _grids() -> tuple[Grid, ...]:
    return tuple(
        Grid(**{**row, "households": int(row["households"]), "area_km2": float(row["area_km2"])})  # type: ignore[arg-type]
        for row in rows("grid")
    )


@cache
def _units() -> tuple[Unit, ...]:
    return tuple(Unit(**row) for row in rows("unit"))


@cache
def _categories() -> tuple[Category, ...]:
    return tuple(Category(**row) for row in rows("category"))


@cache
def _devices() -> tuple[Device, ...]:
    return tuple(
        Device(**{**row, "longitude": float(row["longitude"]), "latitude": float(row["latitude"])})  # type: ignore[arg-type]
        for row in rows("device")
    )


@cache
def _signs() -> tuple[Sign, ...]:
    return tuple(
        Sign(**{**row, "usual_low": float(row["usual_low"]), "usual_high": float(row["usual_high"])})  # type: ignore[arg-type]
        for row in rows("sign")
    )

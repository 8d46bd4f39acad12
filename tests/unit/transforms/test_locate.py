"""The raster index against brute force over all polygons, and the fallback to declared areas."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import shapely

from streams.transforms.locate import GridIndex, Places
from tests.unit.transforms.conftest import reference

DAY = np.datetime64("2026-11-22", "D")
AREA_COLUMNS = ("city_code", "area_code", "area_level", "parent_area_code", "valid_from", "valid_to")
LINE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]


def grid(code: str, ring: list[list[float]], valid_from: date | None = None, valid_to: date | None = None) -> Any:
    return {
        "city_code": "c",
        "grid_code": code,
        "community_code": code[:-1],
        "street_code": code[:-2],
        "ring": json.dumps(ring),
        "valid_from": valid_from or date(2020, 1, 1),
        "valid_to": valid_to,
    }


def grids(*rows: Any) -> pl.DataFrame:
    return pl.DataFrame(rows, schema_overrides={"valid_from": pl.Date, "valid_to": pl.Date})


def at(index: GridIndex, *points: tuple[float, float], day: np.datetime64 = DAY) -> list[str | None]:
    found = index.locate(
        *(np.array(axis, dtype=float) for axis in zip(*points, strict=True)), np.array([day] * len(points))
    )
    return [None if row < 0 else str(index.codes[row]) for row in found]


def test_every_point_gets_the_grid_that_brute_force_finds() -> None:
    shuifu = reference("grid").sort("grid_code")
    assert shuifu.height == 678
    polygons = [shapely.Polygon(json.loads(ring)) for ring in shuifu["ring"]]
    west, south, east, north = shapely.total_bounds(polygons)
    random = np.random.default_rng(1)
    inside = np.column_stack([random.uniform(west, east, 20_000), random.uniform(south, north, 20_000)])
    corners = np.array([point for polygon in polygons[::7] for point in polygon.exterior.coords])
    middles = (corners[1:] + corners[:-1]) / 2
    odd = np.array([[np.nan, 28.5], [0, 0], [west, south], [east, north], [180, 90], [west - 1e-12, south]])
    points = np.concatenate([inside, corners, middles, odd])
    expected = np.full(len(points), -1)
    for number in reversed(range(len(polygons))):
        shapely.prepare(polygons[number])
        expected[shapely.intersects_xy(polygons[number], points[:, 0], points[:, 1])] = number
    index = GridIndex.build(shuifu)
    found = index.locate(points[:, 0], points[:, 1], np.full(len(points), DAY))
    assert (expected >= 0).sum() > 10_000 and (expected < 0).sum() > 1_000
    assert np.array_equal(found, expected)


def test_most_points_need_no_exact_test() -> None:
    index = GridIndex.build(reference("grid"))
    touched = np.diff(index.first) > 0
    assert (index.only[touched] >= 0).mean() > 0.8


def test_a_point_on_a_shared_edge_belongs_to_the_smaller_code_whatever_the_order() -> None:
    left, right = grid("g01", LINE), grid("g02", [[x + 1, y] for x, y in LINE])
    for rows in ((left, right), (right, left)):
        index = GridIndex.build(grids(*rows))
        assert at(index, (1, 0.5), (0.5, 0.5), (1.5, 0.5), (2, 1), (2.1, 1)) == ["g01", "g01", "g02", "g02", None]


def test_a_grid_counts_only_on_its_days() -> None:
    old = grid("g01", LINE, valid_to=date(2026, 1, 1))
    new = grid("g02", LINE, valid_from=date(2026, 1, 1))
    index = GridIndex.build(grids(old, new))
    before, first = np.datetime64("2025-12-31", "D"), np.datetime64("2026-01-01", "D")
    assert at(index, (0.5, 0.5), day=before) == ["g01"]
    assert at(index, (0.5, 0.5), day=first) == ["g02"]
    assert at(index, (0.5, 0.5), day=np.datetime64("2019-12-31", "D")) == [None]


def located(places: Places, **event: Any) -> tuple[Any, ...]:
    row = {
        "city_code": "shuifu",
        "event_date": date(2026, 3, 1),
        "area_code": None,
        "longitude": None,
        "latitude": None,
    }
    schema = {"city_code": pl.String, "event_date": pl.Date, "area_code": pl.String}
    numbers = {"longitude": pl.Float64, "latitude": pl.Float64}
    return places.locate(pl.DataFrame([row | event], schema=schema | numbers)).row(0)


def test_the_point_goes_before_the_declared_area(places: Places) -> None:
    first = reference("grid").row(0, named=True)
    centre = shapely.Polygon(json.loads(first["ring"])).representative_point()
    point = {"longitude": centre.x, "latitude": centre.y}
    whole = (first["grid_code"], first["community_code"], first["street_code"])
    assert located(places, area_code="530681103", **point) == (*whole, "polygon")
    assert located(places, city_code="chicago", **point) == (None, None, None, "none")
    assert located(places, longitude=centre.x) == (None, None, None, "none")


def test_a_declared_code_of_any_level_fills_what_it_tells(places: Places) -> None:
    grid_code = reference("grid")["grid_code"][0]
    community, street = grid_code[:12], grid_code[:9]
    outside = {"longitude": 0.0, "latitude": 0.0}
    assert located(places, area_code=grid_code, **outside) == (grid_code, community, street, "declared")
    assert located(places, area_code=community) == (None, community, street, "declared")
    assert located(places, area_code=street) == (None, None, street, "declared")
    assert located(places, area_code="530681") == (None, None, None, "declared")
    assert located(places, area_code="999") == (None, None, None, "none")


def test_an_area_of_a_city_without_streets_is_a_community(places: Places) -> None:
    assert located(places, city_code="chicago", area_code="77") == (None, "77", None, "declared")
    assert located(places, city_code="shuifu", area_code="77") == (None, None, None, "none")


def test_a_declared_area_counts_only_on_its_days() -> None:
    rows = [
        ("c", "a", "community", "s1", date(2020, 1, 1), date(2025, 1, 1)),
        ("c", "a", "community", "s2", date(2026, 1, 1), None),
        *(("c", street, "street", "c", date(2020, 1, 1), None) for street in ("s1", "s2")),
    ]
    places = Places.build(pl.DataFrame(rows, schema=AREA_COLUMNS, orient="row"), grids(grid("g01", LINE)))
    days = {date(2024, 12, 31): "s1", date(2025, 6, 1): None, date(2026, 1, 1): "s2", date(2019, 1, 1): None}
    for day, street in days.items():
        assert located(places, city_code="c", area_code="a", event_date=day)[2] == street, day

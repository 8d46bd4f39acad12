"""Where an event lies: by its point in a grid polygon, else by the area that the source declares."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

CELLS = 160_000
"""Cells of a city's lookup table, about 400 x 400: under 2 MB, built in about a second, one point in ten is left
to the exact test."""

FOREVER = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True)
class GridIndex:
    """A city's grid polygons under a regular raster; each cell lists the polygons that it meets.

    A cell inside exactly one polygon answers at once; the others test the point against each candidate.
    A point on a shared edge belongs to the smaller grid code, so the answer never depends on order.
    """

    codes: NDArray[np.object_]
    polygons: NDArray[np.object_]
    valid_from: NDArray[np.datetime64]
    valid_to: NDArray[np.datetime64]
    west: float
    south: float
    width: float
    height: float
    columns: int
    rows: int
    only: NDArray[np.int32]
    first: NDArray[np.int64]
    candidates: NDArray[np.int32]

    @classmethod
    def build(cls, grids: pl.DataFrame) -> GridIndex:
        """From rows of ref_grid of one city (`grid_code`, `ring`, `valid_from`, `valid_to` as dates)."""
        grids = grids.sort("grid_code", "valid_from")
        polygons = np.array([shapely.Polygon(json.loads(ring)) for ring in grids["ring"]], dtype=object)
        west, south, east, north = shapely.total_bounds(polygons)
        columns = max(1, round(float(np.sqrt(CELLS * (east - west) / (north - south)))))
        rows = max(1, CELLS // columns)
        width, height = (east - west) / columns, (north - south) / rows
        x, y = np.meshgrid(west + width * np.arange(columns), south + height * np.arange(rows))
        # A hair larger than the cell: a point that rounding puts into the neighbour still meets its polygon.
        hair_x, hair_y = width * 1e-6, height * 1e-6
        boxes = shapely.box(
            x.ravel() - hair_x, y.ravel() - hair_y, x.ravel() + width + hair_x, y.ravel() + height + hair_y
        )
        tree = shapely.STRtree(polygons)
        cell, polygon = tree.query(boxes, predicate="intersects")
        order = np.lexsort((polygon, cell))
        cell, polygon = cell[order], polygon[order]
        first = np.searchsorted(cell, np.arange(len(boxes) + 1))
        only = np.full(len(boxes), -1, dtype=np.int32)
        single = np.flatnonzero(np.diff(first) == 1)
        alone = polygon[first[single]]
        shapely.prepare(polygons)
        inside = shapely.covers(polygons[alone], boxes[single])
        only[single[inside]] = alone[inside]
        return cls(
            codes=grids["grid_code"].to_numpy(),
            polygons=polygons,
            valid_from=_days(grids["valid_from"], np.datetime64("0001-01-01", "D")),
            valid_to=_days(grids["valid_to"], FOREVER),
            west=float(west),
            south=float(south),
            width=float(width),
            height=float(height),
            columns=columns,
            rows=rows,
            only=only,
            first=first,
            candidates=polygon.astype(np.int32),
        )

    def locate(
        self, longitude: NDArray[np.float64], latitude: NDArray[np.float64], day: NDArray[np.datetime64]
    ) -> NDArray[np.int32]:
        """Row of the grid that holds each point on that day (its edge included); -1 where none does."""
        with np.errstate(invalid="ignore"):
            column = np.floor((longitude - self.west) / self.width)
            row = np.floor((latitude - self.south) / self.height)
            # The outer edge itself belongs to the last cell.
            column[column == self.columns] -= 1
            row[row == self.rows] -= 1
            inside = (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        found = np.full(len(longitude), -1, dtype=np.int32)
        point = np.flatnonzero(inside)
        cell = (row[point] * self.columns + column[point]).astype(np.int64)
        only = self.only[cell]
        found[point] = np.where((only >= 0) & self._is_valid(only, day[point]), only, -1)
        point, cell = point[only < 0], cell[only < 0]
        counts = self.first[cell + 1] - self.first[cell]
        pair_point = np.repeat(point, counts)
        steps = np.arange(len(pair_point)) - np.repeat(np.cumsum(counts) - counts, counts)
        pair_grid = self.candidates[np.repeat(self.first[cell], counts) + steps]
        hit = shapely.intersects_xy(self.polygons[pair_grid], longitude[pair_point], latitude[pair_point])
        hit &= self._is_valid(pair_grid, day[pair_point])
        # Candidates are in order of their codes: of several hits on one point the first is kept.
        points, where = np.unique(pair_point[hit], return_index=True)
        found[points] = pair_grid[hit][where]
        return found

    def _is_valid(self, grid: NDArray[np.int32], day: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        return (self.valid_from[grid] <= day) & (day < self.valid_to[grid])


@dataclass(frozen=True)
class Places:
    """Grids and areas of all cities."""

    indexes: Mapping[str, GridIndex]
    grids: Mapping[str, pl.DataFrame]
    declared: pl.DataFrame

    @classmethod
    def build(cls, areas: pl.DataFrame, grids: pl.DataFrame) -> Places:
        """From the columns of ref_area and ref_grid; dates as `date`, an open `valid_to` as null."""
        ordered = grids.sort("city_code", "grid_code", "valid_from")
        by_city = {str(city[0]): rows for city, rows in ordered.group_by("city_code", maintain_order=True)}
        return cls(
            indexes={city: GridIndex.build(rows) for city, rows in by_city.items()},
            grids={city: rows.select("grid_code", "community_code", "street_code") for city, rows in by_city.items()},
            declared=_declared(areas, grids),
        )

    def locate(self, events: pl.DataFrame) -> pl.DataFrame:
        """`grid_code`, `community_code`, `street_code`, `locate_method` of each row, in the rows' order.

        Needs `city_code`, `event_date`, `area_code` and, where the topic has points, `longitude`, `latitude`.
        """
        by_point = self._by_point(events)
        by_code = self._by_code(events)
        names = ("grid_code", "community_code", "street_code")
        is_hit, is_declared = by_point["grid_code"].is_not_null(), by_code["is_declared"]
        return pl.DataFrame(
            [by_point[name].zip_with(is_hit, by_code[name]).alias(name) for name in names]
        ).with_columns(
            locate_method=pl.when(is_hit)
            .then(pl.lit("polygon"))
            .when(is_declared)
            .then(pl.lit("declared"))
            .otherwise(pl.lit("none"))
        )

    def _by_point(self, events: pl.DataFrame) -> pl.DataFrame:
        empty = pl.DataFrame(
            schema={"row": pl.UInt32, "grid_code": pl.String, "community_code": pl.String, "street_code": pl.String}
        )
        parts = [empty]
        if {"longitude", "latitude"} <= set(events.columns):
            numbered = events.select("city_code", "event_date", "longitude", "latitude").with_row_index("row")
            for city, index in self.indexes.items():
                points = numbered.filter((pl.col("city_code") == city) & pl.col("longitude").is_not_null())
                found = index.locate(
                    points["longitude"].to_numpy(writable=True),
                    points["latitude"].cast(pl.Float64).fill_null(float("nan")).to_numpy(writable=True),
                    points["event_date"].to_numpy(),
                )
                hit = found >= 0
                parts.append(points.select("row").filter(hit).hstack(self.grids[city][found[hit]]))
        rows = pl.DataFrame({"row": pl.int_range(events.height, dtype=pl.UInt32, eager=True)})
        return rows.join(pl.concat(parts), on="row", how="left", maintain_order="left")

    def _by_code(self, events: pl.DataFrame) -> pl.DataFrame:
        if "area_code" not in events.columns:
            return pl.DataFrame({"is_declared": pl.repeat(False, events.height, eager=True)}).with_columns(
                pl.lit(None, pl.String).alias(name) for name in ("grid_code", "community_code", "street_code")
            )
        left = events.select("city_code", "area_code", "event_date").with_row_index("row").sort("event_date")
        joined = left.join_asof(
            self.declared,
            left_on="event_date",
            right_on="valid_from",
            by=("city_code", "area_code"),
            check_sortedness=False,  # both sides are sorted; polars can't check it inside groups
        ).sort("row")
        is_declared = pl.col("is_declared").fill_null(False) & (
            pl.col("valid_to").is_null() | (pl.col("event_date") < pl.col("valid_to"))
        )
        return joined.select(
            is_declared.alias("is_declared"),
            *(
                pl.when(is_declared).then(pl.col(name)).alias(name)
                for name in ("grid_code", "community_code", "street_code")
            ),
        )


def _declared(areas: pl.DataFrame, grids: pl.DataFrame) -> pl.DataFrame:
    """What each code of an area or a grid says about grid, community and street, from its first valid day on."""
    is_community, is_street = pl.col("area_level") == "community", pl.col("area_level") == "street"
    nothing = pl.lit(None, pl.String)
    streets = areas.filter(is_street).select("city_code", "area_code").unique()
    of_areas = areas.join(
        streets.with_columns(parent_is_street=pl.lit(True)),
        left_on=("city_code", "parent_area_code"),
        right_on=("city_code", "area_code"),
        how="left",
    ).select(
        "city_code",
        "area_code",
        nothing.alias("grid_code"),
        pl.when(is_community).then("area_code").alias("community_code"),
        pl.when(is_street)
        .then("area_code")
        .when(is_community & pl.col("parent_is_street"))
        .then("parent_area_code")
        .alias("street_code"),
        "valid_from",
        "valid_to",
    )
    of_grids = grids.select(
        "city_code",
        pl.col("grid_code").alias("area_code"),
        "grid_code",
        "community_code",
        "street_code",
        "valid_from",
        "valid_to",
    )
    return pl.concat([of_areas, of_grids]).with_columns(is_declared=pl.lit(True)).sort("valid_from")


def _days(column: Iterable[object], missing: np.datetime64) -> NDArray[np.datetime64]:
    return np.array([missing if day is None else day for day in column], dtype="datetime64[D]")

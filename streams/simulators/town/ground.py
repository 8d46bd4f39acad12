"""The simulated city's ground: where things happen, and which grid holds a point by construction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from streams.reference import registry
from streams.simulators.town.dice import Dice, Floats, Ints, pick

HOT_GRIDS = 185
"""Urban grids that bring most of the requests; a month brings each of them more than ten."""
HOT_WEIGHT, URBAN_WEIGHT, RURAL_WEIGHT = 28.0, 1.6, 0.9
METRES = 111_320.0
"""In a degree of latitude."""
Points = tuple[Floats, Floats, Ints]
"""Longitude, latitude, row of the grid."""
DECIMALS = 6
"""Of a degree, as a hotline's map picker stores a point."""


@dataclass(frozen=True)
class Ground:
    """Grids of one city as columns; index i means the same grid everywhere."""

    grids: tuple[registry.Grid, ...]
    weight: Floats
    is_urban: NDArray[np.bool_]
    polygons: NDArray[np.object_]
    corners: Floats
    first_triangle: Ints
    reach: Floats
    tree: shapely.STRtree

    @classmethod
    def of(cls, city_code: str, dice: Dice) -> Ground:
        """Read the city's grids and draw how much happens in each."""
        grids = registry.grids(city_code)
        polygons = np.array([shapely.Polygon(grid.points) for grid in grids], dtype=object)
        shapely.prepare(polygons)
        is_urban = np.array([grid.grid_type == "urban" for grid in grids])
        rng = dice.of("ground")
        weight = np.where(is_urban, URBAN_WEIGHT, RURAL_WEIGHT) * np.exp(0.35 * rng.standard_normal(len(grids)))
        hot = rng.permutation(np.flatnonzero(is_urban))[:HOT_GRIDS]
        weight[hot] = HOT_WEIGHT * np.exp(0.15 * rng.standard_normal(HOT_GRIDS))
        triangles, owner = shapely.get_parts(shapely.constrained_delaunay_triangles(polygons), return_index=True)
        # `reach` grows along all triangles of all grids: one search finds a random triangle of a given grid.
        return cls(
            grids=grids,
            weight=weight,
            is_urban=is_urban,
            polygons=polygons,
            corners=shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3],
            first_triangle=np.searchsorted(owner, np.arange(len(grids) + 1)).astype(np.int64),
            reach=np.concatenate([[0.0], np.cumsum(shapely.area(triangles))]),
            tree=shapely.STRtree(polygons),
        )

    def draw(self, rng: np.random.Generator, n: int) -> Ints:
        """n grids, hot ones more often."""
        return pick(rng, self.weight, n)

    def points(self, rng: np.random.Generator, grid: Ints) -> tuple[Floats, Floats]:
        """A point (longitude, latitude) inside of each of the grids, off its edge; even over its area."""
        low, high = self.reach[self.first_triangle[grid]], self.reach[self.first_triangle[grid + 1]]
        at = low + rng.random(len(grid)) * (high - low)
        triangle = np.searchsorted(self.reach, at, side="right") - 1
        triangle = np.clip(triangle, self.first_triangle[grid], self.first_triangle[grid + 1] - 1)
        u, v = rng.random((2, len(grid)))
        u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
        a, b, c = (self.corners[triangle, i] for i in range(3))
        points = np.round(a + u[:, None] * (b - a) + v[:, None] * (c - a), DECIMALS)
        stray = np.flatnonzero(~shapely.contains_xy(self.polygons[grid], points[:, 0], points[:, 1]))
        if len(stray):  # rounding put it on or over the edge
            middle = shapely.point_on_surface(self.polygons[grid[stray]])
            points[stray] = np.round(shapely.get_coordinates(middle), DECIMALS)
        return points[:, 0], points[:, 1]

    def points_outside(self, rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
        """Points across the border: near the city and in none of its grids."""
        west, _, east, north = shapely.total_bounds(self.polygons)
        longitude = rng.uniform(west, east, n)
        latitude = rng.uniform(north + 0.005, north + 0.03, n)
        return np.round(longitude, DECIMALS), np.round(latitude, DECIMALS)

    def near(self, rng: np.random.Generator, longitude: Floats, latitude: Floats, sigma: float, cap: float) -> Points:
        """Points around others, which lie in grids: normal in both directions, none farther than `cap` metres."""
        east, north = rng.standard_normal((2, len(longitude))) * sigma
        shrink = np.minimum(1.0, cap / np.maximum(np.hypot(east, north), 1e-9))
        return self.beside(longitude, latitude, east * shrink, north * shrink)

    def beside(self, longitude: Floats, latitude: Floats, east: Floats, north: Floats) -> Points:
        """Points so many metres from others; one that would leave the city stays on the point it belongs to."""
        x = np.round(longitude + east / (METRES * np.cos(np.radians(latitude))), DECIMALS)
        y = np.round(latitude + north / METRES, DECIMALS)
        is_out = self.locate(x, y) < 0
        x, y = np.where(is_out, longitude, x), np.where(is_out, latitude, y)
        return x, y, self.locate(x, y)

    def locate(self, longitude: Floats, latitude: Floats) -> Ints:
        """Row of the grid that holds each point, -1 where none does."""
        point, grid = self.tree.query(shapely.points(longitude, latitude), predicate="within")
        found = np.full(len(longitude), -1, dtype=np.int64)
        found[point] = grid
        return found

    def column(self, name: str) -> NDArray[np.object_]:
        """One attribute of all grids, e.g. `community_code`."""
        return np.array([getattr(grid, name) for grid in self.grids], dtype=object)

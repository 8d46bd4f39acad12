"""The 678 grids: one clean coverage of the city, nested in its communities and towns."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
import shapely

from streams.reference import registry
from streams.reference.registry import Grid

Edge = tuple[tuple[float, float], tuple[float, float]]


@pytest.fixture(scope="module")
def grids() -> tuple[Grid, ...]:
    found = registry.grids("shuifu")
    assert len(found) == 678, len(found)
    return found


def edges(grid: Grid) -> list[Edge]:
    """Sides of a grid without direction."""
    pairs = zip(grid.points, grid.points[1:], strict=False)
    return [(min(a, b), max(a, b)) for a, b in pairs]


def test_each_side_belongs_to_two_grids_or_to_the_one_closed_border(grids: tuple[Grid, ...]) -> None:
    owners = Counter(edge for grid in grids for edge in edges(grid))
    assert set(owners.values()) == {1, 2}
    border = defaultdict(set)
    for (a, b), n in owners.items():
        if n == 1:
            border[a].add(b)
            border[b].add(a)
    assert all(len(next_to) == 2 for next_to in border.values())
    start = here = next(iter(border))
    before, steps = None, 0
    while True:
        here, before = next(p for p in border[here] if p != before), here
        steps += 1
        if here == start:
            break
    assert steps == len(border), "the border is more than one loop: there is a hole or an island"


def test_grids_neither_overlap_nor_leave_gaps(grids: tuple[Grid, ...]) -> None:
    polygons = [shapely.Polygon(grid.points) for grid in grids]
    assert all(polygon.is_valid for polygon in polygons)
    assert shapely.coverage_is_valid(polygons)
    whole = shapely.union_all(polygons)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert whole.area == pytest.approx(sum(polygon.area for polygon in polygons), rel=1e-9)
    square_km = sum(grid.area_km2 for grid in grids)
    assert 400 < square_km < 480, "水富 has about 440 km²"


def test_an_overlap_would_be_found(grids: tuple[Grid, ...]) -> None:
    polygons = [shapely.Polygon(grid.points) for grid in grids[:40]]
    assert shapely.coverage_is_valid(polygons)
    polygons[0] = polygons[0].buffer(1e-4)
    assert not shapely.coverage_is_valid(polygons)


@pytest.mark.parametrize("level", ["community_code", "street_code"])
def test_each_community_and_town_is_in_one_piece(grids: tuple[Grid, ...], level: str) -> None:
    parts = defaultdict(list)
    for grid in grids:
        parts[getattr(grid, level)].append(shapely.Polygon(grid.points))
    assert len(parts) == {"community_code": 98, "street_code": 4}[level]
    assert {shapely.coverage_union_all(p).geom_type for p in parts.values()} == {"Polygon"}


def test_codes_have_15_places_and_run_from_north_to_south_inside_the_community(grids: tuple[Grid, ...]) -> None:
    members = defaultdict(list)
    for grid in grids:
        assert len(grid.grid_code) == 15 and grid.grid_code.startswith(grid.community_code)
        members[grid.community_code].append(grid)
    for community, found in members.items():
        assert [g.grid_code[12:] for g in found] == [f"{n:03d}" for n in range(1, len(found) + 1)], community
        north, south = (shapely.Polygon(g.points).centroid.y for g in (found[0], found[-1]))
        assert north > south, community


def test_urban_grids_hold_200_to_300_households(grids: tuple[Grid, ...]) -> None:
    urban = [grid.households for grid in grids if grid.grid_type == "urban"]
    assert len(urban) > 250
    assert min(urban) >= 200 and max(urban) <= 300
    assert max(grid.households for grid in grids if grid.grid_type == "rural") < 200


def test_urban_grids_are_the_small_ones(grids: tuple[Grid, ...]) -> None:
    sizes = {t: sorted(g.area_km2 for g in grids if g.grid_type == t) for t in ("urban", "rural")}
    assert sizes["urban"][len(sizes["urban"]) // 2] * 5 < sizes["rural"][len(sizes["rural"]) // 2]

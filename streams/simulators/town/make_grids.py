"""Draw Shuifu's 678 grids (`data/grids.csv`) from `data/areas.csv`: seeded, so the same areas give the same bytes.

Run `python -m streams.simulators.town.make_grids` after a change of the communities. The city, its towns and their
codes are real; the outline is a likeness, and communities and grids are invented (no survey is public).
One Voronoi diagram over all grids and rounding of its shared corners make neighbours share their edges exactly.
"""

from __future__ import annotations

import csv
import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import shapely
from scipy.cluster.vq import kmeans2
from scipy.spatial import Voronoi

from streams.reference import registry

SEED = 530681
GRIDS = 678
"""As the city itself reports them ("划定网格678个")."""
FIRST_DAY = "2020-01-01"
DECIMALS = 6
"""Of a degree, about 0.1 m: corners are rounded to it, so that shared corners are identical numbers."""
KM_PER_DEGREE = (111.32 * math.cos(math.radians(28.5)), 110.8)

# Hand-drawn corners (lon, lat), clockwise from the north-west; `_coastline` roughens the lines between them.
CORNERS = [
    (104.335, 28.632),
    (104.372, 28.648),
    (104.404, 28.646),
    (104.437, 28.638),
    (104.447, 28.602),
    (104.428, 28.560),
    (104.433, 28.512),
    (104.412, 28.462),
    (104.418, 28.405),
    (104.382, 28.356),
    (104.334, 28.362),
    (104.296, 28.392),
    (104.262, 28.428),
    (104.256, 28.482),
    (104.282, 28.530),
    (104.293, 28.584),
]


# town: (seat lon, lat, spread of its built-up core in degrees, share of homes in the core)
SEATS = {
    "530681001": (104.418, 28.622, 0.011, 0.82),
    "530681101": (104.375, 28.622, 0.012, 0.66),
    "530681102": (104.300, 28.462, 0.007, 0.22),
    "530681103": (104.372, 28.415, 0.007, 0.22),
}
URBAN_GRIDS, RURAL_GRIDS = 9.0, 5.8
"""Wished grids per urban and rural community; scaled so that they add up to GRIDS."""


def build() -> list[dict[str, object]]:
    """One dict per grid, as the columns of grids.csv; raises ValueError if a community came out in pieces."""
    rng = np.random.default_rng(SEED)
    outline = shapely.Polygon(_coastline(rng))
    communities = _communities()
    centres = _community_centres(rng, outline, communities)
    codes = [row["area_code"] for row in communities]
    counts = _grids_per_community(communities)
    seeds, owner = _grid_seeds(rng, outline, communities, centres, counts)
    polygons = _cells(seeds, outline)
    for index, code in enumerate(codes):
        union = shapely.coverage_union_all([polygons[i] for i in np.flatnonzero(owner == index)])
        if union.geom_type != "Polygon":
            raise ValueError(f"community {code} is in pieces; choose another SEED")
    return [row for index, community in enumerate(communities) for row in _rows(rng, community, index, owner, polygons)]


def _coastline(rng: np.random.Generator) -> list[tuple[float, float]]:
    points = [np.array(corner) for corner in CORNERS]
    for scale in (0.10, 0.10, 0.08):
        rough = []
        for start, end in zip(points, [*points[1:], points[0]], strict=True):
            across = np.array([-(end - start)[1], (end - start)[0]])
            rough += [start, (start + end) / 2 + across * rng.uniform(-scale, scale)]
        points = rough
    return [(round(float(x), DECIMALS), round(float(y), DECIMALS)) for x, y in points]


def _communities() -> list[dict[str, str]]:
    found = [asdict(area) for area in registry.areas("shuifu") if area.area_level == "community"]
    return sorted(found, key=lambda row: row["area_code"])


def _homes(rng: np.random.Generator, outline: shapely.Polygon, town: str, n: int) -> np.ndarray:
    """About n points of a town's homes: a dense core at its seat, the rest spread over its quarter of the city."""
    lon, lat, spread, core_share = SEATS[town]
    seats = np.array([seat[:2] for seat in SEATS.values()])
    west, south, east, north = outline.bounds
    core = rng.normal((lon, lat), spread, size=(int(n * core_share), 2))
    wide = rng.uniform((west, south), (east, north), size=(int(n * (1 - core_share) * 4), 2))
    points = np.concatenate([core, wide])
    nearest = np.linalg.norm(points[:, None, :] - seats[None], axis=2).argmin(axis=1)
    inside = shapely.contains_xy(outline.buffer(-0.002), points[:, 0], points[:, 1])
    return points[inside & (nearest == list(SEATS).index(town))]


def _community_centres(
    rng: np.random.Generator, outline: shapely.Polygon, communities: list[dict[str, str]]
) -> np.ndarray:
    """One point per community: inside a town the urban ones get the places nearest to its seat."""
    centres = np.empty((len(communities), 2))
    for town, (lon, lat, *_) in SEATS.items():
        members = [i for i, row in enumerate(communities) if row["parent_area_code"] == town]
        members.sort(key=lambda i: communities[i]["area_type"] != "urban")
        found, _ = kmeans2(_homes(rng, outline, town, 6000), len(members), minit="++", seed=rng)
        near_first = np.argsort(np.hypot(found[:, 0] - lon, found[:, 1] - lat), kind="stable")
        centres[members] = found[near_first]
    return centres


def _grids_per_community(communities: list[dict[str, str]]) -> np.ndarray:
    wish = np.array([URBAN_GRIDS if row["area_type"] == "urban" else RURAL_GRIDS for row in communities])
    wish *= GRIDS / wish.sum()
    counts = np.floor(wish).astype(int)
    counts[np.argsort(counts - wish, kind="stable")[: GRIDS - counts.sum()]] += 1
    return counts


def _grid_seeds(
    rng: np.random.Generator,
    outline: shapely.Polygon,
    communities: list[dict[str, str]],
    centres: np.ndarray,
    counts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Centres of all grids and the index of each one's community."""
    homes = np.concatenate([_homes(rng, outline, town, 60_000) for town in SEATS])
    home_of = np.linalg.norm(homes[:, None, :] - centres[None], axis=2).argmin(axis=1)
    seeds = [kmeans2(homes[home_of == i], int(n), minit="++", seed=rng, iter=30)[0] for i, n in enumerate(counts)]
    return np.concatenate(seeds), np.repeat(np.arange(len(communities)), counts)


def _cells(seeds: np.ndarray, outline: shapely.Polygon) -> list[shapely.Polygon]:
    """Voronoi cells clipped to the outline, corners rounded: a coverage (no gap, no overlap, edges shared)."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    middle = np.array(outline.centroid.coords[0])
    far = middle + 2.0 * np.column_stack([np.cos(angles), np.sin(angles)])  # closes the outermost real cells
    diagram = Voronoi(np.concatenate([seeds, far]))
    cells = []
    for i in range(len(seeds)):
        cell = shapely.Polygon(diagram.vertices[diagram.regions[diagram.point_region[i]]])
        clipped = shapely.transform(cell.intersection(outline), lambda xy: np.round(xy, DECIMALS))
        cells.append(shapely.orient_polygons(clipped))
    if not all(c.geom_type == "Polygon" and c.is_valid for c in cells) or not shapely.coverage_is_valid(cells):
        raise ValueError("the grids are no clean coverage; choose another SEED")
    return cells


def _rows(
    rng: np.random.Generator,
    community: dict[str, str],
    index: int,
    owner: np.ndarray,
    polygons: list[shapely.Polygon],
) -> list[dict[str, object]]:
    """Rows of one community's grids, numbered in bands from north to south and in each from west to east."""
    mine = [polygons[i] for i in np.flatnonzero(owner == index)]
    per_band = math.ceil(math.sqrt(len(mine)))
    southwards = sorted(mine, key=lambda p: -p.centroid.y)
    bands = [southwards[i : i + per_band] for i in range(0, len(mine), per_band)]
    ordered = [polygon for band in bands for polygon in sorted(band, key=lambda p: p.centroid.x)]
    urban = community["area_type"] == "urban"
    households = rng.integers(200, 301, len(mine)) if urban else rng.integers(28, 96, len(mine))
    return [
        {
            "city_code": "shuifu",
            "grid_code": f"{community['area_code']}{number:03d}",
            "community_code": community["area_code"],
            "street_code": community["parent_area_code"],
            "grid_type": community["area_type"],
            "households": int(homes),
            "area_km2": f"{polygon.area * KM_PER_DEGREE[0] * KM_PER_DEGREE[1]:.4f}",
            "ring": json.dumps([list(corner) for corner in polygon.exterior.coords], separators=(",", ":")),
            "valid_from": FIRST_DAY,
            "valid_to": "",
        }
        for number, (polygon, homes) in enumerate(zip(ordered, households, strict=True), start=1)
    ]


def write(path: Path = registry.DATA_DIR / "grids.csv") -> None:
    """Write grids.csv, replacing it as a whole."""
    rows = build()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    write()

"""Place Shuifu's public cameras and sensors (`data/devices.csv`): seeded, so the same grids give the same bytes.

Run `python -m streams.simulators.town.make_devices` after a change of grids.csv. How many cameras of each class there
are is what the city itself reports; where they stand is invented. Rural cameras are a sample of the 36,000 it
reports. Household cameras are on no list: they are neither connected nor counted.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

import numpy as np
import shapely

from streams.reference import registry

SEED = 1007
FIRST_DAY = "2020-01-01"
DECIMALS = 6
EDGE = 0.04
"""Share of a grid's width that a device keeps away from its border, so that rounding can't carry it across."""


@dataclass(frozen=True)
class Kind:
    """One class of device: its number prefix, how many, who keeps it, and how it is called (zh, en)."""

    device_class: str
    prefix: str
    count: int
    unit_code: str
    name_zh: str
    name_en: str
    in_town: bool = True


KINDS = (
    Kind("city_monitoring", "CAM", 250, "urban_management", "城市监控", "city camera"),
    Kind("skynet", "CAM", 577, "public_security", "天网探头", "street camera"),
    Kind("high_definition", "CAM", 150, "operations_centre", "高清摄像头", "high-definition camera"),
    Kind("eagle_eye", "CAM", 30, "operations_centre", "鹰眼摄像头", "high-point camera"),
    Kind("rural_public", "CAM", 120, "operations_centre", "乡村公共探头", "rural public camera", in_town=False),
    Kind("sensor", "SEN", 73, "operations_centre", "感知终端", "sensor"),
)
PLACES = {
    True: (
        ("路口", "crossing"),
        ("广场", "square"),
        ("农贸市场", "food market"),
        ("公园", "park"),
        ("桥头", "bridge"),
        ("河堤", "embankment"),
        ("公交站", "bus stop"),
        ("垃圾收集点", "refuse point"),
        ("停车场", "car park"),
        ("下穿通道", "underpass"),
    ),
    False: (
        ("村口", "village entrance"),
        ("乡村公路", "rural road"),
        ("河岸", "river bank"),
        ("林区卡口", "forest checkpoint"),
        ("文化活动广场", "village square"),
        ("边坡", "slope"),
    ),
}
"""Public places only, by town and country."""

LATER_SHARE = 0.06
"""Of all devices: put up during the period that the demo plays."""
RETIRED_SHARE = 0.02
"""Of the older ones: taken down during it."""
LATER_DAYS = ("2025-08-01", "2025-11-01", "2026-03-01", "2026-06-01")
RETIRED_DAYS = ("2025-12-01", "2026-05-01", "2026-08-01")


def build() -> list[dict[str, object]]:
    """One dict per device, as the columns of devices.csv, by number."""
    rng = np.random.default_rng(SEED)
    grids = registry.grids("shuifu")
    names = {area.area_code: area for area in registry.areas("shuifu")}
    is_urban = np.array([grid.grid_type == "urban" for grid in grids])
    rows: list[dict[str, object]] = []
    numbers = dict.fromkeys((kind.prefix for kind in KINDS), 0)
    for kind in KINDS:
        weight = np.where(is_urban == kind.in_town, 1.0, 0.12 if kind.in_town else 0.0)
        for index in rng.choice(len(grids), size=kind.count, p=weight / weight.sum()):
            grid = grids[index]
            community = names[grid.community_code]
            places = PLACES[grid.grid_type == "urban"]
            place_zh, place_en = places[rng.integers(len(places))]
            longitude, latitude = _point(rng, grid)
            valid_from, valid_to = _validity(rng)
            numbers[kind.prefix] += 1
            rows.append(
                {
                    "city_code": "shuifu",
                    "device_id": f"{kind.prefix}-530681-{numbers[kind.prefix]:04d}",
                    "device_class": kind.device_class,
                    "name_zh": f"{community.name_zh}{place_zh}{kind.name_zh}",
                    "name_en": f"{community.name_en}, {place_en}: {kind.name_en}",
                    "unit_code": kind.unit_code,
                    "grid_code": grid.grid_code,
                    "longitude": longitude,
                    "latitude": latitude,
                    "valid_from": valid_from,
                    "valid_to": valid_to,
                }
            )
    return rows


def _point(rng: np.random.Generator, grid: registry.Grid) -> tuple[float, float]:
    """A point well inside of the grid."""
    polygon = shapely.Polygon(grid.points)
    inner = polygon.buffer(-EDGE * polygon.area**0.5)
    west, south, east, north = inner.bounds
    while True:
        longitude, latitude = rng.uniform((west, south), (east, north))
        if shapely.contains_xy(inner, longitude, latitude):
            return round(float(longitude), DECIMALS), round(float(latitude), DECIMALS)


def _validity(rng: np.random.Generator) -> tuple[str, str]:
    dice = rng.random()
    if dice < LATER_SHARE:
        return str(rng.choice(LATER_DAYS)), ""
    if dice < LATER_SHARE + RETIRED_SHARE:
        return FIRST_DAY, str(rng.choice(RETIRED_DAYS))
    return FIRST_DAY, ""


def write() -> None:
    """Write devices.csv, replacing it as a whole."""
    rows = build()
    with (registry.DATA_DIR / registry.FILES["device"]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=registry.COLUMNS["device"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    write()

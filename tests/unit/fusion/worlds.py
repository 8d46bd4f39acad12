"""Small invented towns for the tests of fusion: reports crowded into a few streets, with ties among them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from streams.fusion.evidence import KEY, REPORTS, TIES

START = datetime(2026, 3, 2)
METRE = 1 / 111_320.0
WEST, SOUTH = 104.4, 28.6
CODES = (
    ("hotline.ticket", "shuifu-12345", "0201", "路面有个大坑"),
    ("hotline.ticket", "shuifu-12345", "0203", "路灯不亮"),
    ("department.case", "gbt47678-2026", "06013", "路面破损"),
    ("department.case", "gbt47678-2026", "01037", "路灯不亮"),
    ("grid.report", "gbt30428-2013", "0110", "人行道地砖松动"),
    ("camera.detection", "camera-detection", "road_damage", None),
)
SPOTS = ("菜市场门口", "公交站对面", "加油站旁", "")


def report(subject: str, east: float = 0.0, north: float = 0.0, hours: float = 0.0, **other: Any) -> dict[str, Any]:
    """One report, so many metres from the corner and hours after the start; a hotline's on a hole in the road."""
    plain = {
        "city_code": "shuifu",
        "source": "hotline.ticket",
        "subject": subject,
        "told_at_utc": START + timedelta(hours=hours),
        "longitude": WEST + east * METRE / np.cos(np.radians(SOUTH)),
        "latitude": SOUTH + north * METRE,
        "category_scheme": "shuifu-12345",
        "category_code": "0201",
        "text": "菜市场门口路面有个大坑",
        "county_code": "530681",
    }
    return plain | other


def reports(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=REPORTS)


def ties(*rows: tuple[str, ...]) -> pl.DataFrame:
    """Rows of (source, subject, other source, other subject, tie)."""
    return pl.DataFrame([("shuifu", *row) for row in rows], schema=TIES, orient="row")


def town(seed: int, n: int, days: float = 10.0, metres: float = 500.0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """n reports on a few things in a square, and some declared repetitions."""
    rng = np.random.default_rng(seed)
    things = rng.uniform((0, 0, 0), (metres, metres, days * 24), (max(2, n // 3), 3))
    spots, kinds = rng.integers(0, len(SPOTS), len(things)), rng.integers(0, 2, len(things))
    rows, told = [], []
    for i in range(n):
        thing = int(rng.integers(0, len(things)))
        fits = [code for code in CODES if ("灯" in (code[3] or "")) == bool(kinds[thing])]
        source, scheme, code, said = fits[int(rng.integers(0, len(fits)))]
        east, north = things[thing, :2] + rng.normal(0, 30, 2)
        text = None if said is None else SPOTS[spots[thing]] + said
        place = {} if rng.random() > 0.05 else {"longitude": None, "latitude": None}
        rows.append(
            report(f"{i:05d}", east, north, things[thing, 2] + rng.exponential(5), source=source,
                   category_scheme=scheme, category_code=code, text=text, **place)
        )  # fmt: skip
        before = [row["subject"] for row in rows[:-1] if row["source"] == source == "hotline.ticket"]
        if before and rng.random() < 0.1:
            parent = "absent" if rng.random() < 0.2 else before[int(rng.integers(0, len(before)))]
            told.append((source, f"{i:05d}", source, parent, "parent"))
    return reports(*rows), ties(*told)


def partition_of(links: pl.DataFrame) -> set[frozenset[tuple[str, ...]]]:
    """Incidents as sets of their reports' keys."""
    found = links.group_by("city_code", "incident_id").agg(pl.concat_str(*KEY, separator="|").alias("key"))
    return {frozenset((key,) for key in keys) for keys in found["key"].to_list()}

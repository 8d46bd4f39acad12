"""Camera detections of things: detected, reviewed, cleared, from about 300 devices in public places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulators.dice import HOUR, MINUTE, Dice, Floats, Ints, lognormal, pick
from streams.simulators.ground import Ground
from streams.simulators.seasons import THINGS_BY_HOUR, Season

DEVICES = 300


@dataclass(frozen=True)
class Thing:
    """One type of detection: how often, how sure, how long until it is gone, and who clears it."""

    weight: float
    rain_boost: float
    rejected_share: float
    hours: float
    unit_code: str


THINGS = {
    "street_occupation": Thing(22, 0.5, 0.12, 1.5, "urban_management"),
    "garbage_overflow": Thing(20, 0.9, 0.10, 5.0, "sanitation_service"),
    "congestion": Thing(16, 1.4, 0.08, 0.7, "public_security"),
    "illegal_dumping": Thing(8, 0.7, 0.18, 14.0, "urban_management"),
    "small_advert": Thing(7, 0.7, 0.20, 20.0, "urban_management"),
    "construction_dust": Thing(6, 0.2, 0.22, 4.0, "housing_construction"),
    "road_damage": Thing(5, 1.2, 0.15, 60.0, "housing_construction"),
    "facility_damage": Thing(5, 1.0, 0.18, 40.0, "housing_construction"),
    "water_logging": Thing(3, 9.0, 0.12, 3.0, "water_affairs"),
    "manhole_cover": Thing(2, 1.2, 0.15, 5.0, "housing_construction"),
    "fire_smoke": Thing(2, 0.4, 0.40, 0.8, "emergency_management"),
    "device_offline": Thing(4, 2.0, 0.0, 9.0, "industry_commerce"),
}

REVIEWED_SHARE, CLEARED_SHARE = 0.62, 0.93


@dataclass(frozen=True)
class Detections:
    """`cases`: one row per detection with its true place; `events`: `case`, `stage`, `at` (local ms), and more."""

    cases: pl.DataFrame
    events: pl.DataFrame


def detections(dice: Dice, season: Season, ground: Ground, n: int) -> Detections:
    """Draw n detections that begin inside the season's window, and what becomes of each."""
    devices = _devices(dice, ground)
    at, day = season.draw(dice.of("detection.at"), THINGS_BY_HOUR, n)
    rng = dice.of("detection")
    device = pick(rng, devices["busyness"].to_numpy(), n)
    kinds = np.array(list(THINGS))
    weights = np.array([thing.weight for thing in THINGS.values()])
    boost = np.array([thing.rain_boost for thing in THINGS.values()])
    is_rainy = season.is_rainy[day]
    kind = np.where(is_rainy, pick(rng, weights * boost, n), pick(rng, weights, n))
    confidence = np.round(np.clip(1 - rng.beta(1.6, 9.0, n), 0.5, 0.999), 3)
    places = devices.select("device_id", "longitude", "latitude", "area_code", "true_grid_code", "true_community_code")
    cases = pl.DataFrame(
        {
            "received": at,
            "detection_type": kinds[kind],
            "confidence": confidence,
            "handler": np.array([thing.unit_code for thing in THINGS.values()])[kind],
        }
    ).hstack(places[device])
    return Detections(cases, _events(dice, at, kind, cases["handler"]))


def _devices(dice: Dice, ground: Ground) -> pl.DataFrame:
    """One row per device; most know their point, a few only their community, three stand across the border."""
    rng = dice.of("devices")
    weight = ground.weight * np.where(ground.is_urban, 4.0, 0.5)
    grid = pick(rng, weight, DEVICES)
    longitude, latitude = ground.points(rng, grid)
    order = rng.permutation(DEVICES)
    is_outside, is_pointless = np.zeros((2, DEVICES), dtype=bool)
    is_outside[order[:3]] = True
    is_pointless[order[3:15]] = True
    far_longitude, far_latitude = ground.points_outside(rng, DEVICES)
    community = ground.column("community_code")[grid]
    located = pl.lit(pl.Series(~is_outside & ~is_pointless))
    return pl.DataFrame(
        {
            "device_id": [f"SF-CAM-{number:04d}" for number in range(1, DEVICES + 1)],
            "longitude": np.where(is_outside, far_longitude, longitude),
            "latitude": np.where(is_outside, far_latitude, latitude),
            "area_code": community,
            "true_grid_code": ground.column("grid_code")[grid],
            "true_community_code": community,
            "busyness": np.exp(0.6 * rng.standard_normal(DEVICES)),
        },
        schema_overrides=dict.fromkeys(("area_code", "true_grid_code", "true_community_code"), pl.String),
    ).with_columns(
        pl.when(pl.lit(pl.Series(~is_pointless))).then("longitude").alias("longitude"),
        pl.when(pl.lit(pl.Series(~is_pointless))).then("latitude").alias("latitude"),
        pl.when(pl.lit(pl.Series(~is_outside))).then("area_code").alias("area_code"),
        pl.when(located).then("true_grid_code").alias("true_grid_code"),
        pl.when(pl.lit(pl.Series(~is_outside))).then("true_community_code").alias("true_community_code"),
    )


def _events(dice: Dice, at: Ints, kind: Ints, handler: pl.Series) -> pl.DataFrame:
    n, rng = len(at), dice.of("detection.life")
    things = list(THINGS.values())
    is_reviewed = rng.random(n) < REVIEWED_SHARE
    reviewed = at + (lognormal(rng, 11, 0.9, n) * MINUTE).astype(np.int64) + 1
    is_rejected = is_reviewed & (rng.random(n) < _of(things, "rejected_share")[kind])
    is_cleared = ~is_rejected & (rng.random(n) < CLEARED_SHARE)
    after = np.where(is_reviewed, reviewed, at)
    cleared = after + (lognormal(rng, _of(things, "hours")[kind], 0.8, n) * HOUR).astype(np.int64) + 1
    rows = np.arange(n)
    result = np.where(is_rejected, "rejected", "confirmed")
    confirmed = is_reviewed & ~is_rejected
    frames = [
        pl.DataFrame({"case": rows, "at": at, "stage": "detected"}),
        pl.DataFrame({"case": rows, "at": reviewed, "stage": "reviewed", "review_result": result})
        .with_columns(unit_code=pl.when(pl.lit(pl.Series(confirmed))).then(handler))
        .filter(pl.lit(pl.Series(is_reviewed))),
        pl.DataFrame({"case": rows, "at": cleared, "stage": "cleared"}).filter(pl.lit(pl.Series(is_cleared))),
    ]
    return pl.concat(frames, how="diagonal").sort("case", "at", maintain_order=True)


def _of(things: list[Thing], name: str) -> Floats:
    return np.array([getattr(thing, name) for thing in things])

"""Family `city.camera.detection.v1`: things seen by devices in public places; detected, reviewed, cleared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.simulators.dice import DAY, HOUR, MINUTE, Dice, Floats, Ints, lognormal, pick
from streams.simulators.family import Delays, Family, Log, told
from streams.simulators.ground import Ground
from streams.simulators.seasons import THINGS_BY_HOUR
from streams.simulators.world import World

TOPIC, SOURCE = "city.camera.detection.v1", "/shuifu/video-sensing"
PER_DAY = 101.0
"""At scale 1."""
DELAYS = Delays(3, (0.02, 5 * MINUTE, 50 * MINUTE), (0.006, 2 * HOUR, 60 * HOUR), (0.0006, 38 * DAY, 42 * DAY))

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


def play(world: World) -> Family:
    """All detections that begin in the world's span, and what becomes of each."""
    dice, season, n = world.dice, world.season, world.count(PER_DAY)
    devices = _devices(dice, world.ground)
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
    number = pl.int_range(n).cast(pl.String).str.zfill(7)
    cases = pl.select(pl.format("DT-{}-{}", pl.lit(world.parameters.tag), number).alias("detection_id")).with_columns(
        pl.Series("detection_type", kinds[kind]), pl.Series("confidence", confidence)
    )
    cases = cases.hstack(places[device]).with_columns(true_street_code=pl.col("true_community_code").str.head(9))
    handler = np.array([thing.unit_code for thing in THINGS.values()])[kind]
    events = told(_events(dice, at, kind, handler), cases.drop("detection_id", "device_id"))
    return Family(TOPIC, SOURCE, cases, events, DELAYS, frozenset({"detected"}))


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


def _events(dice: Dice, at: Ints, kind: Ints, handler: NDArray[np.str_]) -> pl.DataFrame:
    n, rng = len(at), dice.of("detection.life")
    things = list(THINGS.values())
    is_reviewed = rng.random(n) < REVIEWED_SHARE
    reviewed = at + (lognormal(rng, 11, 0.9, n) * MINUTE).astype(np.int64) + 1
    is_rejected = is_reviewed & (rng.random(n) < _of(things, "rejected_share")[kind])
    is_cleared = ~is_rejected & (rng.random(n) < CLEARED_SHARE)
    after = np.where(is_reviewed, reviewed, at)
    cleared = after + (lognormal(rng, _of(things, "hours")[kind], 0.8, n) * HOUR).astype(np.int64) + 1
    log = Log()
    log.add("detected", np.ones(n, dtype=bool), at)
    log.add("reviewed", is_rejected, reviewed, review_result="rejected")
    log.add("reviewed", is_reviewed & ~is_rejected, reviewed, review_result="confirmed", unit_code=handler)
    log.add("cleared", is_cleared, cleared)
    return log.events()


def _of(things: list[Thing], name: str) -> Floats:
    return np.array([getattr(thing, name) for thing in things])

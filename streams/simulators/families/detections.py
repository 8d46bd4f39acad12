"""Family `city.camera.detection.v1`: things seen by devices in public places; detected, reviewed, cleared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.simulators.town.dice import DAY, HOUR, MINUTE, Dice, Floats, Ints, Mask, lognormal, pick
from streams.simulators.town.family import Delays, Family, Log, told
from streams.simulators.town.incidents import CAMERA, cameras_in_use
from streams.simulators.town.seasons import THINGS_BY_HOUR
from streams.simulators.town.things import mistaken, things
from streams.simulators.town.world import World

TOPIC, SOURCE = "city.camera.detection.v1", "/shuifu/video-sensing"
WRONG_CLOCK_SHARE = 0.0005
"""Of reviews."""
FIRMWARE_DAY = 18_263 * DAY
"""2020-01-02, where a desk's clock begins again without its battery."""

PER_DAY = 92.0
"""At scale 1."""
DELAYS = Delays(3, (0.02, 5 * MINUTE, 50 * MINUTE), (0.006, 2 * HOUR, 60 * HOUR), (0.0006, 38 * DAY, 42 * DAY))

POINTLESS_SHARE = 0.012
"""Of cameras: their detections name the community, not the point."""


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

REVIEWED_SHARE, CLEARED_SHARE, TRUE_REJECTED_SHARE = 0.62, 0.93, 0.02


def play(world: World) -> Family:
    """All detections that begin in the world's span, and what becomes of each."""
    dice, season = world.dice, world.season
    told_of = world.incidents.told_by(CAMERA)
    alone, day = season.draw(dice.of("detection.at"), THINGS_BY_HOUR, max(1, world.count(PER_DAY) - told_of.height))
    rng = dice.of("detection")
    weights, boost = _of("weight"), _of("rain_boost")
    n = len(alone)
    kind = np.where(season.is_rainy[day], pick(rng, weights * boost, n), pick(rng, weights, n))
    seen, fault = _seen(dice, world, told_of)
    both = {
        "at": (alone, told_of["at"].to_numpy()),
        "kind": (kind, seen),
        "device": (cameras_in_use(rng, world.cameras, alone), told_of["device"].to_numpy()),
        "telling": (np.full(n, -1), np.arange(told_of.height)),
        "fault": (np.zeros(n, dtype=np.int64), fault),
    }
    order = np.argsort(np.concatenate(both["at"]), kind="stable")
    at, kind, device, telling, fault = (np.concatenate(parts)[order] for parts in both.values())

    tag = world.parameters.tag
    cases = pl.DataFrame(
        {
            "detection_id": [f"DT-{tag}-{number:07d}" for number in range(len(at))],
            "detection_type": np.array(list(THINGS))[kind],
            "confidence": np.round(np.clip(1 - rng.beta(1.6, 9.0, len(at)), 0.5, 0.999), 3),
        }
    ).hstack(_places(dice, world)[device])
    handler = np.array([thing.unit_code for thing in THINGS.values()])[kind]
    events = told(_events(dice, at, kind, handler, telling >= 0), cases.drop("detection_id", "device_id"))
    marks = world.incidents.marks(CAMERA, telling, fault, None, np.zeros(len(at), dtype=bool))
    return Family(TOPIC, SOURCE, cases.hstack(marks), events, DELAYS, frozenset({"detected"}))


def _seen(dice: Dice, world: World, told_of: pl.DataFrame) -> tuple[Ints, Ints]:
    """What the camera takes each incident for: (row of THINGS, fault)."""
    names = [name for name in THINGS if name != "device_offline"]
    family = {category.category_code: category.family for category in world.categories("camera-detection")}
    right = np.array([names.index(thing.detection_type) if thing.detection_type else -1 for thing in things()])
    row, fault = mistaken(
        dice.of("detection.fault"),
        right[told_of["thing"].to_numpy()],
        told_of["fault"].to_numpy(),
        [family[name] for name in names],
    )
    return np.array([list(THINGS).index(name) for name in names])[row], fault


def _places(dice: Dice, world: World) -> pl.DataFrame:
    """One row per camera: what its detections say of their place. A few know only their community."""
    cameras = world.cameras
    community = [camera.grid_code[:12] for camera in cameras]
    knows = dice.of("devices").random(len(cameras)) >= POINTLESS_SHARE
    grid = pl.Series([camera.grid_code for camera in cameras])
    return pl.DataFrame(
        {
            "device_id": [camera.device_id for camera in cameras],
            "longitude": [camera.longitude for camera in cameras],
            "latitude": [camera.latitude for camera in cameras],
            "area_code": community,
            "true_grid_code": grid,
            "true_community_code": community,
            "true_street_code": grid.str.head(9),
        }
    ).with_columns(
        pl.when(pl.lit(pl.Series(knows))).then(pl.col(name)).alias(name)
        for name in ("longitude", "latitude", "true_grid_code")
    )


def _events(dice: Dice, at: Ints, kind: Ints, handler: NDArray[np.str_], is_true: Mask) -> pl.DataFrame:
    """`is_true`: seen of an incident that others tell of too; an operator hardly ever takes it for a false alarm."""
    n, rng = len(at), dice.of("detection.life")
    is_reviewed = rng.random(n) < REVIEWED_SHARE
    reviewed = at + (lognormal(rng, 11, 0.9, n) * MINUTE).astype(np.int64) + 1
    share = np.where(is_true, TRUE_REJECTED_SHARE, _of("rejected_share")[kind])
    is_rejected = is_reviewed & (rng.random(n) < share)
    is_cleared = ~is_rejected & (rng.random(n) < CLEARED_SHARE)
    after = np.where(is_reviewed, reviewed, at)
    cleared = after + (lognormal(rng, _of("hours")[kind], 0.8, n) * HOUR).astype(np.int64) + 1
    log = Log()
    log.add("detected", np.ones(n, dtype=bool), at)
    log.add("reviewed", is_rejected, reviewed, review_result="rejected")
    log.add("reviewed", is_reviewed & ~is_rejected, reviewed, review_result="confirmed", unit_code=handler)
    log.add("cleared", is_cleared, cleared)
    return _with_wrong_clocks(dice, log.events())


def _with_wrong_clocks(dice: Dice, events: pl.DataFrame) -> pl.DataFrame:
    """Desks whose clock is a day slow or eight minutes fast, and one that has lost its battery and lives in 2020.

    None is fast beyond the platform's tolerance: of such an event it would depend on the moment whether it is refused.
    """
    rng = dice.of("detection.clock")
    reviews = np.flatnonzero((events["stage"] == "reviewed").to_numpy())
    chosen = rng.permutation(reviews)[: max(3, round(len(reviews) * WRONG_CLOCK_SHARE))]
    stamp = np.full(events.height, -1, dtype=np.int64)
    stamp[chosen] = events["at"].to_numpy()[chosen] + np.where(np.arange(len(chosen)) % 2, 8 * MINUTE, -DAY)
    stamp[chosen[:1]] = FIRMWARE_DAY + DAY // 2 + stamp[chosen[:1]] % (DAY // 2)
    return events.with_columns(stamp=pl.Series(stamp)).with_columns(pl.when(pl.col("stamp") >= 0).then("stamp"))


def _of(name: str) -> Floats:
    return np.array([getattr(thing, name) for thing in THINGS.values()])

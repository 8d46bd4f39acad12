"""True incidents: one thing at one place and time, told by several channels, each with its own errors.

Every other case or detection of the simulated city is an incident of its own. What links two tellings is written
nowhere in the messages, but for the few cases that a source itself declares duplicates or ties to another source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from streams.reference.registry import Device
from streams.simulators.town.dice import DAY, HOUR, MINUTE, Dice, Floats, Ints, Mask, lognormal, pick
from streams.simulators.town.family import Family
from streams.simulators.town.ground import METRES, Ground
from streams.simulators.town.scenario import Scenario
from streams.simulators.town.seasons import THINGS_BY_HOUR, Season
from streams.simulators.town.texts import SPOTS
from streams.simulators.town.things import per_thing, things

THINGS_PER_DAY, MATTERS_PER_DAY = 21.0, 4.5
"""At scale 1: troubles in the streets, which every channel may tell of; other matters, told by several callers."""
NEIGHBOURED_SHARE = 0.07
"""Of incidents: get another, different one close by; with that one, 15 % of all have such a neighbour."""
NEAR_METRES, NEAR_HOURS = (15.0, 74.0), 20.0
SAME_KIND_SHARE = 0.2
"""Of neighbours: of the very same kind at another spot; only their words differ."""
EVALUATION_SHARE = 1 / 3

PLACE_METRES, PLACE_CAP = 30.0, 80.0
MEDIAN_HOURS, DELAY_SIGMA = 2.0, 1.5107
"""A log-normal delay whose 95 % point is 24 hours."""
INSIDE_SHARE, OUTSIDE_SHARE = 0.10, 0.02
"""Of tellings: a wrong category, of the same family or of another one."""

Truth = tuple[pl.DataFrame, pl.DataFrame]
"""Incidents and their members: see `Incidents.truth`."""
FAULTS = ("right", "inside", "outside")

HOTLINE, CAMERA, CITY_MANAGEMENT, GRID = "hotline", "camera", "city_management", "grid"
CALLERS = np.array([0.22, 0.40, 0.21, 0.10, 0.05, 0.02])
"""Shares of incidents in the streets by the number of their hotline tickets."""
SEEN_SHARE, INSPECTED_SHARE, PATROLLED_SHARE = 0.55, 0.42, 0.30
TWICE_SHARE = 0.08
"""Told by a camera (where the thing has a detection type), by city management, by a grid; by one of these twice."""


@dataclass(frozen=True)
class Incidents:
    """`incidents`: thing (row, -1 for other matters), matter (row of the hotline's), at, longitude, latitude, grid
    (row), spot, is_evaluation, near (row of the neighbour it was planted beside, or -1).
    `tellings`: incident (row), channel, at, longitude, latitude, grid (row), fault (0, 1, 2), device (row or -1).
    Times are local ms.
    """

    incidents: pl.DataFrame
    tellings: pl.DataFrame

    def told_by(self, channel: str) -> pl.DataFrame:
        """The channel's tellings by time, with thing, matter, spot and is_evaluation of their incidents."""
        mine = self.tellings.filter(pl.col("channel") == channel).sort("at", maintain_order=True)
        of = self.incidents.select("thing", "matter", "spot", "is_evaluation")
        return mine.hstack(of[mine["incident"]])

    def first_told(self, family: Family, subject: str) -> tuple[NDArray[np.object_], Ints]:
        """(subject, time) of the family's first case of each incident; None and a time after all times elsewhere."""
        opened = family.events.group_by("case").agg(pl.col("at").min()).sort("case")["at"].to_numpy()
        incident = family.cases["true_incident"].fill_null(-1).to_numpy()
        rows = np.flatnonzero(incident >= 0)
        rows = rows[np.argsort(opened[rows], kind="stable")]
        of, first = np.unique(incident[rows], return_index=True)
        names = np.full(self.incidents.height + 1, None, dtype=object)
        times = np.full(self.incidents.height + 1, np.iinfo(np.int64).max)
        names[of], times[of] = family.cases[subject].to_numpy()[rows[first]], opened[rows[first]]
        return names, times

    def marks(self, channel: str, telling: Ints, fault: Ints, form: Ints | None, is_evaluation: Mask) -> pl.DataFrame:
        """The `true_…` columns that tie a family's cases to their incidents; `telling` is a row of `told_by`, or -1.

        true_incident: row of `incidents`, null for an incident of its own; true_fault: right, inside or outside the
        family; true_form: number of the text's form, null without text; true_is_evaluation: the text is not to be
        learnt from.
        """
        rows = pl.Series(np.append(self.told_by(channel)["incident"].to_numpy(), -1)[telling])
        frame = pl.DataFrame(
            {
                "true_incident": rows,
                "true_fault": np.array(FAULTS)[fault],
                "true_form": np.full(len(telling), -1) if form is None else form,
                "true_is_evaluation": is_evaluation,
            }
        )
        return frame.with_columns(
            pl.when(pl.col(name) >= 0).then(pl.col(name)) for name in ("true_incident", "true_form")
        )

    def truth(self, ground: Ground, tag: str, offset: int, told: dict[str, pl.DataFrame]) -> Truth:
        """What is known of them at the end. `told`: topic -> known cases with `subject`, `at` and the marks."""
        number = pl.col("incident").cast(pl.String).str.zfill(7)
        of = self.incidents.with_row_index("incident").cast({"incident": pl.Int64})
        parts = [
            cases.filter(pl.col("true_incident").is_not_null()).select(
                pl.col("true_incident").cast(pl.Int64).alias("incident"),
                pl.lit(topic).alias("topic"),
                pl.col("subject"),
                pl.col("at").alias("told_at"),
                pl.col("^true_(fault|form)$").name.map(lambda name: name.removeprefix("true_")),
                "^(longitude|latitude)$",
            )
            for topic, cases in told.items()
        ]
        members = pl.concat(parts, how="diagonal").join(
            of.select("incident", "at", "longitude", "latitude", "is_evaluation"), "incident", suffix="_true"
        )
        east = (pl.col("longitude") - pl.col("longitude_true")) * METRES * pl.col("latitude").radians().cos()
        north = (pl.col("latitude") - pl.col("latitude_true")) * METRES
        members = members.sort("incident", "told_at", maintain_order=True).select(
            pl.format("IN-{}-{}", pl.lit(tag), number).alias("incident_id"),
            "topic",
            "subject",
            pl.from_epoch(pl.col("told_at") - offset, "ms").alias("told_at_utc"),
            (pl.int_range(pl.len()).over("incident") == 0).alias("is_first"),
            (east**2 + north**2).sqrt().round(1).alias("metres_off"),
            ((pl.col("told_at") - pl.col("at")) / MINUTE).round(1).alias("minutes_after"),
            pl.col("fault").alias("category"),
            pl.col("form").alias("text_form"),
            "is_evaluation",
        )
        tellings = members.group_by("incident_id").agg(
            pl.len().alias("tellings"), pl.col("topic").n_unique().alias("channels")
        )
        found = of.with_columns(self._places(ground)).select(
            pl.format("IN-{}-{}", pl.lit(tag), number).alias("incident_id"),
            pl.when(pl.col("thing") >= 0).then(pl.lit("street")).otherwise(pl.lit("matter")).alias("kind"),
            pl.Series("thing", [things()[row].thing if row >= 0 else None for row in of["thing"].to_list()]),
            pl.from_epoch(pl.col("at") - offset, "ms").alias("occurred_at_utc"),
            "longitude",
            "latitude",
            "true_grid_code",
            "is_evaluation",
            "has_other_near",
        )
        return found.join(tellings, on="incident_id", how="inner", maintain_order="left"), members

    def _places(self, ground: Ground) -> list[pl.Series]:
        """Grid of each, and whether another one lies within 80 m and 24 hours."""
        x, y, at = (self.incidents[name].to_numpy() for name in ("longitude", "latitude", "at"))
        points = shapely.points(x * np.cos(np.radians(y.mean())) * METRES, y * METRES)
        one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=PLACE_CAP)
        near = np.zeros(len(points), dtype=bool)
        near[one[(one != other) & (np.abs(at[one] - at[other]) <= DAY)]] = True
        codes = ground.column("grid_code")[self.incidents["grid"].to_numpy()]
        return [pl.Series("true_grid_code", codes.tolist(), dtype=pl.String), pl.Series("has_other_near", near)]


def incidents(
    dice: Dice,
    season: Season,
    ground: Ground,
    scenario: Scenario,
    cameras: tuple[Device, ...],
    volume: float,
    noise: float,
) -> Incidents:
    """Draw what happens and who tells of it before the season's end. `volume`: days times scale."""
    base = _street_incidents(dice, season, ground, cameras, max(2, round(THINGS_PER_DAY * volume)), noise)
    base = _with_neighbours(dice, base, ground, season.end)
    heard = [thing for thing in things() if thing.is_heard]
    codes = [matter.category_code for matter in scenario.matters]
    matter_of = np.array([codes.index(thing.hotline_code) for thing in heard])
    base = base.with_columns(matter=pl.Series(matter_of[base["thing"].to_numpy()]))
    others = _other_matters(dice, season, ground, scenario, max(1, round(MATTERS_PER_DAY * volume)))
    found = pl.concat([base, others], how="diagonal").with_columns(pl.col("near", "device").fill_null(-1))
    is_kept = dice.of("incident.split").random(found.height) < EVALUATION_SHARE
    found = found.with_columns(is_evaluation=pl.Series(is_kept))
    return Incidents(found, _tellings(dice, found, ground, cameras, season.end, noise))


def _street_incidents(
    dice: Dice, season: Season, ground: Ground, cameras: tuple[Device, ...], n: int, noise: float
) -> pl.DataFrame:
    at, day = season.draw(dice.of("incident.at"), THINGS_BY_HOUR, n)
    rng = dice.of("incident")
    heard = sum(thing.is_heard for thing in things())
    weight, boost = per_thing("weight")[:heard], per_thing("rain_boost")[:heard]
    thing = np.where(season.is_rainy[day], pick(rng, weight * boost, n), pick(rng, weight, n))
    can_be_seen = np.array([bool(thing.detection_type) for thing in things()])[thing]
    is_seen = can_be_seen & (rng.random(n) < SEEN_SHARE) & bool(cameras)
    grid = ground.draw(rng, n)
    longitude, latitude = ground.points(rng, grid)
    x, y = (np.array([getattr(camera, name) for camera in cameras]) for name in ("longitude", "latitude"))
    device = np.where(is_seen, cameras_in_use(rng, cameras, at, ground.weight[ground.locate(x, y)]), -1)
    seen = np.flatnonzero(is_seen)
    # A camera tells of its own place: the incident lies around it, not the other way round.
    longitude[seen], latitude[seen], grid[seen] = ground.near(
        rng, x[device[seen]], y[device[seen]], PLACE_METRES * noise, PLACE_CAP * noise
    )
    return pl.DataFrame(
        {
            "thing": thing,
            "at": at,
            "longitude": longitude,
            "latitude": latitude,
            "grid": grid,
            "spot": rng.integers(0, len(SPOTS), n),
            "device": device,
            "near": np.full(n, -1),
        }
    )


def cameras_in_use(
    rng: np.random.Generator, cameras: tuple[Device, ...], at: Ints, weight: Floats | float = 1.0
) -> Ints:
    """A camera (row) per instant, busy ones more often, none before it was put up or after it was taken down."""
    n = len(at)
    busyness = weight * np.exp(0.6 * rng.standard_normal(len(cameras)))
    since = np.array([camera.valid_from for camera in cameras], dtype="datetime64[D]").astype(np.int64) * DAY
    until = np.array([camera.valid_to or "2999-01-01" for camera in cameras], dtype="datetime64[D]").astype(np.int64)
    until = until * DAY
    found = pick(rng, busyness, n)
    for _ in range(20):
        wrong = np.flatnonzero((at < since[found]) | (at >= until[found]))
        if not len(wrong):
            break
        found[wrong] = pick(rng, busyness, len(wrong))
    return found


def _with_neighbours(dice: Dice, base: pl.DataFrame, ground: Ground, end: int) -> pl.DataFrame:
    """Add different incidents within 80 m and 24 h of some."""
    rng = dice.of("incident.near")
    rows = np.flatnonzero(rng.random(base.height) < NEIGHBOURED_SHARE)
    n, of = len(rows), base[rows]
    angle, metres = rng.uniform(0, 2 * np.pi, n), rng.uniform(*NEAR_METRES, n)
    place = (of["longitude"].to_numpy(), of["latitude"].to_numpy())
    longitude, latitude, grid = ground.beside(*place, metres * np.cos(angle), metres * np.sin(angle))
    heard = sum(thing.is_heard for thing in things())
    thing = of["thing"].to_numpy()
    other = (thing + 1 + rng.integers(0, heard - 1, n)) % heard
    first, since = base["at"].to_numpy().min(), of["at"].to_numpy()
    at = np.clip(since + (rng.uniform(-NEAR_HOURS, NEAR_HOURS, n) * HOUR).astype(np.int64), first, end - 1)
    spot = of["spot"].to_numpy()
    new = pl.DataFrame(
        {
            "thing": np.where(rng.random(n) < SAME_KIND_SHARE, thing, other),
            "at": at,
            "longitude": longitude,
            "latitude": latitude,
            "grid": grid,
            "spot": (spot + 1 + rng.integers(0, len(SPOTS) - 1, n)) % len(SPOTS),
            "device": np.full(n, -1),
            "near": rows,
        }
    )
    return pl.concat([base, new])


def _other_matters(dice: Dice, season: Season, ground: Ground, scenario: Scenario, n: int) -> pl.DataFrame:
    """What only the hotline hears of, from several callers: outages, wages, noise of neighbours."""
    at, _ = season.draw(dice.of("incident.matter.at"), THINGS_BY_HOUR, n)
    rng = dice.of("incident.matter")
    grid = ground.draw(rng, n)
    longitude, latitude = ground.points(rng, grid)
    weights = np.where(ground.is_urban[grid, None], scenario.per_matter("urban_weight"), 0.0)
    weights += np.where(ground.is_urban[grid, None], 0.0, scenario.per_matter("rural_weight"))
    shares = np.cumsum(weights, axis=1)
    matter = (rng.random((n, 1)) * shares[:, -1:] >= shares).sum(axis=1)
    return pl.DataFrame(
        {
            "thing": np.full(n, -1),
            "matter": matter,
            "at": at,
            "longitude": longitude,
            "latitude": latitude,
            "grid": grid,
            "spot": rng.integers(0, len(SPOTS), n),
        }
    )


def _tellings(
    dice: Dice, found: pl.DataFrame, ground: Ground, cameras: tuple[Device, ...], end: int, noise: float
) -> pl.DataFrame:
    n, rng = found.height, dice.of("incident.told")
    is_street = (found["thing"] >= 0).to_numpy()
    device = found["device"].to_numpy()
    inspected = (is_street & (rng.random(n) < INSPECTED_SHARE)).astype(np.int64)
    inspected += inspected * (rng.random(n) < TWICE_SHARE)
    patrolled = (is_street & (rng.random(n) < PATROLLED_SHARE)).astype(np.int64)
    patrolled += patrolled * (rng.random(n) < TWICE_SHARE)
    callers = np.where(is_street, pick(rng, CALLERS, n), 2 + pick(rng, np.array([0.75, 0.2, 0.05]), n))
    # An incident is told at least once, and most of them more often than that.
    alone = inspected + patrolled + callers + (device >= 0) == 0
    callers = callers + alone * (1 + (rng.random(n) < 0.6))
    parts = []
    for channel, times in ((HOTLINE, callers), (CITY_MANAGEMENT, inspected), (GRID, patrolled), (CAMERA, device >= 0)):
        rows = np.repeat(np.arange(n), times.astype(np.int64))
        parts.append(pl.DataFrame({"incident": rows}).with_columns(channel=pl.lit(channel)))
    told = pl.concat(parts)
    rows, m = told["incident"].to_numpy(), told.height
    of = found[rows]
    delay = lognormal(rng, MEDIAN_HOURS * noise, DELAY_SIGMA, m) * HOUR
    place = (of["longitude"].to_numpy(), of["latitude"].to_numpy())
    longitude, latitude, grid = ground.near(rng, *place, PLACE_METRES * noise, PLACE_CAP * noise)
    fault = pick(
        rng, np.array([1 - (INSIDE_SHARE + OUTSIDE_SHARE) * noise, INSIDE_SHARE * noise, OUTSIDE_SHARE * noise]), m
    )
    is_camera = (told["channel"] == CAMERA).to_numpy()
    mine = np.where(is_camera, of["device"].to_numpy(), -1)
    at_camera: list[Floats] = [
        np.array([getattr(c, name) for c in cameras] or [0.0]) for name in ("longitude", "latitude")
    ]
    told = told.with_columns(
        at=pl.Series(of["at"].to_numpy() + delay.astype(np.int64)),
        longitude=pl.Series(np.where(is_camera, at_camera[0][mine], longitude)),
        latitude=pl.Series(np.where(is_camera, at_camera[1][mine], latitude)),
        grid=pl.Series(np.where(is_camera, ground.locate(at_camera[0][mine], at_camera[1][mine]), grid)),
        fault=pl.Series(fault),
        device=pl.Series(mine),
    )
    return told.filter(pl.col("at") < end)

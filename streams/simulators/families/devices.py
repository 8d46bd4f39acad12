"""State of public cameras and sensors: weekly heartbeats, outages, image checks, maintenance.

Things only: no household device is on the list that the fleet comes from, and nothing says what a camera saw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import polars as pl

from streams.reference import registry
from streams.simulators.families.lives import Words, picked, where
from streams.simulators.town.dice import DAY, HOUR, MINUTE, SECOND, Ints, Mask, lognormal, pick
from streams.simulators.town.family import Delays, Family, told
from streams.simulators.town.seasons import EPOCH
from streams.simulators.town.world import CITY, World

TOPIC, SOURCE = "city.camera.device.v1", "/shuifu/video-devices"
DELAYS = Delays(60, (0.02, 10 * MINUTE, 5 * HOUR), (0.006, 25 * HOUR, 6 * DAY), (0.0006, 38 * DAY, 42 * DAY))

FAR = 1 << 42
"""Milliseconds, later than any instant of a run: keeps the outages of devices apart in one sorted column."""
WEEK = 7 * DAY
WEEKS = {"rural_public": 2, "sensor": 2}
"""Device class -> how many weeks one heartbeat sums up, where it isn't one; each device has an hour of its own."""
OUTAGES_PER_YEAR = {
    "city_monitoring": 1.1,
    "skynet": 0.9,
    "high_definition": 1.3,
    "eagle_eye": 1.0,
    "rural_public": 2.6,
    "sensor": 1.8,
}
RAIN_BOOST = 3.0
"""How many times as many devices fail on a rainy day."""
LONGEST_OUTAGE = 40 * DAY
FLICKER_SHARE, TOLD_REASON_SHARE = 0.25, 0.6
"""Of heartbeats: a few minutes lost without an outage; of outages: the reason is known when they begin."""

CHECK_EVERY = 182 * DAY
RESULTS = {"clear": 945, "blurred": 22, "blocked": 12, "dark": 12, "misaligned": 9}
CURES = {"blurred": "cleaning", "blocked": "cleaning", "dark": "repair", "misaligned": "calibration"}
CURED_SHARE, REPLACED_SHARE, CLEANED_PER_YEAR = 0.88, 0.2, 0.7


@dataclass(frozen=True)
class Reason:
    """Why devices fail: how often, and the median hours until they are back."""

    weight: float
    hours: float


REASONS = {
    "power": Reason(30, 9.0),
    "network": Reason(32, 18.0),
    "device": Reason(16, 110.0),
    "construction": Reason(6, 260.0),
    "unknown": Reason(16, 6.0),
}


@dataclass(frozen=True)
class Outages:
    """Outages by device and time, no two of a device at once; `begun` and `ended` are local ms."""

    device: Ints
    begun: Ints
    ended: Ints
    reason: Words

    def lost(self, device: Ints, at: Ints) -> Ints:
        """Milliseconds that each of the devices was offline before each of the instants."""
        first = np.searchsorted(self.device, device)
        after = np.searchsorted(self.device * FAR + self.begun, device * FAR + at)
        total = np.concatenate([[0], np.cumsum(self.ended - self.begun)])
        # Only the latest outage can last beyond the instant.
        overrun = np.maximum(np.concatenate([[0], self.ended])[after] - at, 0)
        return np.where(after > first, total[after] - total[first] - overrun, 0)


def play(world: World) -> Family:
    """Everything told of the devices that stand during the span; at a scale below 1 of a part of them."""
    fleet = _fleet(world)
    outages = _outages(world, fleet)
    frames = [_heartbeats(world, fleet, outages), *_told_outages(world, fleet, outages)]
    frames += [*_checks(world, fleet, outages), _repairs(world, fleet, outages), _cleanings(world, fleet)]
    said = fleet.select("device_class", "unit_code", "area_code", "longitude", "latitude")
    events = told(pl.concat(frames, how="diagonal").sort("case", "at", maintain_order=True), said)
    # A heartbeat names the grid alone: it would tell the same point every week.
    is_heartbeat = pl.col("stage") == "heartbeat"
    events = events.with_columns(pl.when(~is_heartbeat).then(pl.col("longitude", "latitude", "unit_code")))
    return Family(TOPIC, SOURCE, fleet, events, DELAYS, frozenset({"heartbeat"}), as_known=as_known)


def _fleet(world: World) -> pl.DataFrame:
    """One row per device that stands in the span, `since` and `until` (local ms) inside of it."""
    rows = [
        {
            "device_id": device.device_id,
            "device_class": device.device_class,
            "unit_code": device.unit_code,
            "longitude": device.longitude,
            "latitude": device.latitude,
            "area_code": device.grid_code,
            "true_grid_code": device.grid_code,
            "since": max(_ms(device.valid_from) or 0, world.start),
            "until": min(_ms(device.valid_to) or world.end, world.end),
        }
        for device in registry.devices(CITY)
    ]
    standing = pl.DataFrame(rows).filter(pl.col("since") < pl.col("until"))
    kept = max(1, round(standing.height * min(1.0, world.parameters.scale)))
    chosen = np.sort(world.dice.of("device.fleet").permutation(standing.height)[:kept])
    return standing[chosen].with_columns(
        true_community_code=pl.col("true_grid_code").str.head(12), true_street_code=pl.col("true_grid_code").str.head(9)
    )


def _outages(world: World, fleet: pl.DataFrame) -> Outages:
    rng, season = world.dice.of(f"device.outage.{world.parameters.tag}"), world.season
    yearly = fleet["device_class"].replace_strict(OUTAGES_PER_YEAR).to_numpy()
    n = int(rng.poisson(yearly.sum() * world.days / 365))
    stormy = replace(season, busyness=np.where(season.is_rainy, RAIN_BOOST, 1.0))
    begun, _ = stormy.draw(rng, np.ones(24), n)
    device = pick(rng, yearly * np.exp(0.7 * rng.standard_normal(fleet.height)), n)
    reason = picked(rng, {name: reason.weight for name, reason in REASONS.items()}, n)
    hours = lognormal(rng, np.array([REASONS[name].hours for name in reason.tolist()]), 1.0, n)
    ended = begun + np.minimum(hours * HOUR, LONGEST_OUTAGE).astype(np.int64) + MINUTE
    since, until = (fleet[name].to_numpy()[device] for name in ("since", "until"))
    order = np.lexsort((begun, device))
    frame = (
        pl.DataFrame(
            {"device": device, "begun": begun, "ended": ended, "since": since, "until": until, "row": range(n)}
        )[order]
        .filter((pl.col("begun") >= pl.col("since")) & (pl.col("begun") < pl.col("until")))
        .filter(pl.col("begun") > pl.col("ended").cum_max().shift().over("device").fill_null(0))
    )
    return Outages(
        frame["device"].to_numpy(),
        frame["begun"].to_numpy(),
        frame["ended"].to_numpy(),
        reason[frame["row"].to_numpy()],
    )


def _heartbeats(world: World, fleet: pl.DataFrame, outages: Outages) -> pl.DataFrame:
    """One per device and window at an hour of its own; the eldest device's first one comes at once."""
    # The run's tag: two runs must not tell of the same device at the same instant.
    rng = world.dice.of(f"device.heartbeat.{world.parameters.tag}")
    window = np.array([WEEKS.get(name, 1) for name in fleet["device_class"].to_list()]) * WEEK
    phase = (rng.random(fleet.height) * window).astype(np.int64)
    eldest = int(fleet["since"].arg_min() or 0)
    phase[eldest] = fleet["since"][eldest] - world.start + rng.integers(0, SECOND)
    times = (world.end - world.start) // WEEK + 1
    at = (world.start + phase[:, None] + np.arange(times)[None, :] * window[:, None]).ravel()
    device = np.repeat(np.arange(fleet.height), times)
    stands = _stands(fleet, device, at)
    at, device = at[stands], device[stands]
    length = window[device]
    lost = outages.lost(device, at) - outages.lost(device, at - length)
    flicker = np.where(rng.random(len(at)) < FLICKER_SHARE, rng.integers(1, 25, len(at)), 0)
    online = np.maximum((length - lost) // MINUTE - flicker, 0)
    return _events(device, at, "heartbeat").with_columns(
        window_minutes=pl.Series(length // MINUTE), online_minutes=pl.Series(online)
    )


def _told_outages(world: World, fleet: pl.DataFrame, outages: Outages) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Offline and online; a device that is taken down while it is off never comes back."""
    rng, n = world.dice.of("device.reason"), len(outages.device)
    is_known = outages.reason != "unknown"
    early = where(is_known & (rng.random(n) < TOLD_REASON_SHARE), outages.reason).tolist()
    begun = _events(outages.device, outages.begun, "offline").with_columns(
        outage_reason=pl.Series(early, dtype=pl.String)
    )
    ended = _events(outages.device, outages.ended, "online").with_columns(
        outage_reason=pl.Series(outages.reason.tolist(), dtype=pl.String)
    )
    return begun, ended.filter(pl.Series(outages.ended < fleet["until"].to_numpy()[outages.device]))


def _checks(world: World, fleet: pl.DataFrame, outages: Outages) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Half-yearly looks at each camera's picture before dawn, and what is done about a bad one."""
    rng = world.dice.of(f"device.check.{world.parameters.tag}")
    times = (world.end - world.start) // CHECK_EVERY + 1
    first = world.start + rng.integers(0, CHECK_EVERY // DAY, fleet.height) * DAY
    at = (first[:, None] + np.arange(times)[None, :] * CHECK_EVERY).ravel()
    at = at + 3 * HOUR + rng.integers(0, 2 * HOUR, len(at))
    device = np.repeat(np.arange(fleet.height), times)
    stands = _stands(fleet, device, at) & (fleet["device_class"] != "sensor").to_numpy()[device]
    at, device = at[stands], device[stands]
    is_off = outages.lost(device, at + 1) > outages.lost(device, at)
    result = np.where(is_off, "no_signal", picked(rng, RESULTS, len(at)))
    checked = _events(device, at, "image_checked").with_columns(
        check_result=pl.Series(result.tolist(), dtype=pl.String)
    )
    is_cured = np.isin(result, list(CURES)) & (rng.random(len(at)) < CURED_SHARE)
    cured = world.clock.add(at, lognormal(rng, 18, 0.7, len(at)) * HOUR) + SECOND
    kinds = [CURES.get(name) for name in result.tolist()]
    done = _events(device, cured, "maintenance").with_columns(maintenance_kind=pl.Series(kinds, dtype=pl.String))
    return checked, done.filter(pl.Series(is_cured))


def _repairs(world: World, fleet: pl.DataFrame, outages: Outages) -> pl.DataFrame:
    """What ends an outage of the device itself, minutes before it is back."""
    rng, n = world.dice.of("device.repair"), len(outages.device)
    kind = np.where(rng.random(n) < REPLACED_SHARE, "replacement", "repair")
    at = outages.ended - rng.integers(SECOND, MINUTE, n)
    done = _events(outages.device, at, "maintenance").with_columns(
        maintenance_kind=pl.Series(kind.tolist(), dtype=pl.String)
    )
    is_stood = at < fleet["until"].to_numpy()[outages.device]
    return done.filter(pl.Series((outages.reason == "device") & is_stood))


def _cleanings(world: World, fleet: pl.DataFrame) -> pl.DataFrame:
    """Routine cleaning in working hours."""
    rng = world.dice.of(f"device.cleaning.{world.parameters.tag}")
    n = int(rng.poisson(CLEANED_PER_YEAR * fleet.height * world.days / 365))
    device = rng.integers(0, fleet.height, n)
    drawn = world.start + (rng.random(n) * (world.end - world.start)).astype(np.int64)
    at = world.clock.add(drawn, rng.integers(0, 8 * HOUR, n))
    done = _events(device, at, "maintenance").with_columns(maintenance_kind=pl.lit("cleaning"))
    return done.filter(pl.Series(_stands(fleet, device, at)))


def _stands(fleet: pl.DataFrame, device: Ints, at: Ints) -> Mask:
    return (at >= fleet["since"].to_numpy()[device]) & (at < fleet["until"].to_numpy()[device])


def _events(device: Ints, at: Ints, stage: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"case": device, "at": at, "stage": [stage] * len(at)},
        schema={"case": pl.Int64, "at": pl.Int64, "stage": pl.String},
    )


def _ms(day: str) -> int | None:
    """Local ms of an ISO date; None for the empty text."""
    return (date.fromisoformat(day) - EPOCH).days * DAY if day else None


def as_known(cases: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """One row per device: what was told of it until the end; `is_offline` where its last outage has no end."""
    stage, at = pl.col("stage"), pl.col("event_at_utc")
    life = events.group_by("case").agg(
        (stage == "heartbeat").sum().alias("heartbeats"),
        pl.col("window_minutes").sum(),
        pl.col("online_minutes").sum(),
        (stage == "offline").sum().alias("outages"),
        (stage == "image_checked").sum().alias("checks"),
        (pl.col("check_result") == "clear").sum().alias("clear_checks"),
        (stage == "maintenance").sum().alias("maintenances"),
        (at.filter(stage == "offline").max() > at.filter(stage == "online").max().fill_null(datetime(1970, 1, 1)))
        .fill_null(value=False)
        .alias("is_offline"),
        pl.len().alias("events_count"),
    )
    return (
        cases.drop("since", "until")
        .with_row_index("case")
        .cast({"case": pl.Int64})
        .join(life, on="case", how="left", maintain_order="left")
        .drop("case")
    )

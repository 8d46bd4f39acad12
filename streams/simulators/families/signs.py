"""Observations of the city's 1,000 signs: each at its own interval, with gaps, corrections and faulty readings.

Population signs are aggregates of a town or the city; nothing is about one person or household.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from streams.reference import registry
from streams.simulators.families.lives import picked
from streams.simulators.town.dice import DAY, HOUR, MINUTE, SECOND, Floats, Ints
from streams.simulators.town.family import Delays, Family, told
from streams.simulators.town.seasons import EPOCH
from streams.simulators.town.world import CITY, World

TOPIC, SOURCE = "city.sign.observation.v1", "/shuifu/signs"
DELAYS = Delays(120, (0.02, 10 * MINUTE, 8 * HOUR), (0.006, 25 * HOUR, 8 * DAY), (0.0008, 38 * DAY, 42 * DAY))

TOLD_AFTER = {
    "P1D": (6 * HOUR, 10 * HOUR),
    "P7D": (8 * HOUR, 30 * HOUR),
    "P1M": (DAY, 6 * DAY),
    "P3M": (5 * DAY, 16 * DAY),
}
"""Interval -> how long after the period's end, at least and at most, its observation is told."""
MISSED_SHARE, SILENT_SHARE, GIVEN_UP_SHARE, CORRECTED_SHARE = 0.01, 0.08, 0.02, 0.01
"""Of observations, missed; of signs, silent for a while, silent from some day on; of observations, put right later."""
QUALITIES = {"measured": 930, "estimated": 42, "imputed": 20, "faulty": 8}


def play(world: World) -> Family:
    """Everything observed in the span; at a scale below 1 of a part of the signs."""
    signs = _signs(world)
    # The run's tag: two runs must not tell of the same sign at the same instant.
    rng, parts = world.dice.of(f"sign.when.{world.parameters.tag}"), []
    every = signs["observe_every"]
    for interval, (low, high) in TOLD_AFTER.items():
        ends, rows = _period_ends(world, interval), np.flatnonzero((every == interval).to_numpy())
        sign, end = np.repeat(rows, len(ends)), np.tile(ends, len(rows))
        parts.append((sign, end, end + rng.integers(low, high, len(end))))
    sign, end, at = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    kept = _is_told(world, signs.height, sign, end) & (at < world.end)
    # However short the span is, it begins with one observation.
    first = (0, world.start, world.start + int(rng.integers(SECOND)))
    sign, end, at = (np.insert(column[kept], 0, one) for one, column in zip(first, (sign, end, at), strict=True))
    events = _events(world, signs, sign, end, at)
    return Family(TOPIC, SOURCE, signs, events, DELAYS, frozenset({"observed"}), as_known=as_known)


def _signs(world: World) -> pl.DataFrame:
    """One row per observed sign, with where it belongs."""
    known = pl.DataFrame([vars(sign) for sign in registry.signs(CITY)]).drop("city_code")
    kept = max(1, round(known.height * min(1.0, world.parameters.scale)))
    chosen = np.sort(world.dice.of("sign.fleet").permutation(known.height)[:kept])
    area = pl.col("area_code")
    return known[chosen].with_columns(
        true_community_code=pl.when(area.str.len_chars() == 12).then(area),
        true_street_code=pl.when(area.str.len_chars() >= 9).then(area.str.head(9)),
    )


def _period_ends(world: World, interval: str) -> Ints:
    """Local midnights inside the span (its start included) at which a period of the interval ends."""
    first, last = -(-world.start // DAY), (world.end - 1) // DAY
    days = np.arange(first, last + 1)
    dates = [EPOCH + timedelta(days=day) for day in days.tolist()]
    months = np.array([day.month for day in dates], dtype=np.int64)
    is_first_day = np.array([day.day == 1 for day in dates], dtype=bool)
    is_end = {
        "P1D": np.ones(len(days), dtype=bool),
        "P7D": np.array([day.weekday() == 0 for day in dates], dtype=bool),
        "P1M": is_first_day,
        "P3M": is_first_day & (months % 3 == 1),
    }[interval]
    return days[is_end] * DAY


def _is_told(world: World, signs: int, sign: Ints, end: Ints) -> np.ndarray:
    """Which observations are made at all: some are missed, some signs fall silent for weeks or for good."""
    rng, span = world.dice.of("sign.gaps"), world.end - world.start
    since = world.start + (rng.random(signs) * span).astype(np.int64)
    length = (rng.uniform(14, 75, signs) * DAY).astype(np.int64)
    fate = rng.random(signs)
    length = np.where(fate < GIVEN_UP_SHARE, span, np.where(fate < GIVEN_UP_SHARE + SILENT_SHARE, length, 0))
    is_silent = (end >= since[sign]) & (end < (since + length)[sign])
    return ~is_silent & (rng.random(len(sign)) >= MISSED_SHARE)


def _events(world: World, signs: pl.DataFrame, sign: Ints, end: Ints, at: Ints) -> pl.DataFrame:
    rng, n = world.dice.of("sign.reading"), len(sign)
    quality = picked(rng, QUALITIES, n)
    low, high = (signs[name].to_numpy()[sign] for name in ("usual_low", "usual_high"))
    reading = _readings(world, signs, sign, end)
    faulty = np.where(rng.random(n) < 0.5, 0.0, high + rng.uniform(0.5, 4.0, n) * (high - low))
    observed = pl.DataFrame(
        {
            "case": sign,
            "at": at,
            "observed_at": end,
            "reading": np.where(quality == "faulty", _rounded(faulty, high), reading),
            "quality": quality.tolist(),
        }
    ).with_columns(stage=pl.lit("observed"))
    is_corrected = (rng.random(n) < CORRECTED_SHARE) | ((quality == "faulty") & (rng.random(n) < 0.6))
    later = at + rng.integers(4 * HOUR, 9 * DAY, n)
    right = _rounded(np.clip(reading + rng.normal(0, 0.04, n) * (high - low), low, high), high)
    corrected = observed.with_columns(
        pl.Series("at", later), pl.Series("reading", right), quality=pl.lit("measured"), stage=pl.lit("corrected")
    ).filter(pl.Series(is_corrected))
    said = signs.select("sign_category", "reading_unit", "unit_code", "area_code")
    return told(pl.concat([observed, corrected]).sort("case", "at", maintain_order=True), said)


def _readings(world: World, signs: pl.DataFrame, sign: Ints, end: Ints) -> Floats:
    """Inside the usual range: each sign around a level of its own, with the year, the week and the day's chance.

    Signs of one measure swing together; stocks (a figure per month or quarter) move slowly; it rains on rainy days.
    """
    rng, n = world.dice.of("sign.levels"), len(sign)
    measure = signs["measure_code"]
    swing = {name: rng.uniform(0, 2 * np.pi) for name in measure.unique(maintain_order=True).to_list()}
    phase = np.array([swing[name] for name in measure.to_list()])[sign]
    level = rng.uniform(0.32, 0.68, signs.height)[sign]
    day = end // DAY
    is_slow = signs["observe_every"].is_in(["P1M", "P3M"]).to_numpy()[sign]
    year = np.sin(2 * np.pi * day / 365.25 + phase) * np.where(is_slow, 0.05, 0.18)
    week = np.where((day + 3) % 7 >= 5, 0.05, 0.0) * np.where(is_slow, 0, 1)
    share = np.clip(level + year + week + rng.normal(0, 1, n) * np.where(is_slow, 0.015, 0.07), 0, 1)
    season = world.season
    is_rainy = season.is_rainy[np.clip(day - 1 - season.starts[0] // DAY, 0, len(season.starts) - 1)]
    share = np.where((measure == "rainfall").to_numpy()[sign] & ~is_rainy, 0.0, share)
    low, high = (signs[name].to_numpy()[sign] for name in ("usual_low", "usual_high"))
    return _rounded(low + share * (high - low), high)


def _rounded(values: Floats, high: Floats) -> Floats:
    """As finely as such figures are told: whole from 200 up, three decimals below 1."""
    return np.where(high >= 200, np.round(values), np.where(high >= 10, np.round(values, 1), np.round(values, 3)))


def as_known(cases: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """One row per sign: what was known of it at the end; a sign never heard of has no counts."""
    stage = pl.col("stage")
    life = (
        events.sort("observed_at", "event_at_utc")
        .group_by("case", maintain_order=True)
        .agg(
            (stage == "observed").sum().alias("observations"),
            (stage == "corrected").sum().alias("corrections"),
            (pl.col("quality") == "faulty").sum().alias("faulty"),
            pl.col("observed_at").last().alias("last_observed_at_utc"),
            pl.col("reading").last().alias("last_reading"),
            pl.len().alias("events_count"),
        )
    )
    numbered = (
        cases.drop("name_zh", "name_en", "valid_from", "valid_to").with_row_index("case").cast({"case": pl.Int64})
    )
    return numbered.join(life, on="case", how="left", maintain_order="left").drop("case")

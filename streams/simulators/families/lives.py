"""What families of cases share: chance by name, working time, who handles it, notices white to red, striking off.

Everything is drawn for all cases of a family at once; a case is its row number, times are local milliseconds.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.simulators.town.dice import DAY, HOUR, MINUTE, SECOND, Floats, Ints, Mask, lognormal, pick
from streams.simulators.town.family import Log
from streams.simulators.town.scenario import DATA, TOWN_PACE, TOWN_UNITS
from streams.simulators.town.seasons import Season
from streams.simulators.town.world import World

Words = NDArray[np.object_]

OFFICE_BY_HOUR = np.array(
    [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 2, 24, 34, 30, 16, 3, 4, 22, 28, 24, 12, 4, 3, 2, 1.5, 0.8, 0.3],
    dtype=np.float64,
)
"""When people come to a counter, with the few who write at night."""

COLOURS = ("white", "yellow", "red")
ESCALATED_SHARE = 0.7
"""Of overdue cases that have a level above them: go up."""


@dataclass(frozen=True)
class Notices:
    """How one source's supervisors press what is overdue; hours are working hours, at least and at most.

    `shares`: of the cases in line, those that get a white notice; of those still open after it, the next colour.
    `turn_hours`: until each colour's turn, since the escalation or the notice before.
    """

    shares: tuple[float, float, float] = (0.55, 0.75, 0.85)
    turn_hours: tuple[tuple[float, float], ...] = ((4.0, 12.0), (40.0, 56.0), (64.0, 96.0))
    answered_hours: tuple[float, float] = (3.0, 30.0)
    answered_share: float = 0.92
    closed_hours: tuple[float, float] = (1.0, 8.0)


CODED_SHARE, STREET_SHARE = 0.97, 0.12
"""Of cases that name an area, and of these, those that name no more than the street or town."""


KNOWN_COLUMNS = ("category_code", "unit_code", "town_share", "weight", "months")


@dataclass(frozen=True)
class Menu:
    """What a family's cases are about, row by row: `data/<name>.csv` joined with the reference data.

    The CSV has KNOWN_COLUMNS (town_share: handled by the town; months: a factor each, January first) and any others,
    which stay text. `by_month`: odds of each row (columns) by month (rows).
    """

    rows: pl.DataFrame
    by_month: Floats

    @classmethod
    def of(cls, world: World, name: str, scheme: str) -> Menu:
        """KeyError for a code or a unit that the reference data lacks."""
        names = {category.category_code: category.name_zh for category in world.categories(scheme)}
        units = {unit.unit_code for unit in world.units}
        with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if foreign := {row["unit_code"] for row in rows} - units:
            raise KeyError(f"data/{name}.csv names units that units.csv lacks: {sorted(foreign)}")
        weights = [[float(row["weight"]) * float(month) for month in row["months"].split()] for row in rows]
        frame = pl.DataFrame(
            {
                "category_code": [row["category_code"] for row in rows],
                "category_name": [names[row["category_code"]] for row in rows],
                "unit_code": [row["unit_code"] for row in rows],
                "town_share": [float(row["town_share"]) for row in rows],
            }
            | {name: [row[name] for row in rows] for name in rows[0] if name not in KNOWN_COLUMNS}
        )
        return cls(frame, np.array(weights).T)

    def draw(self, rng: np.random.Generator, at: Ints) -> Ints:
        """One row per instant, by the month's odds."""
        return pick_each(rng, self.by_month, month_of(at))


@dataclass
class Lives:
    """One family's cases while they are drawn. `family` names its chance; `n` counts its cases."""

    family: str
    world: World
    n: int
    log: Log = field(default_factory=Log)

    def __post_init__(self) -> None:
        clock = self.world.clock
        self.everyone = np.ones(self.n, dtype=bool)
        self._last = (clock.first_day + len(clock.is_workday)) * DAY - 1

    def chance(self, name: str) -> np.random.Generator:
        return self.world.dice.of(f"{self.family}.{name}")

    def luck(self, name: str, share: Floats | float) -> Mask:
        """Which cases it befalls."""
        return self.chance(name).random(self.n) < share

    def later(self, at: Ints, name: str, median_hours: Floats | float, sigma: float) -> Ints:
        """After a lognormal number of working hours, at most eight times the median."""
        hours = np.minimum(lognormal(self.chance(name), median_hours, sigma, self.n), 8 * np.asarray(median_hours))
        return self.worked(at, hours * HOUR) + SECOND

    def after(self, at: Ints, name: str, median_days: Floats | float, sigma: float) -> Ints:
        """After a lognormal number of natural days, at most eight times the median; rest days and nights count."""
        days = np.minimum(lognormal(self.chance(name), median_days, sigma, self.n), 8 * np.asarray(median_days))
        return at + (days * DAY).astype(np.int64) + SECOND

    def worked(self, at: Ints, work: Floats | Ints) -> Ints:
        """As WorkClock.add; what lies beyond the clock's calendar only keeps its order, for nobody hears of it."""
        return np.maximum(at, self.world.clock.add(np.minimum(at, self._last), work))

    def day_limit(self, at: Ints, days: Ints) -> Ints:
        """As WorkClock.day_limit, as tolerant."""
        return np.maximum(at, self.world.clock.day_limit(np.minimum(at, self._last), days))

    def homes(self) -> Ints:
        """The grid where each case belongs; no case of these families says so finely."""
        return self.world.ground.draw(self.chance("grid"), self.n)

    def places(self, home: Ints) -> pl.DataFrame:
        """The area that each case names (a community, a street or nothing), and (`true_…`) what follows from it."""
        rng, ground = self.chance("place"), self.world.ground
        is_coded = rng.random(self.n) < CODED_SHARE
        is_fine = is_coded & (rng.random(self.n) >= STREET_SHARE)
        community, street = (ground.column(name)[home] for name in ("community_code", "street_code"))
        return pl.DataFrame(
            {
                "area_code": where(is_coded, np.where(is_fine, community, street)).tolist(),
                "true_community_code": where(is_fine, community).tolist(),
                "true_street_code": where(is_coded, street).tolist(),
            },
            schema=dict.fromkeys(("area_code", "true_community_code", "true_street_code"), pl.String),
        )

    def towns(self, home: Ints) -> Words:
        """The town that each grid belongs to, as a body."""
        street = self.world.ground.column("street_code")[home]
        return np.array([TOWN_UNITS[code] for code in street.tolist()], dtype=object)

    def handlers(self, menu: Menu, row: Ints, home: Ints) -> tuple[Words, Floats]:
        """The body in charge of each case (its bureau or the town), and how long its work takes beside others'."""
        street = self.world.ground.column("street_code")[home]
        shares = menu.rows["town_share"].to_numpy()[row]
        bureau = menu.rows["unit_code"].to_numpy()[row].astype(object)
        unit = np.where(self.luck("owner", shares), self.towns(home), bureau)
        distance = np.array([TOWN_PACE[code] for code in street.tolist()])
        return unit, self.paces(unit) * distance

    def paces(self, unit: Words) -> Floats:
        """How long each body's work takes: around 1, slow bodies up to twice that; the same in every family."""
        codes = sorted(set(unit.tolist()))
        pace = {code: float(np.exp(0.28 * self.world.dice.of(f"pace.{code}").standard_normal())) for code in codes}
        return np.array([min(pace[code], 2.0) for code in unit.tolist()])

    def levels(self, unit: Words) -> Words:
        """The level that a body stands for when its case goes up: towns have one above them, bureaus none."""
        return where(np.isin(unit, list(TOWN_UNITS.values())), "street")

    def press(self, who: Mask, due: Ints, finished: Ints, unit: Words, from_level: Words) -> tuple[Mask, Ints]:
        """Overdue cases go up a level (where `from_level` leaves one) and get notices, one colour after the other.

        Only what is still open gets a notice. Returns who had one, and when the last of theirs was closed.
        """
        rng = self.chance("press")
        at = self.pressed_at(rng, due)
        up = where(from_level == "community", "street")
        up = np.where(from_level == "street", "city", up)
        has_up = (from_level == "community") | (from_level == "street")
        self.escalate(rng, who & has_up, at, finished, unit, from_level, up)
        was_noticed, _, settled = self.notice(rng, who, at, finished, unit, Notices())
        return was_noticed, settled

    def pressed_at(self, rng: np.random.Generator, due: Ints) -> Ints:
        """When an overdue case is escalated: the morning after."""
        return due + (rng.uniform(8.2, 10.5, self.n) * HOUR).astype(np.int64)

    def escalate(
        self, rng: np.random.Generator, who: Mask, at: Ints, finished: Ints, unit: Words, level: Words, up: Words | str
    ) -> Mask:
        """Most of them go up from their level, where they are still open. Returns who did."""
        is_escalated = who & (rng.random(self.n) < ESCALATED_SHARE) & (at < finished)
        self.log.add(
            "escalated", is_escalated, at, unit_code=unit, from_level=level, to_level=up, reason_code="timeout"
        )
        return is_escalated

    def notice(
        self, rng: np.random.Generator, in_line: Mask, at: Ints, finished: Ints, unit: Words, notices: Notices
    ) -> tuple[Mask, Mask, Ints]:
        """Notices from white to red to who is in line, while still open: (had one, answered one, last one closed)."""
        was_noticed, was_answered, settled = np.zeros(self.n, dtype=bool), np.zeros(self.n, dtype=bool), at
        for colour, share, hours in zip(COLOURS, notices.shares, notices.turn_hours, strict=True):
            at = self.worked(at, rng.uniform(*hours, self.n) * HOUR) + MINUTE
            in_line = in_line & (rng.random(self.n) < share) & (at < finished)
            self.log.add("supervision_issued", in_line, at, unit_code=unit, notice_colour=colour)
            answered = self.worked(at, rng.uniform(*notices.answered_hours, self.n) * HOUR) + MINUTE
            is_answered = in_line & (rng.random(self.n) < notices.answered_share)
            self.log.add("supervision_answered", is_answered, answered, unit_code=unit, notice_colour=colour)
            closed = self.worked(answered, rng.uniform(*notices.closed_hours, self.n) * HOUR) + MINUTE
            self.log.add("supervision_closed", is_answered, closed, unit_code=unit, notice_colour=colour)
            was_noticed, was_answered = was_noticed | in_line, was_answered | is_answered
            settled = np.where(is_answered, np.maximum(settled, closed), settled)
        return was_noticed, was_answered, settled

    def strike_off(self, who: Mask, closed: Ints, settled: Ints, unit: Words) -> None:
        """Most supervised cases leave the supervisors' list some days after they and their notices are closed."""
        struck = self.later(np.maximum(closed, settled), "strike_off", 14.0, 0.5)
        self.log.add("struck_off", who & self.luck("struck", 0.8), struck, unit_code=unit)


def pick_each(rng: np.random.Generator, weights: Floats, group: Ints) -> Ints:
    """One draw of a column per entry of `group`, which names the row of `weights` that holds its odds."""
    shares = np.cumsum(weights, axis=1)
    luck = rng.random(len(group)) * shares[group, -1]
    found = np.zeros(len(group), dtype=np.int64)
    for number, row in enumerate(shares):
        mine = group == number
        found[mine] = np.searchsorted(row, luck[mine], side="right")
    return found


def picked(rng: np.random.Generator, odds: Mapping[str, float], n: int) -> Words:
    """n of the words, by their odds."""
    return np.array(list(odds), dtype=object)[pick(rng, np.array(list(odds.values()), dtype=np.float64), n)]


def where(keep: Mask, values: Words | str) -> Words:
    """The values where kept, None elsewhere."""
    found = np.full(len(keep), None, dtype=object)
    found[keep] = values if isinstance(values, str) else values[keep]
    return found


def earlier(rng: np.random.Generator, at: Ints, within: int, share: float) -> Ints:
    """Row of an earlier case, at most `within` ms before, that a case repeats; -1 for all but a share of them."""
    rows = np.arange(len(at))
    first = np.searchsorted(at, at - within)
    row = first + (rng.random(len(at)) * (rows - first)).astype(np.int64)
    return np.where((rng.random(len(at)) < share) & (row < rows), row, -1)


def natural_limit(at: Ints, days: Ints | int) -> Ints:
    """End (24:00) of the N-th natural day after the local date of `at`."""
    return (at // DAY + 1 + days) * DAY


def month_of(at: Ints) -> Ints:
    """Month of the local date, January = 0."""
    return at.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) % 12


def office_days(season: Season, rest_share: float, menu: Menu) -> Season:
    """The same days, but a rest day brings only a share of what a working day brings, and months differ."""
    volume = menu.by_month.sum(axis=1)[month_of(season.starts)]
    return replace(season, busyness=season.busyness * volume * np.where(season.is_workday, 1.0, rest_share))


def known_lives(cases: pl.DataFrame, events: pl.DataFrame, **more: pl.Expr) -> pl.DataFrame:
    """One row per case: its own columns and what was known of it at the end; `more` are a family's own sums.

    A re-opened case is open until it is closed again; `closed_at_utc` is the first closing since.
    """
    at, stage = pl.col("event_at_utc"), pl.col("stage")
    reopened = at.filter(stage == "reopened").max().fill_null(datetime(1970, 1, 1))
    given = pl.col("unit_code").filter(~stage.str.starts_with("review_")).drop_nulls().last()
    life = (
        events.sort("event_at_utc", maintain_order=True)
        .group_by("case", maintain_order=True)
        .agg(
            at.first().alias("received_at_utc"),
            at.filter((stage == "closed") & (at > reopened)).min().alias("closed_at_utc"),
            pl.col("due_at").drop_nulls().last().alias("due_at_utc"),
            given.alias("unit_code"),
            pl.col("exclusion_code").drop_nulls().last(),
            (stage == "voided").any().alias("is_voided"),
            (stage == "merged").any().alias("is_duplicate"),
            (stage == "escalated").sum().alias("escalations"),
            pl.col("notice_colour").filter(stage == "supervision_issued").len().alias("notices"),
            (stage == "struck_off").any().alias("is_struck_off"),
            stage.last().alias("last_stage"),
            pl.len().alias("events_count"),
            *(expression.alias(name) for name, expression in more.items()),
        )
    )
    return (
        cases.with_row_index("case").cast({"case": pl.Int64}).join(life, on="case", maintain_order="left").drop("case")
    )

"""What every family of the simulated city stands on: parameters, chance, clock, weather, ground and reference data."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import polars as pl

from streams.contracts.registry import City, city
from streams.errors import CityBrainError
from streams.privacy.scrub import scrub_text
from streams.reference import registry
from streams.simulators.town.dice import DAY, Dice, Ints, WorkClock
from streams.simulators.town.family import Family
from streams.simulators.town.ground import Ground
from streams.simulators.town.incidents import Incidents, incidents
from streams.simulators.town.scenario import Scenario, scenario
from streams.simulators.town.seasons import Season

CITY = "shuifu"

FIRST_DAY, LAST_DAY = date(2025, 7, 1), date(2026, 10, 1)
"""Local days played by default, the last one exclusive: 15 complete months."""


@dataclass(frozen=True)
class Parameters:
    """What a run is made from. `start` and `end` are aware; events known at `end` or later don't exist."""

    seed: int
    start: datetime
    end: datetime
    scale: float = 1.0
    noise: float = 1.0
    """How far tellings of one incident stray: half, usual or double (place, delay, wrong categories)."""

    def __post_init__(self) -> None:
        wrong = None
        if self.end <= self.start:
            wrong = "--to is not after --from"
        elif self.end - self.start > timedelta(days=3660):
            wrong = "the span is longer than ten years"
        elif not 0 < self.scale <= 1000:
            wrong = "--scale is not between 0 and 1000"
        elif self.seed < 0:
            wrong = "--seed is negative"
        elif self.noise not in (0.5, 1.0, 2.0):
            wrong = "--noise is not 0.5, 1 or 2"
        if wrong:
            raise CityBrainError(
                "the city can't be played like this", why=wrong, remedy="see `citybrain simulate --help`", exit_code=2
            )

    @property
    def run_name(self) -> str:
        """Names the run on the broker, e.g. `shuifu-42-20250701-20261001-1`."""
        zone = city(CITY).zone
        days = (_stamp(instant.astimezone(zone)) for instant in (self.start, self.end))
        noise = f"-noise{self.noise:g}" if self.noise != 1 else ""
        return f"{CITY}-{self.seed}-{'-'.join(days)}-{self.scale:g}{noise}"

    @property
    def tag(self) -> str:
        """Four characters in every case number, so that two runs never share a case."""
        return hashlib.sha256(self.run_name.encode()).hexdigest()[:4].upper()


@dataclass(frozen=True)
class World:
    """The one city that all families play in. `start` and `end` are local ms; `offset` is local minus UTC in ms.

    `played` holds the families played so far by topic: a later one may refer to the cases of an earlier one.
    """

    parameters: Parameters
    here: City
    dice: Dice
    clock: WorkClock
    season: Season
    ground: Ground
    scenario: Scenario
    start: int
    end: int
    offset: int
    played: dict[str, Family] = field(default_factory=dict)

    @classmethod
    def of(cls, parameters: Parameters) -> World:
        """Draw what is common to all families."""
        here, dice = city(CITY), Dice(parameters.seed)
        offset = _offset(here, parameters)
        start, end = (_ms(instant) + offset for instant in (parameters.start, parameters.end))
        first = parameters.start.date() - timedelta(days=2)
        clock = WorkClock.china(first, parameters.end.date() + timedelta(days=200))
        day = slice(start // DAY - clock.first_day, (end - 1) // DAY - clock.first_day + 1)
        return cls(
            parameters=parameters,
            here=here,
            dice=dice,
            clock=clock,
            season=Season.of(start, end, clock.is_workday[day], dice),
            ground=Ground.of(CITY, dice),
            scenario=scenario(CITY, here.category_scheme),
            start=start,
            end=end,
            offset=offset,
        )

    @cached_property
    def incidents(self) -> Incidents:
        """What several channels tell of."""
        p = self.parameters
        return incidents(self.dice, self.season, self.ground, self.scenario, self.cameras, self.days * p.scale, p.noise)

    @cached_property
    def cameras(self) -> tuple[registry.Device, ...]:
        """Public cameras, those taken down as well; other devices see nothing."""
        return tuple(device for device in registry.devices(CITY) if device.device_class != "sensor")

    @property
    def days(self) -> float:
        return (self.end - self.start) / DAY

    def count(self, per_day: float) -> int:
        """How many of what comes `per_day` times a day at scale 1 belong to this run; at least one."""
        return max(1, round(per_day * self.days * self.parameters.scale))

    def numbers(self, prefix: str, received: Ints) -> pl.Series:
        """Case numbers as a source gives them: prefix, local day, the run's tag, number of the day (in row order)."""
        frame = pl.DataFrame({"day": pl.from_epoch(pl.Series(received), "ms").dt.strftime("%Y%m%d")})
        number = pl.int_range(1, pl.len() + 1).over("day").cast(pl.String).str.zfill(5)
        return frame.select(pl.format("{}{}-{}-{}", pl.lit(prefix), "day", pl.lit(self.parameters.tag), number))[
            "literal"
        ]

    def scrubbed(self, texts: Sequence[str | None]) -> pl.Series:
        """The adapter's step: raw texts in, scrubbed ones out; each distinct text is scrubbed once."""
        raw = pl.Series("text", texts, dtype=pl.String)
        distinct = raw.unique(maintain_order=True)
        return raw.replace_strict(distinct, scrub_text(distinct), return_dtype=pl.String)

    def categories(self, scheme: str) -> tuple[registry.Category, ...]:
        """The city's codes of one scheme."""
        return tuple(c for c in registry.categories(CITY) if c.category_scheme == scheme)

    @cached_property
    def units(self) -> tuple[registry.Unit, ...]:
        """All bodies of the city that handle cases."""
        return registry.units(CITY)

    @cached_property
    def areas(self) -> tuple[registry.Area, ...]:
        """City, streets and communities."""
        return registry.areas(CITY)


def _offset(here: City, parameters: Parameters) -> int:
    """Milliseconds of local time before UTC; the simulator wants one offset for the whole span."""
    offsets = {instant.astimezone(here.zone).utcoffset() for instant in (parameters.start, parameters.end)}
    if len(offsets) != 1 or None in offsets:
        raise CityBrainError(f"{here.name_en} changes its clocks inside this span", remedy="choose a shorter span")
    return round((offsets.pop() or timedelta()).total_seconds() * 1000)


def _ms(instant: datetime) -> int:
    return round(instant.astimezone(UTC).timestamp() * 1000)


def _stamp(local: datetime) -> str:
    return local.strftime("%Y%m%d" if (local.hour, local.minute, local.second) == (0, 0, 0) else "%Y%m%dT%H%M%S")

"""Seeded chance and the working-time clock that the simulated city lives by; times are local milliseconds.

A local millisecond counts from 1970-01-01 00:00 on the city's own wall clock, so days and hours are plain division.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

MORNING, AFTERNOON, SHIFT = 8 * HOUR, 14 * HOUR, 4 * HOUR
"""Offices work 08:00-12:00 and 14:00-18:00."""


@dataclass(frozen=True)
class Dice:
    """Chance by name: each name has its own stream, so that a new one doesn't move the others."""

    seed: int

    def of(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])


def pick(rng: np.random.Generator, weights: Floats, n: int) -> Ints:
    """n draws of an index, in proportion to the weights."""
    shares = np.cumsum(weights, dtype=np.float64)
    return np.searchsorted(shares / shares[-1], rng.random(n), side="right").astype(np.int64)


def lognormal(rng: np.random.Generator, median: float | Floats, sigma: float, n: int) -> Floats:
    """n durations around a median (in its unit), with a long tail: what waiting and working times look like."""
    return median * np.exp(sigma * rng.standard_normal(n))


@dataclass(frozen=True)
class WorkClock:
    """Working time as a lookup: one row per day holds the working milliseconds and the working days before it."""

    first_day: int
    is_workday: NDArray[np.int64]
    work_before: Ints
    workdays_before: Ints

    @classmethod
    def china(cls, first: date, last: date) -> WorkClock:
        """Days from `first` to `last` by China's calendar, 调休 included; years not yet published go by weekday."""
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        is_workday = np.array([_is_workday(day) for day in days], dtype=np.int64)
        before = np.concatenate([[0], np.cumsum(is_workday)])
        return cls((first - date(1970, 1, 1)).days, is_workday, before * 2 * SHIFT, before)

    def elapsed(self, at: Ints) -> Ints:
        """Working milliseconds from the clock's first day until `at`."""
        day, within = self._day(at), at % DAY
        worked = np.clip(within - MORNING, 0, SHIFT) + np.clip(within - AFTERNOON, 0, SHIFT)
        return self.work_before[day] + self.is_workday[day] * worked

    def add(self, at: Ints, work: Floats | Ints) -> Ints:
        """The instant when `work` (milliseconds, >= 0) of working time has passed since `at`, never before `at`."""
        target = self.elapsed(at) + np.asarray(work, dtype=np.int64)
        day = np.searchsorted(self.work_before, target, side="right") - 1
        worked = target - self.work_before[day]
        within = np.where(worked < SHIFT, MORNING + worked, AFTERNOON - SHIFT + worked)
        return np.maximum(at, (self.first_day + day) * DAY + within)

    def day_limit(self, at: Ints, days: Ints) -> Ints:
        """End (24:00) of the N-th working day after the local date of `at`."""
        wanted = self.workdays_before[self._day(at) + 1] + days
        return (self.first_day + np.searchsorted(self.workdays_before, wanted, side="left")) * DAY

    def _day(self, at: Ints) -> Ints:
        # What lies beyond the calendar's end is told after the end of any span: it only has to keep its order.
        return np.minimum(at // DAY - self.first_day, len(self.is_workday) - 1)


def end_of_day(at: Ints) -> Ints:
    """24:00 of the local date of `at`."""
    return (at // DAY + 1) * DAY


def _is_workday(day: date) -> bool:
    import chinese_calendar

    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5

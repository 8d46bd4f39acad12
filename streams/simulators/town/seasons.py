"""When things happen: weekdays, holidays, hours and rain; the same weather for every source of one city."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from streams.simulators.town.dice import DAY, HOUR, Dice, Floats, Ints, Mask, pick

EPOCH = date(1970, 1, 1)

CALLS_BY_HOUR = np.array(
    [2, 1, 1, 1, 1, 2, 6, 14, 34, 42, 40, 32, 20, 22, 34, 38, 36, 30, 22, 24, 22, 16, 9, 4], dtype=np.float64
)
THINGS_BY_HOUR = np.array(
    [9, 8, 7, 7, 8, 12, 22, 34, 36, 32, 30, 31, 30, 28, 29, 30, 33, 38, 40, 38, 33, 26, 18, 12], dtype=np.float64
)
RAIN_BY_MONTH = np.array([0.2, 0.2, 0.25, 0.3, 0.35, 0.45, 0.42, 0.38, 0.34, 0.35, 0.25, 0.2])
"""Share of rainy days, January first."""


@dataclass(frozen=True)
class Season:
    """Days of the window as columns: local start in ms, whether offices work and whether it rains."""

    starts: Ints
    is_workday: Mask
    is_rainy: Mask
    busyness: Floats
    start: int
    end: int

    @classmethod
    def of(cls, start: int, end: int, is_workday: NDArray[np.int64], dice: Dice) -> Season:
        """For local ms `start` to `end` (exclusive); `is_workday` has one entry per day touched."""
        first, last = start // DAY, (end - 1) // DAY
        starts = np.arange(first, last + 1) * DAY
        rng = dice.of("season")
        months = np.array([(EPOCH + timedelta(days=int(day))).month for day in starts // DAY])
        is_rainy = rng.random(len(starts)) < RAIN_BY_MONTH[months - 1]
        covered = np.minimum(starts + DAY, end) - np.maximum(starts, start)
        busyness = np.where(is_workday > 0, 1.12, 0.72) * np.exp(0.10 * rng.standard_normal(len(starts)))
        return cls(starts, is_workday > 0, is_rainy, busyness * (covered / DAY), start, end)

    def draw(self, rng: np.random.Generator, by_hour: Floats, n: int) -> tuple[Ints, Ints]:
        """n instants (local ms, ascending, inside the window) and the index of each one's day."""
        cells = self.starts[:, None] + np.arange(24)[None, :] * HOUR
        inside = (cells + HOUR > self.start) & (cells < self.end)
        weights = (self.busyness[:, None] * by_hour[None, :] * inside).ravel()
        cell = pick(rng, weights, n)
        low = np.maximum(cells.ravel()[cell], self.start)
        high = np.minimum(cells.ravel()[cell] + HOUR, self.end)
        at = np.sort(low + (rng.random(n) * (high - low)).astype(np.int64))
        return at, at // DAY - self.starts[0] // DAY

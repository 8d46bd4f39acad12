"""The slow truth: each minute of some years looked at by itself. Shares no code with `streams.clocks.clock`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from streams.clocks.calendars import Definition

HORIZON_DAYS = 150
"""Longer than any limit that the tests ask for, pauses included."""

Span = tuple[int, int]
"""Minutes after the oracle's first instant, [from, to)."""


class Minutes:
    """For each minute from `first` on: the local date, and whether it is worked."""

    def __init__(self, calendar: Definition, zone: str, first: date, days: int) -> None:
        self.zone = ZoneInfo(zone)
        self.start = datetime(first.year, first.month, first.day, tzinfo=self.zone).astimezone(UTC)
        end = first + timedelta(days=days)
        last = datetime(end.year, end.month, end.day, tzinfo=self.zone).astimezone(UTC)
        self.length = (last - self.start) // timedelta(minutes=1)
        self.worked = np.zeros(self.length, dtype=bool)
        self.day = np.zeros(self.length, dtype=np.int64)
        self.is_workday = np.array([calendar.is_worked(first + timedelta(days=i)) for i in range(days)])
        hours = [calendar.windows_on(first + timedelta(days=i)) for i in range(days)]
        before = first - timedelta(days=1)
        worked_before = calendar.is_worked(before)
        quarter = 15  # no zone's offset changes within a quarter of an hour
        for i in range(self.length):
            if i % quarter == 0:
                local = (self.start + timedelta(minutes=i)).astimezone(self.zone)
                day, minute = (local.date() - first).days, local.hour * 60 + local.minute
                was = self.is_workday[day - 1] if day else worked_before
                windows = hours[day - 1] if day else calendar.windows_on(before)
            self.day[i] = day
            now = minute + i % quarter
            self.worked[i] = self.is_workday[day] and any(a <= now < b for a, b in hours[day])
            self.worked[i] |= was and any(a <= now + 1440 < b for a, b in windows)

    def paused(self, pauses: Sequence[Span]) -> np.ndarray:
        found = np.zeros(self.length, dtype=bool)
        for start, end in pauses:
            found[max(start, 0) : max(end, 0)] = True
        return found

    def worked_minutes(self, start: int, end: int, pauses: Sequence[Span] = ()) -> int:
        return int((self.worked & ~self.paused(pauses))[start:end].sum())

    def due(self, clock: str, limit: int, start: int, pauses: Sequence[Span] = ()) -> int:
        """Minute at which the limit is used up: the end of the last minute (hour clocks) or day that counted."""
        horizon = min(start + HORIZON_DAYS * 1440, self.length)
        running = ~self.paused(pauses)[start:horizon]
        if clock.endswith("_hour"):
            counted = running & (self.worked[start:horizon] if clock == "work_hour" else True)
            return start + int(np.flatnonzero(counted)[limit * 60 - 1]) + 1
        day = self.day[start:horizon] - self.day[start]  # day 0 holds the start and never counts
        runs = np.bincount(day, weights=running) > 0  # a day that is paused in all its minutes does not count
        runs[0] = False
        if clock == "work_day":
            runs &= self.is_workday[self.day[start] : self.day[start] + len(runs)]
        last = int(np.flatnonzero(runs)[limit - 1])
        return start + int(np.flatnonzero(day == last)[-1]) + 1

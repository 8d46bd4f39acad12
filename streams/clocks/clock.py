"""When something is due, and how long it was worked on: exact, vectorised, without a loop over cases or days.

With F(t) = working time before t, `worked(t1, t2) = F(t2) - F(t1)`, and an hour clock's deadline is the earliest t with
F(t) = F(start) + limit; day clocks count days. A pause stops a clock that is still running: pauses are taken as their
union, and those that began before the limit was used up lengthen it by what they hold of the clock's own time (hour
clocks: time; day clocks: counted days that lie wholly inside). Which pauses these are is a prefix of the union, because
the time used up before a pause only grows from one to the next: one cumulative sum, no iteration.

Rules 1 to 8 of the project's page "How a case is timed"; the SQL of dbt (`macros/clock.sql`) reads the same lookup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from streams.clocks.calendars import DAY_MINUTES, FIRST_DAY, LAST_YEAR, WorkCalendar
from streams.errors import CityBrainError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

CLOCKS = ("urgent_hour", "work_hour", "work_day", "natural_day")
"""紧急工作时 (every hour of every day), 工作时, 工作日, 自然日."""

HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
OPEN = np.iinfo(np.int64).max
"""End of a pause that has none yet."""


@dataclass(frozen=True)
class Pauses:
    """Pauses of many cases: `case[i]` is the position of the case that was paused in [start_us[i], end_us[i])."""

    case: np.ndarray
    start_us: np.ndarray
    end_us: np.ndarray

    @classmethod
    def none(cls) -> Pauses:
        empty = np.array([], dtype=np.int64)
        return cls(empty, empty, empty)

    @classmethod
    def of_one(cls, spans: Sequence[tuple[int, int]]) -> Pauses:
        """Pauses (from, to) of a single case, in any order."""
        bounds = np.array(spans, dtype=np.int64).reshape(-1, 2)
        return cls(np.zeros(len(bounds), dtype=np.int64), bounds[:, 0], bounds[:, 1])

    def united(self) -> Pauses:
        """Sorted by case and time; of each case the union: no two overlap or touch, none is empty."""
        real = self.end_us > self.start_us
        order = np.lexsort((self.start_us[real], self.case[real]))
        case, start, end = (values[real][order] for values in (self.case, self.start_us, self.end_us))
        same = case[1:] == case[:-1]
        if not (same & (start[1:] <= end[:-1])).any():
            return Pauses(case, start, end)
        # A running maximum of the ends that starts anew with each case: ranks instead of instants, so that the case's
        # number fits in front of them.
        known, rank = np.unique(end, return_inverse=True)
        latest = known[np.maximum.accumulate(case * len(known) + rank) % len(known)]
        begins = np.ones(len(case), dtype=bool)
        begins[1:] = ~same | (start[1:] > latest[:-1])
        lasts = np.append(np.flatnonzero(begins)[1:], len(case)) - 1
        return Pauses(case[begins], start[begins], latest[lasts])


@dataclass(frozen=True)
class Due:
    """Of each case: `due_us` (meaningless where `is_paused`), and whether it may still move with a calendar to come.

    `is_paused`: a pause that began before the deadline has not ended, so there is no deadline now.
    """

    due_us: np.ndarray
    is_paused: np.ndarray
    is_provisional: np.ndarray


def worked_us(
    calendar: WorkCalendar, start_us: ArrayLike, end_us: ArrayLike, pauses: Pauses | None = None
) -> np.ndarray:
    """Working microseconds in [start, end) less the union of the pauses; 0 where the end is not after the start."""
    start = _instants(calendar, start_us)
    end = np.maximum(_instants(calendar, end_us), start)
    found = worked_us_before(calendar, end) - worked_us_before(calendar, start)
    if pauses is not None and len(pauses.case):
        union = pauses.united()
        begin = np.clip(union.start_us, start[union.case], end[union.case])
        stop = np.clip(union.end_us, start[union.case], end[union.case])
        found -= _sums(union.case, worked_us_before(calendar, stop) - worked_us_before(calendar, begin), found.shape)
    return found


def due(
    calendar: WorkCalendar,
    clock: str,
    limit: ArrayLike,
    start_us: ArrayLike,
    pauses: Pauses | None = None,
    *,
    day_end_minutes: int | None = None,
    rolls_to_workday: bool = False,
) -> Due:
    """Deadline of each case by one clock. `limit`: whole hours or days, approved extensions included.

    `day_end_minutes`: local time at which a day clock's last day ends, if not as the calendar says.
    `rolls_to_workday`: a natural_day deadline on a day off moves to the next working day (only where the rule says so).
    Raises CityBrainError for an unknown clock, a limit under 1, or a deadline past the lookup's end.
    """
    if clock not in CLOCKS:
        raise CityBrainError(f"no clock {clock!r}", why=f"clocks are {', '.join(CLOCKS)}", remedy="name one of them")
    start = _instants(calendar, start_us)
    size = np.broadcast_to(np.asarray(limit, dtype=np.int64), start.shape)
    if (size < 1).any():
        raise CityBrainError("a time limit is 1 or more", why="0 or less leaves no time", remedy="mend the limit")
    union = (pauses or Pauses.none()).united()
    is_open = union.end_us == OPEN
    closed = Pauses(union.case[~is_open], union.start_us[~is_open], union.end_us[~is_open])
    if clock in ("urgent_hour", "work_hour"):
        found = _hour_due(calendar, size * HOUR_US, start, closed, is_urgent=clock == "urgent_hour")
    else:
        found = _day_due(
            calendar, size, start, closed, day_end_minutes, counts_all=clock == "natural_day", rolls=rolls_to_workday
        )
    is_paused = np.zeros(start.shape, dtype=bool)
    np.logical_or.at(is_paused, union.case[is_open], union.start_us[is_open] < found[union.case[is_open]])
    depends = clock in ("work_hour", "work_day") or (clock == "natural_day" and rolls_to_workday)
    is_provisional = (found > calendar.settled_until_us) if depends else np.zeros(start.shape, dtype=bool)
    return Due(found, is_paused, is_provisional & ~is_paused)


def _hour_due(
    calendar: WorkCalendar, limit_us: np.ndarray, start: np.ndarray, pauses: Pauses, *, is_urgent: bool
) -> np.ndarray:
    """The earliest t with F(t) = F(start) + limit, pauses added; F of the urgent hour is time itself."""

    def before(us: np.ndarray) -> np.ndarray:
        return us if is_urgent else worked_us_before(calendar, us)

    begun = before(start)
    pause_begin = before(np.maximum(pauses.start_us, start[pauses.case]))
    held = np.maximum(before(np.maximum(pauses.end_us, start[pauses.case])) - pause_begin, 0)
    target = begun + limit_us + _held_in_time(pauses.case, held, pause_begin - begun[pauses.case], limit_us)
    if is_urgent:
        return target
    ends = calendar.segment_before_us + (calendar.segment_end_us - calendar.segment_start_us)
    at = np.searchsorted(ends, target, side="left")
    _refuse_past_the_end(calendar, at, len(ends))
    return calendar.segment_start_us[at] + (target - calendar.segment_before_us[at])


def _day_due(
    calendar: WorkCalendar,
    limit: np.ndarray,
    start: np.ndarray,
    pauses: Pauses,
    day_end_minutes: int | None,
    *,
    counts_all: bool,
    rolls: bool,
) -> np.ndarray:
    """The end of the N-th counted day after the local day of the start, days wholly inside a pause left out."""
    n_days = len(calendar.is_worked)
    before = np.arange(n_days + 1, dtype=np.int64) if counts_all else calendar.workdays_before
    first = _day(calendar, start) + 1  # day 1 is counted from the day after the receipt
    pause_first = np.searchsorted(calendar.day_start_us, pauses.start_us, side="left")  # first whole day
    pause_first = np.minimum(np.maximum(pause_first, first[pauses.case]), n_days)
    pause_end = np.minimum(_day(calendar, pauses.end_us), n_days)  # first day that is not whole any more
    held = np.maximum(before[pause_end] - before[pause_first], 0)
    used = before[pause_first] - before[first][pauses.case]
    ordinal = before[first] + limit + _held_in_time(pauses.case, held, used, limit)
    day = np.searchsorted(before, ordinal, side="left") - 1  # the day with which the count reaches the ordinal
    _refuse_past_the_end(calendar, day, n_days)
    if rolls:
        day = np.searchsorted(calendar.workdays_before, calendar.workdays_before[day] + 1, side="left") - 1
        _refuse_past_the_end(calendar, day, n_days)
    return day_ends(calendar, day, day_end_minutes)


def day_ends(calendar: WorkCalendar, day: np.ndarray, minutes: int | None = None) -> np.ndarray:
    """Instant at which each day ends for a day clock: the local time `minutes`, else what the calendar says."""
    end = calendar.definition.day_end_minutes if minutes is None else minutes
    return calendar.day_start_us[day + 1] if end == DAY_MINUTES else _wall_clock(calendar, day, end)


def _held_in_time(case: np.ndarray, held: np.ndarray, used: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Sum per case of what its pauses hold, of those that began before the limit was used up.

    `used`: clock time from the start to the pause, earlier pauses included; `case` is sorted, pauses in order of time.
    """
    running = np.cumsum(held) - held  # before this pause, over all cases
    first = _first_of_case(case)
    base = np.repeat(running[first], np.diff(np.append(first, len(case))))
    counts = used - (running - base) < limit[case]
    return _sums(case, np.where(counts, held, 0), limit.shape)


def _first_of_case(case: np.ndarray) -> np.ndarray:
    """Positions at which a new case begins in the sorted `case`."""
    return np.flatnonzero(np.diff(case, prepend=-1))


def _sums(case: np.ndarray, amounts: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum of the amounts of each case; `case` is sorted."""
    total = np.zeros(shape, dtype=np.int64)
    first = _first_of_case(case)
    if len(first):
        total[case[first]] = np.add.reduceat(amounts, first)
    return total


def _instants(calendar: WorkCalendar, us: ArrayLike) -> np.ndarray:
    found = np.atleast_1d(np.asarray(us, dtype=np.int64))
    if found.size and (found.min() < calendar.day_start_us[0] or found.max() >= calendar.day_start_us[-1]):
        raise CityBrainError(
            f"an instant lies outside the calendar {calendar.definition.code}",
            why=f"it reaches from {FIRST_DAY} to the end of {LAST_YEAR}",
            remedy="look for a wrong year; older cases have no working time",
        )
    return found


def _day(calendar: WorkCalendar, us: np.ndarray) -> np.ndarray:
    """Number of the local day that holds the instant."""
    return np.searchsorted(calendar.day_start_us, us, side="right") - 1


def worked_us_before(calendar: WorkCalendar, us: np.ndarray) -> np.ndarray:
    """F: working microseconds before each instant."""
    at = np.maximum(np.searchsorted(calendar.segment_start_us, us, side="right") - 1, 0)
    inside = np.minimum(us, calendar.segment_end_us[at]) - calendar.segment_start_us[at]
    return calendar.segment_before_us[at] + np.maximum(inside, 0)


def _wall_clock(calendar: WorkCalendar, day: np.ndarray, minutes: int) -> np.ndarray:
    """Instant of a local time of each day; where summer time skips or doubles it, the first instant not before it."""
    from datetime import datetime, timedelta

    from streams.clocks.calendars import instant_us

    distinct, back = np.unique(day, return_inverse=True)
    dates = [FIRST_DAY + timedelta(days=int(one)) for one in distinct]
    found = [
        instant_us(datetime(d.year, d.month, d.day, minutes // 60, minutes % 60, tzinfo=calendar.zone)) for d in dates
    ]
    return np.array(found, dtype=np.int64)[back]


def _refuse_past_the_end(calendar: WorkCalendar, at: np.ndarray, length: int) -> None:
    if (at >= length).any():
        raise CityBrainError(
            f"a deadline lies past the end of the calendar {calendar.definition.code}",
            why=f"it reaches to the end of {LAST_YEAR}",
            remedy="look for a wrong limit or start",
        )

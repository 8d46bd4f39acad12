"""A calendar as rows for SQL: where every instant stands, and when a counted amount is reached.

Two tables answer all that `dbt_project/macros/clock.sql` asks, each by an equality and a range that picks one row:

- `instants`: [start_us, end_us) pieces of time in which nothing changes, cut at each midnight, local and UTC, and at
  each end of working hours. Working time before an instant is that before its piece, and what passed of a worked piece.
- `ends`: of each way of counting, the pieces (after, until] of its amounts, with the instant at which they are reached.

Made from the `WorkCalendar` that Python counts by, so that nothing of a calendar is written twice.
"""

from __future__ import annotations

import numpy as np

from streams.clocks.calendars import DAY_MINUTES, WorkCalendar
from streams.clocks.clock import MINUTE_US, day_ends, worked_us_before

Columns = dict[str, np.ndarray]

DAY_US = DAY_MINUTES * MINUTE_US
HOUR_BUCKET_US = 240 * MINUTE_US
"""Worked time that shares one bucket of `ends`: half a day of eight hours, so that a bucket holds few pieces.

`clock_bucket_us` of macros/clock.sql says the same number; a test compares them.
"""


def instants(calendar: WorkCalendar) -> Columns:
    """One row per piece of time, oldest first, without a gap: `utc_day` (days since 1970), `start_us`, `end_us`,
    `worked_before_us`, `is_worked`; of its local day `day_no`, `day_start_us`, `is_workday`, `workdays_before`."""
    first, last = int(calendar.day_start_us[0]), int(calendar.day_start_us[-1])
    midnights = np.arange(first // DAY_US + 1, last // DAY_US + 1, dtype=np.int64) * DAY_US
    cuts = np.unique(
        np.concatenate([calendar.day_start_us, midnights, calendar.segment_start_us, calendar.segment_end_us])
    )
    start = cuts[:-1]
    day = np.searchsorted(calendar.day_start_us, start, side="right") - 1
    segment = np.searchsorted(calendar.segment_start_us, start, side="right") - 1
    return {
        "utc_day": start // DAY_US,
        "start_us": start,
        "end_us": cuts[1:],
        "worked_before_us": worked_us_before(calendar, start),
        "is_worked": (segment >= 0) & (start < calendar.segment_end_us[segment]),
        "day_no": day,
        "day_start_us": calendar.day_start_us[day],
        "is_workday": calendar.is_worked[day],
        "workdays_before": calendar.workdays_before[day],
    }


def ends(calendar: WorkCalendar) -> Columns:
    """One row per way of counting and piece of its amounts: `count_by`, `bucket`, `after`, `until`, `base_us`,
    `is_settled`.

    An amount in (after, until] ends at `base_us`, for hours as much later as it lies behind `after`. Amounts are
    microseconds of working time (work_hour) or counted days; `bucket` is `after` in units of HOUR_BUCKET_US or of days.
    """
    length = calendar.segment_end_us - calendar.segment_start_us
    total = int(calendar.segment_before_us[-1] + length[-1])
    cuts = np.unique(
        np.concatenate([calendar.segment_before_us, np.arange(0, total, HOUR_BUCKET_US, dtype=np.int64), [total]])
    )
    after = cuts[:-1]
    segment = np.searchsorted(calendar.segment_before_us, after, side="right") - 1
    hours: Columns = {
        "count_by": np.full(len(after), "work_hour"),
        "bucket": after // HOUR_BUCKET_US,
        "after": after,
        "until": cuts[1:],
        "base_us": calendar.segment_start_us[segment] + (after - calendar.segment_before_us[segment]),
    }
    hours["is_settled"] = hours["base_us"] < calendar.settled_until_us
    days = np.arange(len(calendar.is_worked), dtype=np.int64)
    workdays = np.flatnonzero(calendar.is_worked)
    next_workday = np.searchsorted(workdays, days)
    has_next = next_workday < len(workdays)
    found = [
        hours,
        _days(calendar, "work_day", workdays, calendar.workdays_before[workdays]),
        _days(calendar, "natural_day", days, days),
        _days(calendar, "natural_day_rolled", workdays[next_workday[has_next]], days[has_next]),
    ]
    return {name: np.concatenate([part[name] for part in found]) for name in hours}


def _days(calendar: WorkCalendar, count_by: str, day: np.ndarray, counted_before: np.ndarray) -> Columns:
    """Rows of a day clock whose amount `counted_before + 1` ends with `day`."""
    due = day_ends(calendar, day)
    return {
        "count_by": np.full(len(day), count_by),
        "bucket": counted_before,
        "after": counted_before,
        "until": counted_before + 1,
        "base_us": due,
        "is_settled": due <= calendar.settled_until_us,
    }

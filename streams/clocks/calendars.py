"""Calendars as data: which days are worked, in which hours, and up to when that is settled.

A calendar is a rule (Monday to Friday), the days that differ from it (days off, make-up days) and the years for which
those are known. `WorkCalendar` lays one out over a time zone as cumulative sums, so that no question about working time
needs a loop: see `streams.clocks.clock`.
"""

from __future__ import annotations

import csv
import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from streams.contracts import registry
from streams.errors import CityBrainError

if TYPE_CHECKING:
    import numpy as np

DATA = Path(__file__).parent / "data"
FIRST_DAY = date(2007, 1, 1)
"""China's unified days off with make-up days are published in one form since 2007; nothing is counted before."""
LAST_YEAR = 2040
"""How far the lookup reaches; a deadline past it is an error, not a guess."""

DAY_MINUTES = 24 * 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE_US = 60_000_000

Window = tuple[int, int]
"""Minutes after local midnight, [from, to); `to` may lie in the next day, up to 48 hours."""


@dataclass(frozen=True)
class Definition:
    """One calendar as it is written down, before it is laid over a time zone.

    `exceptions`: day -> is worked, only where it differs from Monday to Friday. `windows`: (first day of validity, the
    day's windows), oldest first. `settled_to`: last day of the last year in an unbroken run of `years`, those whose
    days off are known. `day_end_minutes`: local time at which the last day of a day clock ends, exclusive.
    """

    code: str
    name_zh: str
    name_en: str
    exceptions: dict[date, bool]
    windows: tuple[tuple[date, tuple[Window, ...]], ...]
    settled_to: date
    years: tuple[int, ...]
    day_end_minutes: int = DAY_MINUTES

    def is_worked(self, day: date) -> bool:
        """Whether the day is a working day; in a year that is not settled, by the weekday."""
        return self.exceptions.get(day, day.weekday() < 5)

    def windows_on(self, day: date) -> tuple[Window, ...]:
        """Windows of a working day that are valid on it."""
        at = bisect_right(self.windows, day, key=lambda version: version[0]) - 1
        return self.windows[max(at, 0)][1]


def window(text: str) -> Window:
    """`08:00-12:00` in minutes; raises CityBrainError for what is no window, or one that loses its last minute."""
    try:
        (from_hour, from_minute), (to_hour, to_minute) = (map(int, part.split(":")) for part in text.split("-"))
    except ValueError:
        raise _bad(text, "a window is HH:MM-HH:MM, local wall clock") from None
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if not (0 <= from_minute < 60 and 0 <= to_minute < 60 and 0 <= start < DAY_MINUTES):
        raise _bad(text, "it starts within the day, and minutes go to 59")
    if end % DAY_MINUTES == DAY_MINUTES - 1:
        raise _bad(text, "the end is exclusive: an end of 23:59 loses a minute each midnight; write 24:00")
    if not start < end <= start + DAY_MINUTES:
        raise _bad(text, "it ends after it starts and within 24 hours; a night shift is written 22:00-30:00")
    return start, end


def _bad(text: str, why: str) -> CityBrainError:
    return CityBrainError(
        f"{text!r} is no window of working hours", why=why, remedy="mend `windows` in calendars.yaml of the clocks room"
    )


Definitions = dict[str, Definition]


@cache
def definitions() -> Definitions:
    """Calendar code -> definition, from `data/`; raises CityBrainError for a calendar that contradicts itself."""
    import yaml

    written: dict[str, Any] = yaml.safe_load((DATA / "calendars.yaml").read_text(encoding="utf-8"))
    days: dict[str, dict[date, bool]] = {code: {} for code in written}
    with (DATA / "calendar_days.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            days[row["calendar"]][date.fromisoformat(row["day"])] = row["is_working"] == "true"
    return {code: definition(code, text, days[code]) for code, text in written.items()}


def definition(code: str, written: dict[str, Any], exceptions: dict[date, bool]) -> Definition:
    """One calendar of `calendars.yaml` with its days; raises CityBrainError where they contradict each other."""
    needless = [day for day, worked in exceptions.items() if worked == (day.weekday() < 5)]
    settled = sorted(year for said in written["years"] for year in _years(said))
    unsettled = [day for day in exceptions if day.year not in settled]
    if needless or unsettled:
        raise CityBrainError(
            f"the calendar {code} contradicts itself",
            why=f"needless: {needless[:3]} are as their weekday says" if needless else f"{unsettled[:3]}: year unknown",
            remedy="mend calendar_days.csv or `years` in calendars.yaml of the clocks room",
        )
    versions = sorted(
        (v["valid_from"], tuple(sorted(window(hours) for hours in v["hours"]))) for v in written["windows"]
    )
    for _, windows in versions:
        if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(windows)):
            raise _bad(str(windows), "two windows of a day overlap")
    return Definition(
        code,
        written["name_zh"],
        written["name_en"],
        exceptions,
        tuple(versions),
        _settled_to(settled),
        tuple(settled),
        window(f"00:00-{written.get('day_end', '24:00')}")[1],
    )


def announced(calendar: Definition, year: int, days: dict[date, bool]) -> Definition:
    """The calendar with a year as a notice has it: `days` that differ from their weekday are all that differ.

    A notice may also say make-up days of the December before; what the calendar knew of the year itself is replaced.
    """
    kept = {day: worked for day, worked in calendar.exceptions.items() if day.year != year}
    differing = {day: worked for day, worked in days.items() if worked != (day.weekday() < 5)}
    years = tuple(sorted({*calendar.years, year}))
    return replace(calendar, exceptions=kept | differing, years=years, settled_to=_settled_to(years))


def _settled_to(years: Sequence[int]) -> date:
    """Last day of the unbroken run that the sorted years begin with."""
    last = next(year for year in years if year + 1 not in years)
    return date(last, 12, 31)


def _years(said: int | str) -> range:
    first, _, last = str(said).partition("-")
    return range(int(first), int(last or first) + 1)


@dataclass(frozen=True)
class WorkCalendar:
    """A calendar laid over a time zone. Instants and amounts are whole microseconds (int64), instants since 1970 UTC.

    `day_start_us`[i] is the first instant of local day i (day 0 = FIRST_DAY), one entry more than there are days;
    `is_worked`[i] its kind; `workdays_before`[i] the working days before it. Segment j is worked from
    `segment_start_us`[j] to `segment_end_us`[j], and `segment_before_us`[j] was worked before it.
    `settled_until_us`: the first instant that no published calendar covers.
    """

    definition: Definition
    zone: ZoneInfo
    day_start_us: np.ndarray
    is_worked: np.ndarray
    workdays_before: np.ndarray
    segment_start_us: np.ndarray
    segment_end_us: np.ndarray
    segment_before_us: np.ndarray
    settled_until_us: int


def instant_us(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware datetime, exactly."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(us: int, zone: ZoneInfo) -> datetime:
    """The aware datetime of an instant in the zone."""
    return (EPOCH + us * MICROSECOND).astimezone(zone)


def of_city(city_code: str, announced: Definitions | None = None) -> WorkCalendar:
    """The city's calendar in its time zone; raises CityBrainError for a city unknown or without a calendar.

    `announced`: calendars by code with the years that were announced since; without it, those of `data/`.
    """
    known = definitions() if announced is None else announced
    cities = registry.cities()
    if city_code not in cities:
        raise CityBrainError(
            f"no city {city_code!r}", why=f"the city files are {', '.join(sorted(cities))}", remedy="name one of them"
        )
    city = cities[city_code]
    if city.calendar not in known:
        raise CityBrainError(
            f"{city_code} has no calendar that working time could be counted by",
            why=f"its file says `calendar: {city.calendar}`; calendars are {', '.join(sorted(known))}",
            remedy=f"set `calendar` in the city file {city_code}.yaml",
        )
    return laid_out(known[city.calendar], city.time_zone)


@cache
def _cached(code: str, zone: str) -> WorkCalendar:
    return lay_out(definitions()[code], zone)


def laid_out(calendar: Definition, zone: str) -> WorkCalendar:
    """`lay_out`, made once per process for the calendars of `data/`."""
    return _cached(calendar.code, zone) if definitions().get(calendar.code) is calendar else lay_out(calendar, zone)


def lay_out(calendar: Definition, zone_name: str, last_year: int = LAST_YEAR) -> WorkCalendar:
    """Day by day from FIRST_DAY to the end of `last_year`.

    A wall-clock window is worked at each instant whose local time lies in it: an hour that summer time skips is worked
    by nobody, an hour that comes twice is worked twice (RFC 5545's view of instants).
    """
    import numpy as np

    zone = ZoneInfo(zone_name)
    n_days = (date(last_year + 1, 1, 1) - FIRST_DAY).days
    days = [FIRST_DAY + timedelta(days=i) for i in range(n_days + 1)]
    starts = [instant_us(datetime(day.year, day.month, day.day, tzinfo=zone)) for day in days]
    worked = [calendar.is_worked(day) for day in days[:-1]]
    segments: list[tuple[int, int]] = []
    for i in range(n_days):
        today = calendar.windows_on(days[i]) if worked[i] else ()
        from_yesterday = calendar.windows_on(days[i - 1]) if i and worked[i - 1] else ()
        minutes = [(start, min(end, DAY_MINUTES)) for start, end in today]
        minutes += [
            (max(start - DAY_MINUTES, 0), end - DAY_MINUTES) for start, end in from_yesterday if end > DAY_MINUTES
        ]
        if minutes:
            spans = _constant_offset_spans(starts[i], starts[i + 1], zone)
            segments += _segments(days[i], minutes, spans)
    start_us, end_us = np.array(segments, dtype=np.int64).T
    settled_end = calendar.settled_to + timedelta(days=1)
    return WorkCalendar(
        definition=calendar,
        zone=zone,
        day_start_us=np.array(starts, dtype=np.int64),
        is_worked=np.array(worked, dtype=bool),
        workdays_before=np.concatenate([[0], np.cumsum(worked)]).astype(np.int64),
        segment_start_us=start_us,
        segment_end_us=end_us,
        segment_before_us=np.concatenate([[0], np.cumsum(end_us - start_us)])[:-1].astype(np.int64),
        settled_until_us=instant_us(datetime(settled_end.year, settled_end.month, settled_end.day, tzinfo=zone)),
    )


def _offset_us(us: int, zone: ZoneInfo) -> int:
    return (moment_of(us, zone).utcoffset() or timedelta()) // MICROSECOND


def _constant_offset_spans(start: int, end: int, zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """[start, end) cut where the zone's offset changes: (from, to, offset), at most one change in a day."""
    first, last = _offset_us(start, zone), _offset_us(end - 1, zone)
    if first == last:
        return [(start, end, first)]
    low, high = start // MINUTE_US, (end - 1) // MINUTE_US  # changes happen on a whole minute
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_us(middle * MINUTE_US, zone) == first else (low, middle)
    return [(start, high * MINUTE_US, first), (high * MINUTE_US, end, last)]


def _segments(day: date, windows: list[Window], spans: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Instants [from, to) of the day whose local time lies in a window, in order, touching ones joined."""
    midnight = instant_us(datetime(day.year, day.month, day.day, tzinfo=UTC))  # as if the zone were UTC
    found: list[tuple[int, int]] = []
    for span_start, span_end, offset in spans:
        for start, end in sorted(windows):
            begin = max(span_start, midnight + start * MINUTE_US - offset)
            stop = min(span_end, midnight + end * MINUTE_US - offset)
            if begin >= stop:
                continue
            if found and found[-1][1] >= begin:
                found[-1] = (found[-1][0], max(stop, found[-1][1]))
            else:
                found.append((begin, stop))
    return found

"""Years announced after this code was written: a notice's file read and checked, kept in the home, laid over calendars.

A notice is a CSV with `day,is_working` and, if it has them, `name` and `calendar`; lines that begin with `#` may say
`# notice: …` and `# source: …`. It lists what differs from Monday to Friday; days that don't are taken without effect.
What was announced is never edited: a correction is announced again and counts from then on. Each announcement says from
when on each city knew of it, so that a case closed before keeps the deadline that it was judged by.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from streams.clocks.calendars import (
    LAST_YEAR,
    Definition,
    Definitions,
    WorkCalendar,
    announced,
    definitions,
    of_city,
)
from streams.errors import CityBrainError

FOLDER = "calendars"
"""Folder of the home in which announcements stand, one file each, numbered in their order."""

WORKED = {"true": True, "1": True, "yes": True, "班": True, "上班": True}
OFF = {"false": False, "0": False, "no": False, "休": False, "放假": False}

FEWEST_DAYS_OFF, MOST_DAYS_OFF = 3, 40
"""Weekdays off that a year's notice may have; China's had 11 to 28 since 2007, federal years have 10 or 11."""


@dataclass(frozen=True)
class Notice:
    """What a file says of one year. `days`: is worked, of every day it lists; `names`: the holiday of a day."""

    calendar: str
    year: int
    days: dict[date, bool]
    names: dict[date, str]
    title: str
    source: str
    sha256: str


@dataclass(frozen=True)
class Announcement:
    """A notice that counts. `number`: its place in the order of all; `known_from_utc`: city -> instant (naive UTC)."""

    number: int
    notice: Notice
    announced_at_utc: datetime
    known_from_utc: dict[str, datetime]


@dataclass(frozen=True)
class Version:
    """A calendar as a city knew it from an instant on; version 0 is that of the code, known since ever."""

    number: int
    known_from_utc: datetime
    definition: Definition
    title: str
    source: str


SINCE_EVER = datetime(1970, 1, 1)


def read_notice(path: Path, year: int, calendar: str) -> Notice:
    """The file's days of `year`, checked; raises CityBrainError that names the line, loses nothing."""
    if calendar not in definitions():
        raise _refused(f"there is no calendar {calendar!r}", f"calendars are {', '.join(sorted(definitions()))}")
    try:
        content = path.read_bytes()
        lines = content.decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise _refused("the notice has no file", f"no such file: {path}") from None
    except UnicodeDecodeError:
        raise _refused(f"{path.name} is not UTF-8", "other encodings would garble the names of days") from None
    said = dict(_comment(line) for line in lines if line.startswith("#") and ":" in line)
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(line for _, line in rows)
    if not {"day", "is_working"} <= set(reader.fieldnames or ()):
        raise _refused(f"{path.name} lacks a column", f"needed are day,is_working; found {reader.fieldnames or 'none'}")
    days: dict[date, bool] = {}
    names: dict[date, str] = {}
    for (number, _), row in zip(rows[1:], reader, strict=True):
        if (row.get("calendar") or calendar) != calendar:
            continue
        day, is_worked = _day(f"{path.name} line {number}", row, year)
        if days.get(day, is_worked) != is_worked:
            raise _refused(f"{path.name} line {number}: {day} is said to be worked and to be off", "one must be wrong")
        days[day] = is_worked
        if row.get("name"):
            names[day] = row["name"]
    notice = Notice(
        calendar,
        year,
        days,
        names,
        title=said.get("notice", path.name),
        source=said.get("source", path.name),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    _check(notice)
    return notice


def _comment(line: str) -> tuple[str, str]:
    name, _, value = line.lstrip("# ").partition(":")
    return name.strip().lower(), value.strip()


def _day(place: str, row: dict[str, Any], year: int) -> tuple[date, bool]:
    try:
        day = date.fromisoformat((row["day"] or "").strip())
    except ValueError:
        raise _refused(f"{place}: {row['day']!r} is no day", "days are written 2027-01-01") from None
    word = (row["is_working"] or "").strip().lower()
    if word not in WORKED | OFF:
        raise _refused(f"{place}: {row['is_working']!r} is neither worked nor off", "write true or false")
    if day.year != year and (day.year, day.month) != (year - 1, 12):
        raise _refused(f"{place}: {day} is not in {year}", "a notice speaks of its year and of the December before")
    return day, (WORKED | OFF)[word]


def _check(notice: Notice) -> None:
    """Raises CityBrainError for a year that no notice could mean."""
    off = [day for day, worked in notice.days.items() if not worked and day.weekday() < 5 and day.year == notice.year]
    if not FEWEST_DAYS_OFF <= len(off) <= MOST_DAYS_OFF:
        raise _refused(
            f"the notice takes {len(off)} weekdays of {notice.year} off",
            f"a year has {FEWEST_DAYS_OFF} to {MOST_DAYS_OFF}; with a part of it holidays would count as working days",
        )
    first = definitions()[notice.calendar].years[0]
    if not first <= notice.year <= LAST_YEAR:
        raise _refused(f"{notice.year} can't be announced", f"calendars reach from {first} to {LAST_YEAR}")


def _refused(what: str, why: str) -> CityBrainError:
    return CityBrainError(
        what, why=why, remedy="mend the file, then `citybrain calendar announce YEAR FILE` again; nothing was changed"
    )


def announcements(home: Path) -> tuple[Announcement, ...]:
    """All that was announced to this home, in order; raises CityBrainError for a file that isn't whole."""
    import yaml

    found = []
    for path in sorted((home / FOLDER).glob("*.yaml")):
        try:
            text = yaml.safe_load(path.read_text(encoding="utf-8"))
            days = {day: one["is_working"] for day, one in text["days"].items()}
            names = {day: one["name"] for day, one in text["days"].items() if "name" in one}
            notice = Notice(text["calendar"], text["year"], days, names, text["notice"], text["source"], text["sha256"])
            found.append(Announcement(text["number"], notice, text["announced_at_utc"], text["known_from_utc"]))
        except (KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            raise CityBrainError(
                f"the announcement {path.name} in {FOLDER}/ of the home is not whole",
                why=f"{type(error).__name__}: {error}",
                remedy="put the file back from the backup of the home; it is written by `citybrain calendar announce`",
            ) from error
    return tuple(found)


def write(home: Path, announcement: Announcement) -> Path:
    """Keep it in the home; its file appears whole or not at all."""
    import yaml

    notice = announcement.notice
    place = home / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{announcement.number:04}-{notice.calendar}-{notice.year}.yaml"
    text = {
        "number": announcement.number,
        "calendar": notice.calendar,
        "year": notice.year,
        "notice": notice.title,
        "source": notice.source,
        "sha256": notice.sha256,
        "announced_at_utc": announcement.announced_at_utc,
        "known_from_utc": announcement.known_from_utc,
        "days": {
            day: {"is_working": worked} | ({"name": notice.names[day]} if day in notice.names else {})
            for day, worked in sorted(notice.days.items())
        },
    }
    new = path.with_suffix(".new")
    new.write_text(yaml.safe_dump(text, allow_unicode=True, sort_keys=False), encoding="utf-8")
    new.replace(path)
    return path


def newest(known: Iterable[Announcement]) -> Definitions:
    """Calendars by code, with all that was announced."""
    found = dict(definitions())
    for one in known:
        found[one.notice.calendar] = announced(found[one.notice.calendar], one.notice.year, one.notice.days)
    return found


def known_calendar(home: Path, city_code: str) -> WorkCalendar:
    """The city's calendar with all that was announced to this home; CityBrainError as of `of_city`."""
    return of_city(city_code, newest(announcements(home)))


def versions(calendar: str, city_code: str, known: Iterable[Announcement]) -> tuple[Version, ...]:
    """The calendar as the city knew it, oldest first; a version's number counts the calendar's announcements."""
    found = [Version(0, SINCE_EVER, definitions()[calendar], "", "")]
    for one in known:
        notice = one.notice
        if notice.calendar == calendar:
            since = one.known_from_utc.get(city_code, one.announced_at_utc)
            laid = announced(found[-1].definition, notice.year, notice.days)
            found.append(Version(len(found), since, laid, notice.title, notice.source))
    return tuple(found)

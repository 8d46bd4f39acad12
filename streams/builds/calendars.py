"""Working calendars of all cities as lookup tables, `raw.ref_clock_*`; loading the same ones again changes nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from streams.clocks import lookup
from streams.clocks.announcements import Announcement, Version, announcements, versions
from streams.clocks.calendars import FIRST_DAY, LAST_YEAR, Definition, definitions, laid_out
from streams.contracts.registry import cities
from streams.settings import Settings
from streams.warehouse.connection import connect

if TYPE_CHECKING:
    import psycopg

    from streams.contracts.registry import City

LOCK = "citybrain.calendars"

LOOKUPS = {"ref_clock_instant": lookup.instants, "ref_clock_end": lookup.ends}


def load(settings: Settings) -> int:
    """Make the tables equal to the calendars of this code and the announcements of the home.

    Returns the number of calendars of cities that were written; 0 when all were equal already.
    """
    with connect(settings, "owner") as connection:
        lock(connection)
        return load_known(connection, announcements(settings.home))


def lock(connection: psycopg.Connection[Any]) -> None:
    """Wait for whoever loads or announces, until the end of the transaction."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (LOCK,))


def load_known(connection: psycopg.Connection[Any], known: tuple[Announcement, ...]) -> int:
    """As `load`, with these announcements, in the transaction of a caller that holds the lock."""
    wanted = {
        (city.city_code, version.number): (city, version, _fingerprint(city, version))
        for city in cities().values()
        if city.calendar in definitions()
        for version in versions(city.calendar, city.city_code, known)
    }
    rows = connection.execute("select city_code, calendar_version, fingerprint from raw.ref_clock_calendar").fetchall()
    held = {(city, version): fingerprint for city, version, fingerprint in rows}
    stale = [key for key, fingerprint in held.items() if key not in wanted or wanted[key][2] != fingerprint]
    for key in stale:
        for table in ("ref_clock_calendar", *LOOKUPS):
            connection.execute(f"delete from raw.{table} where city_code = %s and calendar_version = %s".encode(), key)
    new = [one for key, one in wanted.items() if held.get(key) != one[2]]
    for city, version, fingerprint in new:
        _write(connection, city, version, fingerprint)
    if new:
        for table in LOOKUPS:
            connection.execute(f"analyze raw.{table}".encode())
    return len(new)


def _fingerprint(city: City, version: Version) -> str:
    one = version.definition
    told = (FIRST_DAY, LAST_YEAR, lookup.HOUR_BUCKET_US, city.time_zone, version.known_from_utc, _told(one))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _told(one: Definition) -> tuple[Any, ...]:
    return (
        one.code,
        one.name_zh,
        one.name_en,
        sorted(one.exceptions.items()),
        one.windows,
        one.years,
        one.day_end_minutes,
    )


def _write(connection: psycopg.Connection[Any], city: City, version: Version, fingerprint: str) -> None:
    key = (city.city_code, version.number)
    one = version.definition
    connection.execute(
        """
        insert into raw.ref_clock_calendar (
            city_code, calendar_version, calendar, name_zh, name_en, time_zone, known_from_utc, settled_to, notice,
            source, fingerprint
        ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            *key,
            *(one.code, one.name_zh, one.name_en, city.time_zone, version.known_from_utc, one.settled_to),
            *(version.title, version.source, fingerprint),
        ),
    )
    calendar = laid_out(one, city.time_zone)
    for table, made in LOOKUPS.items():
        columns = {name: values.tolist() for name, values in made(calendar).items()}
        into = f"copy raw.{table} (city_code, calendar_version, {', '.join(columns)}) from stdin"
        with connection.cursor() as cursor, cursor.copy(into.encode()) as copy:
            for row in zip(*columns.values(), strict=True):
                copy.write_row((*key, *row))

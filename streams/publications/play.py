"""The instants at which past months would have been published, by the cities' own recorded time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from streams.errors import CityBrainError
from streams.settings import Settings
from streams.warehouse.connection import connect

if TYPE_CHECKING:
    import psycopg

DAYS_AFTER = 5
"""A month is published first when five whole local days have passed since its end (T of a monthly publication)."""


@dataclass(frozen=True)
class Clock:
    """A city that lives by recorded time: its zone, and between which instants (UTC) anything became known to it."""

    time_zone: str
    first_known_utc: datetime
    last_known_utc: datetime


def due_instants(clocks: Sequence[Clock], days_after: int = DAYS_AFTER) -> list[datetime]:
    """Instants (UTC, without zone) of the monthly publications of these cities, oldest first.

    The first month is the first that a city knew from its beginning on; the last is one whose publication all clocks
    have passed. Each instant is the one at which the last of the cities has had its days.
    """
    if not clocks:
        return []
    months = _months_from(min(_first_whole_month(one) for one in clocks))
    last = min(one.last_known_utc for one in clocks)
    found: list[datetime] = []
    for _, end in months:
        midnight = datetime(end.year, end.month, end.day) + timedelta(days=days_after)
        instant = max(_utc(midnight, one.time_zone) for one in clocks)
        if instant >= last:
            break
        found.append(instant)
    return found


def instants_to_play(settings: Settings, days_after: int = DAYS_AFTER) -> list[datetime]:
    """Those instants for the live cities of this warehouse that are later than what is published already.

    Raises CityBrainError where there is none: no city lives by recorded time, or the present is published.
    """
    with connect(settings, "owner") as connection:
        clocks = _clocks(connection)
        (published,) = connection.execute("select max(data_as_of_utc) from published.publication").fetchone() or (None,)
    found = [one for one in due_instants(clocks, days_after) if published is None or one > published]
    if not found:
        known = f"what was known up to {published:%Y-%m-%d} UTC is published already" if published else ""
        raise CityBrainError(
            "no past month can be published",
            why=known or "no live city on recorded time has known a whole month",
            remedy="past publications are played on a warehouse in which nothing is published yet",
            exit_code=2,
        )
    return found


def _clocks(connection: psycopg.Connection[Any]) -> list[Clock]:
    rows = connection.execute(
        "select city.time_zone, min(progress.first_event_at_utc), max(progress.last_known_at_utc)"
        " from raw.ref_city as city inner join ops.source_progress as progress on city.city_code = progress.city_code"
        " where city.mode = 'live' and city.clock = 'recorded' group by city.city_code, city.time_zone"
    ).fetchall()
    return [Clock(*row) for row in rows]


def _first_whole_month(clock: Clock) -> date:
    local = clock.first_known_utc.replace(tzinfo=UTC).astimezone(ZoneInfo(clock.time_zone)).date()
    return local if local.day == 1 else _next_month(local)


def _months_from(first: date) -> Iterator[tuple[date, date]]:
    while True:
        yield first, (after := _next_month(first))
        first = after


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _utc(wall: datetime, time_zone: str) -> datetime:
    return wall.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC).replace(tzinfo=None)

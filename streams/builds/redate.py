"""A year is announced: kept in the home, loaded beside what was known before, and told which open cases it moves.

Cases that were closed before keep their deadline, as they are counted by the calendar that was known then; published
figures are frozen anyway. Open ones are counted anew by the next build; which ones move, and how far, is known at once
and kept in `ops.redated_case`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from streams.builds import calendars
from streams.builds.clock_macros import clock_macros
from streams.clocks.announcements import Announcement, Notice, announcements, newest, write
from streams.clocks.calendars import Definition, announced
from streams.contracts.registry import City, cities
from streams.errors import CityBrainError
from streams.settings import Settings
from streams.warehouse.connection import connect, one_row

if TYPE_CHECKING:
    import psycopg

KEY = ["city_code", "source", "case_id"]


@dataclass(frozen=True)
class Redated:
    """What an announcement did. `examined`: open cases whose deadline could move; `moved`: those whose deadline did.

    `shift_days`: smallest, middle and largest move, earlier ones below 0; None where nothing moved. `settled`:
    deadlines that were provisional and are so no more. `is_known`: the same days were announced before.
    """

    is_known: bool = False
    examined: int = 0
    moved: int = 0
    later: int = 0
    earlier: int = 0
    settled: int = 0
    shift_days: tuple[float, float, float] | None = None
    seconds: float = 0.0


def announce(settings: Settings, notice: Notice, *, amends: bool = False) -> Redated:
    """Let the notice count from now on, in one transaction; raises CityBrainError for a year out of turn.

    `amends`: the year has a notice already, and this one takes its place.
    """
    began = time.monotonic()
    path = None
    try:
        with connect(settings, "owner") as connection:
            calendars.lock(connection)
            known = announcements(settings.home)
            before = newest(known)[notice.calendar]
            after = announced(before, notice.year, notice.days)
            if (after.exceptions, after.years) == (before.exceptions, before.years):
                return Redated(is_known=True)
            _in_turn(before, notice, amends=amends)
            mine = [city for city in cities().values() if city.calendar == notice.calendar]
            now = datetime.now(UTC).replace(tzinfo=None)
            one = Announcement(len(known) + 1, notice, now, _clocks(connection, mine, now))
            calendars.load_known(connection, (*known, one))
            found = _move(connection, one, [city.city_code for city in mine], _first_changed(before, after))
            path = write(settings.home, one)
    except BaseException:
        if path is not None:
            path.unlink(missing_ok=True)
        raise
    return Redated(**found, seconds=time.monotonic() - began)


def _in_turn(before: Definition, notice: Notice, *, amends: bool) -> None:
    again = f"citybrain calendar announce {notice.year} FILE"
    if notice.year in before.years and not amends:
        raise CityBrainError(
            f"{notice.year} has a notice already, and this one differs",
            why="open cases would be counted anew by other days off",
            remedy=f"if the notice was amended: `{again} --amend`",
        )
    if notice.year not in before.years and notice.year != before.settled_to.year + 1:
        missing = before.settled_to.year + 1
        raise CityBrainError(
            f"{missing} must be announced before {notice.year}",
            why="a deadline that crosses a year without a calendar stays provisional",
            remedy=f"citybrain calendar announce {missing} FILE",
        )


def _first_changed(before: Definition, after: Definition) -> date:
    """First day that is counted otherwise, or that is settled now and was not."""
    changed = [
        day
        for day in before.exceptions.keys() | after.exceptions.keys()
        if before.is_worked(day) != after.is_worked(day)
    ]
    return min([*changed, before.settled_to + timedelta(days=1)])


def _clocks(connection: psycopg.Connection[Any], mine: list[City], now: datetime) -> dict[str, datetime]:
    """City -> its own present: what a city on recorded time knows last, however far that is from our clock."""
    rows = connection.execute("select city_code, max(last_known_at_utc) from ops.source_progress group by city_code")
    last = dict(rows.fetchall())
    return {city.city_code: last.get(city.city_code, now) if city.knows_by_recorded_time else now for city in mine}


def _move(
    connection: psycopg.Connection[Any], one: Announcement, mine: list[str], first_changed: date
) -> dict[str, Any]:
    """Count the open cases of the newest build anew, keep those that move; figures of `Redated`."""
    build = connection.execute(
        "select detail::jsonb ->> 'schema', ended_at_utc from ops.pipeline_run"
        " where kind = 'build' and state = 'succeeded' order by started_at_utc desc limit 1"
    ).fetchone()
    schema, built_at = build or ("", None)
    if one_row(connection, "select to_regclass(%s)", (f"{schema}.int_clock__due",))[0] is None:
        return {}
    macros = clock_macros()
    connection.execute(
        f"""
        create temporary table open_case on commit drop as
        select
            due.city_code, due.source, due.case_id, newest.calendar_version, due.clock, due.time_limit,
            due.rolls_to_workday, due.started_at_utc,
            coalesce(told.due_after_utc, due.due_at_utc) as due_at_utc,
            coalesce(told.is_provisional, due.is_provisional) as is_provisional
        from {schema}.int_clock__due as due
        inner join (
            select city_code, max(calendar_version) as calendar_version
            from raw.ref_clock_calendar
            group by city_code
        ) as newest on due.city_code = newest.city_code
        left join (
            -- What an announcement has moved since the build.
            select distinct on (city_code, source, case_id) *
            from ops.redated_case
            where redated_at_utc > %(built_at)s
            order by city_code, source, case_id, announcement desc
        ) as told
            on due.city_code = told.city_code and due.source = told.source and due.case_id = told.case_id
        where
            not due.is_stopped
            and due.city_code = any(%(cities)s)
            and (due.is_provisional or due.due_at_utc >= %(first)s::date - interval '1 day')
        """.encode(),
        {"cities": mine, "first": first_changed, "built_at": built_at},
    )
    connection.execute(
        f"""
        create temporary table open_pause on commit drop as
        select pause.city_code, pause.source, pause.case_id, pause.paused_at_utc, pause.resumed_at_utc
        from {schema}.int_clock__pause as pause
        inner join open_case using (city_code, source, case_id)
        """.encode()
    )
    connection.execute("analyze open_case, open_pause")
    connection.execute(macros.by_hash_alone())
    connection.execute(
        f"create temporary table anew on commit drop as {macros.due_at('open_case', 'open_pause', KEY)}".encode()
    )
    moved = connection.execute(
        """
        insert into ops.redated_case (
            announcement, city_code, source, case_id, due_before_utc, due_after_utc, is_provisional, redated_at_utc
        )
        select
            %s, city_code, source, case_id, open_case.due_at_utc, anew.due_at_utc, anew.is_provisional, %s
        from open_case
        inner join anew using (city_code, source, case_id)
        where open_case.due_at_utc is distinct from anew.due_at_utc
        """,
        (one.number, one.announced_at_utc),
    ).rowcount
    examined, settled = one_row(
        connection,
        "select count(*), count(*) filter (where open_case.is_provisional and not anew.is_provisional)"
        " from open_case inner join anew using (city_code, source, case_id)",
    )
    later, *shifts = one_row(
        connection,
        """
        select
            count(*) filter (where days > 0),
            min(days), percentile_disc(0.5) within group (order by days), max(days)
        from (
            select (extract(epoch from due_after_utc - due_before_utc) / 86400)::double precision as days
            from ops.redated_case
            where announcement = %s
        ) as moved
        """,
        (one.number,),
    )
    return {
        "examined": examined,
        "moved": moved,
        "later": later,
        "earlier": moved - later,
        "settled": settled,
        "shift_days": tuple(shifts) if moved else None,
    }

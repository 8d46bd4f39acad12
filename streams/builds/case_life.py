"""The whole life of one case as the newest build knows it: stages, clocks, pauses, findings, and its incident.

For engineers: it reads hidden schemas, which readers can't. No relation there holds a name, a number of a person or a
free text.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from streams.builds.kept import SCHEMA as KEPT
from streams.clocks.announcements import known_calendar
from streams.clocks.calendars import definitions, instant_us
from streams.clocks.clock import MINUTE_US, Pauses, worked_us
from streams.contracts.registry import city
from streams.errors import CityBrainError
from streams.settings import Settings
from streams.warehouse.connection import connect

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

    from streams.clocks.calendars import WorkCalendar

    Connection = psycopg.Connection[Any]

Row = dict[str, Any]

RELATIONS = {
    "clock": ("fct_case_clock", "clock_state"),
    "pauses": ("int_clock__pause", "event_seq"),
    "findings": ("fct_case_finding", "told_at_utc, event_seq"),
    "notices": ("fct_supervision", "notice_no"),
    "escalation": ("fct_escalation", "due_at_utc"),
}
"""Part of a life -> the mart or model that knows it, and the order of its rows."""

OF_THE_CASE = ("city_code", "source", "case_id")

STAGE_COLUMNS = (
    "event_seq", "stage", "native_stage", "previous_stage", "transition", "event_at_utc", "recorded_at_utc",
    "known_at_utc", "basis", "unit_code", "due_at_utc", "callback_result", "resolution", "satisfaction",
)  # fmt: skip


def case_life(settings: Settings, case: str) -> Row:
    """One case by its key (/<city>/<system>/<number>) or, where no other has it, its number.

    `case`: its row of fct_case; `clock`: our deadline beside the source's, null without a limit; `stages`: one row per
    event, those that change the state with `until_utc`, and natural and working minutes until then; `pauses` with their
    working minutes; `extensions`: asked and approved; `findings`; `notices`; `escalation`: what
    should have gone up and did or not; `incident`: which one, and all its reports
    with the reasons of their links; `schema` and `as_of_utc`: the build that says so. Times are UTC without a zone,
    minutes of working time go by the city's calendar as it is known now, and are null for a city without one.

    Raises CityBrainError where no build is there, and with exit code 2 for a case that it does not know, or a number
    that several systems use.
    """
    with connect(settings, "dbt") as connection:
        schema = newest_build(connection)
        found = _find(connection, schema, case)
        told = {name: found[name] for name in OF_THE_CASE}
        parts = {part: _rows(connection, f"{schema}.{name}", told, order) for part, (name, order) in RELATIONS.items()}
        stages = _rows(connection, f"{KEPT}.int_case__stage_events", told, "event_seq")
        incident = _incident(connection, schema, told)
    where = city(told["city_code"])
    calendar = known_calendar(settings.home, where.city_code) if where.calendar in definitions() else None
    visits = _timed(stages, calendar)
    clock = parts["clock"][0] if parts["clock"] and parts["clock"][0]["clock"] else None
    return {
        "case": found,
        "clock": clock,
        "stages": visits,
        "pauses": [
            one | {"worked_minutes": _worked(calendar, one["paused_at_utc"], one["resumed_at_utc"])}
            for one in parts["pauses"]
        ],
        "extensions": [
            {name: one[name] for name in ("event_seq", "stage", "event_at_utc", "due_at_utc")}
            for one in visits
            if one["stage"].startswith("extension_")
        ],
        "findings": parts["findings"]
        + [
            {
                "finding": "illegal_transition",
                "stage": one["stage"],
                "event_seq": one["event_seq"],
                "told_at_utc": one["event_at_utc"],
                "recorded_at_utc": one["recorded_at_utc"],
            }
            for one in visits
            if one["transition"] == "illegal"
        ],
        "notices": parts["notices"],
        "escalation": parts["escalation"],
        "incident": incident,
        "time_zone": where.time_zone,
        "schema": schema,
        "as_of_utc": found["as_of_utc"],
    }


def newest_build(connection: Connection) -> str:
    """Hidden schema of the newest build that finished and still stands; CityBrainError where there is none."""
    row = connection.execute(
        "select detail::jsonb ->> 'schema' from ops.pipeline_run where kind = 'build' and state = 'succeeded'"
        " and to_regclass((detail::jsonb ->> 'schema') || '.fct_incident_report') is not null"
        " order by started_at_utc desc limit 1"
    ).fetchone()
    if row is None:
        raise CityBrainError(
            "no build is there to be asked",
            why="cases are put together by a build, and none by this code has finished in this warehouse",
            remedy="citybrain fuse, then citybrain build --run-id by_hand_1; or wait for the nightly run",
        )
    return str(row[0])


def _find(connection: Connection, schema: str, case: str) -> Row:
    of = "case_id = %s" if case.startswith("/") else "case_id like '/%%/%%/' || %s"
    number = case if case.startswith("/") else case.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = _dicts(connection, f"select * from {schema}.fct_case where {of} order by case_id, source", (number,))
    if not found:
        (as_of,) = _dicts(connection, f"select max(as_of_utc) as t from {schema}.int_city__as_of", ())
        raise CityBrainError(
            f"the newest build knows no case {case!r}",
            why=f"it holds what was known by {as_of['t']} UTC; what landed later is in the next one",
            remedy="write the number as its source does, or the whole key /<city>/<system>/<number>; `citybrain build`"
            " takes in what has landed since",
            exit_code=2,
        )
    if len(found) > 1:
        raise CityBrainError(
            f"{len(found)} cases have the number {case!r}",
            why=", ".join(f"{one['case_id']} ({one['source']})" for one in found[:10]),
            remedy="give the whole key of the one that is meant",
            exit_code=2,
        )
    return found[0]


def _incident(connection: Connection, schema: str, told: Row) -> Row | None:
    """The incident of the case with its reports in the order of their times; None where it tells of none.

    A petition's number is told of the petition itself only.
    """
    mine = _dicts(
        connection,
        f"select incident_id from {schema}.fct_incident_report"
        " where city_code = %(city_code)s and source = %(source)s and subject = %(case_id)s",
        told,
    )
    if not mine:
        return None
    of = {"city_code": told["city_code"], "incident_id": mine[0]["incident_id"]}
    where = "where city_code = %(city_code)s and incident_id = %(incident_id)s"
    (whole,) = _dicts(connection, f"select * from {schema}.fct_incident {where}", of)
    reports = _dicts(
        connection,
        "select source, subject, told_at_utc, state, is_counted, owns_incident, gives_place, is_fused, awaits_fusion,"
        f" is_declared, score, metres_off, hours_after, reasons_zh from {schema}.fct_incident_report {where}"
        " order by told_at_utc, source, subject",
        of,
    )
    for one in reports:
        if not one["gives_place"] and one["subject"] != told["case_id"]:
            one["subject"] = None
    aliases = _dicts(
        connection,
        "select old_id, cause from raw.incident_alias"
        " where city_code = %(city_code)s and new_id = %(incident_id)s order by run_number, old_id",
        of,
    )
    first = {} if whole["first_subject"] in {one["subject"] for one in reports} else {"first_subject": None}
    return whole | first | {"reports": reports, "former_ids": aliases}


def _timed(stages: list[Row], calendar: WorkCalendar | None) -> list[Row]:
    """Each event; one that changes the state lasts until the next that does, the last one until now (null)."""
    turns = [one["event_at_utc"] for one in stages if one["previous_stage"] is not None]
    ends = iter([*turns[1:], None])
    found = []
    for one in stages:
        until = next(ends) if one["previous_stage"] is not None else None
        since = one["event_at_utc"]
        found.append(
            {name: one[name] for name in STAGE_COLUMNS}
            | {
                "until_utc": until,
                "elapsed_minutes": None if until is None else (until - since).total_seconds() / 60,
                "worked_minutes": _worked(calendar, since, until),
            }
        )
    return found


def _worked(calendar: WorkCalendar | None, since: datetime, until: datetime | None) -> float | None:
    """Working minutes; None where the end is unknown, or the city has no calendar."""
    if calendar is None or until is None:
        return None
    first, last = (instant_us(at.replace(tzinfo=UTC)) for at in (since, until))
    return float(worked_us(calendar, [first], [last], Pauses.none())[0]) / MINUTE_US


def _rows(connection: Connection, relation: str, told: Row, order: str) -> list[Row]:
    where = " and ".join(f"{name} = %({name})s" for name in OF_THE_CASE)
    rows = _dicts(connection, f"select * from {relation} where {where} order by {order}", told)
    return [{name: value for name, value in row.items() if name not in OF_THE_CASE} for row in rows]


def _dicts(connection: Connection, query: str, values: Row | tuple[str, ...]) -> list[Row]:
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), values).fetchall()

"""The only writer of what is published: one transaction freezes a judged build as a numbered publication.

A publication is written as its difference: rows that are new or changed begin with it, rows that changed or vanished
end with it, all others go on. What the gate holds back of a city and source goes on as it was published last.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from streams.builds.faults import Held
from streams.builds.runs import Run, find_run, recorded, wap_schema
from streams.contracts.published import PublishedTable, project_vars, published_table
from streams.errors import CityBrainError
from streams.publications import came, second_copy
from streams.publications.compare import Difference, difference
from streams.publications.content import LOCK, checksum_of, frozen_content, hidden_content, model_tables, note_content
from streams.settings import Settings
from streams.warehouse.connection import connect, one_row
from streams.warehouse.failpoint import failpoint
from streams.warehouse.version import code_version

if TYPE_CHECKING:
    import psycopg

CAUSES: dict[str, str] = dict(project_vars()["restatement_causes"])
"""Why final values change, and the words for readers, written beside each restated cell. Found by comparing; where that
finds none, it is what the one who publishes says."""

LOCK_SECONDS = 10

LOCK_ATTEMPTS = 6
"""Together a minute: longer than any publication here takes, short enough for an Airflow task to report."""

RESTATED = ("value", "numerator", "denominator")


@dataclass(frozen=True)
class Published:
    """What `publish` did. `state`: published; repeated (this run was already); unchanged (nothing new to freeze).

    `changed_rows`: rows that begin or end with it, in all tables.
    """

    state: str
    publication_id: int
    run_id: str
    value_rows: int
    restated_cells: int
    changed_rows: int
    seconds: float


def publish(settings: Settings, run_id: str, *, cause: str | None = None, force: bool = False) -> Published:
    """Freeze the build of `run_id`, which the gate must have passed, as the next publication.

    Published once already, or equal to the latest publication by content and code: nothing is written (`force`
    overrides the second). Readers see the old or the new publication, never a mixture, also after a kill.
    Raises CityBrainError: no green verdict, an altered build, older data than published, lock not given up.
    """
    if cause is not None and cause not in CAUSES:
        raise CityBrainError(
            f"{cause!r} is no cause of a restatement",
            why=f"a changed final value is explained by one of: {', '.join(CAUSES)}",
            remedy="give one of them with --cause, or leave it out",
            exit_code=2,
        )
    build, verdict = _judged_build(settings, run_id)
    with recorded(settings, run_id, "publish") as detail:
        started = time.monotonic()
        attempts = (_try_to_publish(settings, build, verdict, cause, force, started) for _ in range(LOCK_ATTEMPTS))
        result = next((done for done in attempts if done is not None), None)
        if result is None:
            raise CityBrainError(
                "another publication is being made, or a query holds the tables",
                why=f"the lock was not given up within {LOCK_SECONDS * LOCK_ATTEMPTS} s",
                remedy="run the same command again; the published figures have not changed",
            )
        detail |= {"publication_id": result.publication_id, "outcome": result.state}
        if result.state == "unchanged":
            detail["state"] = "skipped"
        detail["lake_copy"] = second_copy.write(settings, result.publication_id)
    return result


@dataclass(frozen=True)
class Plan:
    """What `publish` would do with a run now, and what readers would find changed by it."""

    published: Published
    difference: Difference


def plan(settings: Settings, run_id: str) -> Plan:
    """Publish the run as far as to know what changes, and take all of it back.

    Raises CityBrainError where `publish` would, and where another publication is being made.
    """
    import psycopg

    build, verdict = _judged_build(settings, run_id)
    _lay_down(settings, build)
    try:
        with connect(settings, "publisher") as connection, connection.transaction(force_rollback=True):
            _take_lock(connection)
            result = _publish(connection, build, verdict, None, False, time.monotonic())
            is_new = result.state == "published"
            number = result.publication_id
            return Plan(result, difference(connection, number - 1, number) if is_new else Difference((), ()))
    except psycopg.errors.LockNotAvailable as error:
        raise CityBrainError(
            "another publication is being made, or a query holds the tables",
            why=f"the lock was not given up within {LOCK_SECONDS} s",
            remedy="run the same command again",
        ) from error


def _judged_build(settings: Settings, run_id: str) -> tuple[Run, Run]:
    """The run's build and its green verdict; raises CityBrainError for anything less."""
    build, verdict = find_run(settings, run_id, "build"), find_run(settings, run_id, "gate")
    if build is None or build.state != "succeeded":
        raise CityBrainError(
            f"run {run_id} has no finished build, so nothing is published",
            why="it was never built" if build is None else f"its build is {build.state}",
            remedy=f"citybrain build --run-id {run_id}",
        )
    if verdict is None or verdict.state != "succeeded":
        states = {"red": "the gate judged it not fit", "stale": "it was built again since it was judged"}
        state = "missing" if verdict is None else verdict.state
        raise CityBrainError(
            f"run {run_id} has no green verdict, so nothing is published and the last publication stays",
            why=states.get(state, "it was not judged to the end"),
            remedy=f"citybrain gate --run-id {run_id}; the reasons are in published.data_health",
            exit_code=3,
        )
    return build, verdict


def _try_to_publish(
    settings: Settings, build: Run, verdict: Run, cause: str | None, force: bool, started: float
) -> Published | None:
    """One attempt in one transaction; None when a lock was not given up in time."""
    import psycopg

    since = _lay_down(settings, build)
    try:
        with connect(settings, "publisher") as connection:
            _take_lock(connection)
            if came.newest(connection) != since:  # another publication came first: compare with that
                return None
            return _publish(connection, build, verdict, cause, force, started)
    except psycopg.errors.LockNotAvailable:
        return None


def _lay_down(settings: Settings, build: Run) -> came.Since | None:
    """What the build knows and the last publication did not, beside the build; that publication, None before any."""
    with connect(settings, "publisher") as connection:
        since = came.newest(connection)
    if since is not None:
        schema = wap_schema(build.run_id)
        with connect(settings, "dbt") as connection:
            if one_row(connection, "select to_regnamespace(%s) is not null", [schema])[0]:
                came.lay_down(connection, schema, since, build.detail.get("as_of_utc"))
    return since


def _take_lock(connection: psycopg.Connection[Any]) -> None:
    connection.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (LOCK,))


def _publish(
    connection: psycopg.Connection[Any], build: Run, verdict: Run, cause: str | None, force: bool, started: float
) -> Published:
    schema = wap_schema(build.run_id)
    contents = hidden_content(connection, schema)
    checksum = checksum_of(contents)
    if checksum != verdict.detail.get("checksum"):
        raise CityBrainError(
            f"the build of run {build.run_id} is not what the gate judged",
            why="the rows changed between the verdict and the publication",
            remedy=f"citybrain gate --run-id {build.run_id}, then publish again",
        )
    columns = "publication_id, run_id, checksum, code_version, data_version, value_rows, restated_cells, data_as_of_utc"
    same = connection.execute(
        f"select {columns} from published.publication where run_id = %s and checksum = %s"
        " order by publication_id desc limit 1",
        (build.run_id, checksum),
    ).fetchone()
    last = connection.execute(
        f"select {columns} from published.publication order by publication_id desc limit 1"
    ).fetchone()
    if same is not None:
        return Published("repeated", same[0], same[1], same[5], same[6], 0, time.monotonic() - started)
    code = build.detail.get("code_version", code_version())
    if last is not None:
        _refuse_older(build, json.loads(last[4]), last[0], last[7])
        if cause is None:
            unmoved = json.loads(last[4]) == build.detail["data_version"]
            cause = "correction" if unmoved else "late_data"
    cause = cause or "late_data"

    number = 1 if last is None else last[0] + 1
    held = [Held(**one) for one in verdict.detail.get("held", [])]
    changed = sum(_write_difference(connection, schema, table, number, held) for table in model_tables())
    if last is not None and changed == 0 and code == last[3] and not force:
        return Published("unchanged", last[0], last[1], last[5], last[6], 0, time.monotonic() - started)
    restated = {} if last is None else _restate(connection, build, last, number, cause)
    failpoint("mid_publish")
    if held:
        contents = frozen_content(connection, number, contents)
    value_rows = sum(one.row_count for one in contents if one.table_name == "indicator_value")
    as_of = _as_of(connection, build)
    connection.execute(
        "insert into published.publication (publication_id, run_id, published_at_utc, data_as_of_utc, data_as_of,"
        " data_version, code_version, cause, value_rows, restated_cells, checksum, held_back_zh)"
        " values (%s, %s, clock_timestamp() at time zone 'UTC', %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            number,
            build.run_id,
            max(as_of.values()),
            json.dumps({city: at.isoformat() for city, at in sorted(as_of.items())}),
            json.dumps(build.detail["data_version"], sort_keys=True),
            code,
            ", ".join(restated),
            value_rows,
            sum(restated.values()),
            checksum_of(contents),
            "；".join(one.reason_zh for one in held) or None,
        ),
    )
    note_content(connection, number, contents)
    seconds = time.monotonic() - started
    return Published("published", number, build.run_id, value_rows, sum(restated.values()), changed, seconds)


def _write_difference(
    connection: psycopg.Connection[Any], schema: str, table: PublishedTable, number: int, held: list[Held]
) -> int:
    """End the frozen rows that the build has no more, begin those that it has anew; the number of both."""
    columns = ", ".join(f'"{name}"' for name in table.values)
    same_cell = " and ".join(f'built."{name}" = frozen."{name}"' for name in table.cell)
    ours, theirs = (", ".join(f'{side}."{name}"' for name in table.values) for side in ("built", "frozen"))
    source, scope = f"{schema}.{table.name}", {"number": number, **_scope(held)}
    ended = connection.execute(
        f"update frozen.{table.name} as frozen set until_publication_id = %(number)s"
        f" where frozen.until_publication_id is null and {_is_free(table, 'frozen')}"
        f" and not exists (select 1 from {source} as built"
        f" where {same_cell} and row({ours}) is not distinct from row({theirs}))",
        scope,
    )
    begun = connection.execute(
        f"insert into frozen.{table.name} (from_publication_id, {columns})"
        f" select %(number)s, {columns} from {source} as built where {_is_free(table, 'built')}"
        f" and not exists (select 1 from frozen.{table.name} as frozen"
        f" where {same_cell} and frozen.until_publication_id is null)",
        scope,
    )
    return ended.rowcount + begun.rowcount


def _scope(held: list[Held]) -> dict[str, list[str]]:
    return {"cities": [one.city_code for one in held], "sources": [one.source for one in held]}


def _is_free(table: PublishedTable, alias: str) -> str:
    """Condition: the gate does not hold the row back. Rows of no city are never held."""
    if "city_code" not in table.cell:
        return "true"
    source = table.source_of(alias)
    return (
        "not exists (select 1 from unnest(%(cities)s::text[], %(sources)s::text[]) as held (city_code, source)"
        f" where held.city_code = {alias}.city_code and (held.source in ('', {source}) or {source} = ''))"
    )


def _refuse_older(build: Run, published: dict[str, dict[str, int]], number: int, as_of: datetime) -> None:
    """Never older data over newer: each partition must have been read at least as far as for the last publication, and
    a build of the past be of a later instant."""
    instant = build.detail.get("as_of_utc")
    if instant is not None and datetime.fromisoformat(instant) <= as_of:
        raise CityBrainError(
            f"run {build.run_id} tells what was known at {instant} UTC",
            why=f"publication {number} knew what came up to {as_of.isoformat()} UTC",
            remedy="past publications are played in their order, before the present is published",
        )
    own: dict[str, dict[str, int]] = build.detail["data_version"]
    behind = [
        f"{topic}/{partition}"
        for topic, offsets in published.items()
        for partition, offset in offsets.items()
        if own.get(topic, {}).get(partition, -1) < offset
    ]
    if behind:
        raise CityBrainError(
            f"run {build.run_id} was built from older data than publication {number}",
            why=f"behind in {', '.join(sorted(behind))}",
            remedy="build a new run and publish that",
        )


def _restate(
    connection: psycopg.Connection[Any], build: Run, last: tuple[Any, ...], number: int, otherwise: str
) -> dict[str, int]:
    """Log each final cell that ended with this publication and has other numbers now, or none, with its own cause.

    Cause -> cells, the commonest first; `otherwise`: the cause where comparing finds none.
    """
    keys = published_table("indicator_value").cell
    same_cell = " and ".join(f"new.{key} = old.{key}" for key in keys)
    pairs = [(side, column) for column in RESTATED for side in ("old", "new")]
    before = connection.execute(
        "select detail::jsonb ->> 'reference_hash' from ops.pipeline_run where run_id = %s and kind = 'build'",
        (last[1],),
    ).fetchone()
    has_new_areas = (
        before is not None
        and None not in (before[0], build.detail.get("reference_hash"))
        and (before[0] != build.detail["reference_hash"])
    )
    connection.execute(
        f"insert into published.restatement (publication_id, previous_publication_id, {', '.join(keys)},"
        f" {', '.join(f'{side}_{column}' for side, column in pairs)}, cause, cause_zh, city_name_zh)"
        f" select %(number)s, %(last)s, {', '.join(f'old.{key}' for key in keys)},"
        f" {', '.join(f'{side}.{column}' for side, column in pairs)}, why.cause, %(words)s::jsonb ->> why.cause,"
        " old.city_name_zh from frozen.indicator_value as old left join frozen.indicator_value as new"
        f" on new.until_publication_id is null and {same_cell}"
        f" cross join lateral (select {came.cause_of('old', wap_schema(build.run_id))} as cause) as why"
        " where old.until_publication_id = %(number)s and old.status = 'final' and (new.city_code is null or"
        " (old.value, old.numerator, old.denominator, old.suppressed)"
        " is distinct from (new.value, new.numerator, new.denominator, new.suppressed))",
        {
            "number": number,
            "last": last[0],
            "words": json.dumps(CAUSES),
            "has_new_areas": has_new_areas,
            "otherwise": otherwise,
        },
    )
    counts = connection.execute(
        "select cause, count(*) from published.restatement where publication_id = %s group by 1 order by 2 desc, 1",
        (number,),
    )
    return dict(counts.fetchall())


def _as_of(connection: psycopg.Connection[Any], build: Run) -> dict[str, datetime]:
    """As-of instant per city of what is published now; the build's start where a city has none."""
    rows = connection.execute(
        "select city_code, max(data_as_of_utc) from frozen.source_summary where until_publication_id is null group by 1"
    )
    found = {city: at or build.started_at_utc for city, at in rows.fetchall()}
    if not found:
        raise CityBrainError(
            "the build holds no city", why="source_summary is empty", remedy="load data, then build again"
        )
    return found

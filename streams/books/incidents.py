"""Kept links of reports to incidents: read as a frame, changed in one transaction with its row of `ops.fusion_run`."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from streams.books.ledger import copy_rows
from streams.warehouse.connection import one_row

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

LOCK = "citybrain.fusion"
KEY = ("city_code", "source", "subject")


@dataclass(frozen=True)
class FusionRun:
    """One row of `ops.fusion_run`; counts of rows, `lake_position` as JSON."""

    mode: str
    reports: int
    fresh: int
    lake_position: str
    code_fingerprint: str


@dataclass(frozen=True)
class Written:
    """What a run left: its number, incidents there are now, and rows written, removed and renamed."""

    run_number: int
    incidents: int
    changed: int
    gone: int
    aliases: int


def take_turn(connection: Connection) -> bool:
    """Hold fusion until the transaction ends; False where another one is at work."""
    row = one_row(connection, "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (LOCK,))
    return bool(row[0])


def last_fingerprint(connection: Connection) -> str | None:
    """Of the code that made the kept links; None before the first run."""
    row = connection.execute("select code_fingerprint from ops.fusion_run order by run_number desc limit 1").fetchone()
    return None if row is None else str(row[0])


def kept_links(connection: Connection, schema: pl.Schema) -> pl.DataFrame:
    """All rows of `raw.incident_link` with these columns, by their key."""
    names = ", ".join(f'"{name}"' for name in schema)
    sink = io.BytesIO()
    query = f"copy (select {names} from raw.incident_link) to stdout with (format csv, header, null '\\N')"
    with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
        for block in copy:
            sink.write(block)
    sink.seek(0)
    told = {name: pl.String() if isinstance(kind, pl.Boolean | pl.Datetime) else kind for name, kind in schema.items()}
    frame = pl.read_csv(sink, schema=pl.Schema(told), null_values="\\N", empty_string_is_null=False)
    return frame.with_columns(
        pl.col(name) == "t"
        if isinstance(kind, pl.Boolean)
        else pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
        for name, kind in schema.items()
        if isinstance(kind, pl.Boolean | pl.Datetime)
    ).sort(KEY)


def write(
    connection: Connection, run: FusionRun, changed: pl.DataFrame, gone: pl.DataFrame, renamed: pl.DataFrame
) -> Written:
    """Put the changed links in the place of those before, take out those gone, and book the run: one transaction.

    `changed`: columns of `raw.incident_link` but the run; `gone`: their KEY; `renamed`: those of `raw.incident_alias`.
    """
    outdated = pl.concat([changed.select(KEY), gone.select(KEY)])
    connection.execute(
        "delete from raw.incident_link as link"
        " using unnest(%s::text[], %s::text[], %s::text[]) as outdated (city_code, source, subject)"
        " where link.city_code = outdated.city_code and link.source = outdated.source"
        " and link.subject = outdated.subject",
        [outdated[name].to_list() for name in KEY],
    )
    row = one_row(
        connection,
        "insert into ops.fusion_run (mode, n_reports, n_incidents, n_fresh, n_changed, n_gone, n_aliases,"
        " lake_position, code_fingerprint, checksum) values (%s, %s, 0, %s, %s, %s, %s, %s, %s, '')"
        " returning run_number",
        (
            *(run.mode, run.reports, run.fresh, changed.height, gone.height, renamed.height),
            *(run.lake_position, run.code_fingerprint),
        ),
    )
    number = int(row[0])
    for table, rows in (("raw.incident_link", changed), ("raw.incident_alias", renamed)):
        if not rows.is_empty():
            copy_rows(connection, table, rows.with_columns(run_number=pl.lit(number)))
    incidents, checksum = _summed(connection)
    connection.execute(
        "update ops.fusion_run set n_incidents = %s, checksum = %s where run_number = %s",
        (incidents, checksum, number),
    )
    return Written(number, incidents, changed.height, gone.height, renamed.height)


def _summed(connection: Connection) -> tuple[int, str]:
    """Number of incidents, and the checksum of who belongs to which, as the table has them now."""
    digest = hashlib.sha256()
    query = (
        "copy (select city_code, source, subject, incident_id from raw.incident_link"
        ' order by city_code collate "C", source collate "C", subject collate "C") to stdout'
    )
    with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
        for block in copy:
            digest.update(block)
    row = one_row(connection, "select count(*) from raw.incident_link where is_first")
    return int(row[0]), digest.hexdigest()

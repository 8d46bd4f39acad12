"""What a set of published tables holds, as checksums by table and period: equal content gives equal text."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from streams.contracts.published import PublishedTable, published_tables
from streams.errors import CityBrainError

if TYPE_CHECKING:
    import psycopg

LOCK = "citybrain.publish"
"""Name of the lock under which whatever is frozen is written, by `publish` and by `restore`."""


@dataclass(frozen=True)
class TableContent:
    """Rows of one table and period. `period`: ISO date, empty where the table has none.

    `columns` in contract order without `publication_id`; `checksum` is SHA-256 over the rows' own hashes.
    """

    table_name: str
    period: str
    columns: tuple[str, ...]
    row_count: int
    checksum: str


def model_tables() -> tuple[PublishedTable, ...]:
    """The published tables whose rows come from dbt models."""
    return tuple(table for table in published_tables() if table.from_dbt)


def hidden_content(connection: psycopg.Connection[Any], schema: str) -> list[TableContent]:
    """Content of the models that a build left in `schema`; raises CityBrainError for one that is missing."""
    import psycopg

    found = []
    for table in model_tables():
        try:
            found += _content(connection, table, table.values, f"{schema}.{table.name}", "")
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise CityBrainError(
                f"{schema}.{table.name} does not hold what its contract says",
                why=str(error).splitlines()[0],
                remedy="run `citybrain build` for this run id; old builds are dropped after two newer ones",
            ) from error
    return found


def frozen_content(
    connection: psycopg.Connection[Any], publication_id: int, noted: list[TableContent]
) -> list[TableContent]:
    """Content of that publication as it lies in `frozen` now, by the columns that it was noted with."""
    columns = {one.table_name: one.columns for one in noted}
    where = as_published_in(publication_id)
    return [
        content
        for table in model_tables()
        for content in _content(
            connection, table, columns.get(table.name, table.values), f"frozen.{table.name}", f"where {where}"
        )
    ]


def as_published_in(publication_id: int) -> str:
    """Condition on a frozen table: the rows that were in force in that publication."""
    number = int(publication_id)
    return f"from_publication_id <= {number} and (until_publication_id is null or until_publication_id > {number})"


def checksum_of(contents: list[TableContent]) -> str:
    """One SHA-256 for a whole publication."""
    ordered = [asdict(one) for one in sorted(contents, key=lambda one: (one.table_name, one.period))]
    return hashlib.sha256(json.dumps(ordered, sort_keys=True).encode()).hexdigest()


def changed_tables(then: list[TableContent], now: list[TableContent]) -> list[str]:
    """Names of the tables whose content differs, in order."""
    sides = [{(one.table_name, one.period): one for one in side} for side in (then, now)]
    places = sorted(sides[0].keys() | sides[1].keys())
    return [
        name
        for name, ours in groupby(places, key=lambda place: place[0])
        if any(sides[0].get(place) != sides[1].get(place) for place in ours)
    ]


def _content(
    connection: psycopg.Connection[Any], table: PublishedTable, columns: tuple[str, ...], relation: str, where: str
) -> list[TableContent]:
    listed = ", ".join(f'"{column}"' for column in columns)
    period = f"{table.period}::text" if table.period else "''"
    rows = connection.execute(
        "select period, count(*), encode(sha256(string_agg(hash, '' order by hash)::bytea), 'hex')"
        f" from (select {period} as period, md5(row({listed})::text) as hash from {relation} {where}) as hashed"
        " group by period order by period"
    ).fetchall()
    return [TableContent(table.name, period, columns, count, checksum) for period, count, checksum in rows]


def note_content(connection: psycopg.Connection[Any], number: int, contents: list[TableContent]) -> None:
    """Keep the checksum of each table and period and the columns that it covers, so that `verify` can take it again."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.publication_content (publication_id, table_name, period, columns, row_count, checksum)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            [
                (number, one.table_name, one.period, json.dumps(one.columns), one.row_count, one.checksum)
                for one in contents
            ],
        )


def noted_content(connection: psycopg.Connection[Any], number: int) -> list[TableContent]:
    """What was noted of a publication, by table and period."""
    rows = connection.execute(
        "select table_name, period, columns, row_count, checksum from ops.publication_content"
        " where publication_id = %s order by table_name, period",
        (number,),
    ).fetchall()
    return [
        TableContent(name, period, tuple(json.loads(columns)), count, digest)
        for name, period, columns, count, digest in rows
    ]

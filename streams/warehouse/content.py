"""What a set of published tables holds, as checksums: equal content gives equal text, whatever the row order."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from streams.contracts.published import PublishedTable, published_tables
from streams.errors import CityBrainError
from streams.warehouse.connection import one_row

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class TableContent:
    """`columns` in contract order without `publication_id`; `checksum` is SHA-256 over the rows' own hashes."""

    table_name: str
    columns: tuple[str, ...]
    row_count: int
    checksum: str


def model_tables() -> tuple[PublishedTable, ...]:
    """The published tables whose rows come from dbt models."""
    return tuple(table for table in published_tables() if table.from_dbt)


def value_columns(table: PublishedTable) -> tuple[str, ...]:
    """Names of the columns that a model fills, in contract order."""
    """Columns that dbt fills: all but `publication_id`, in the order of the contract."""
    return tuple(column.name for column in table.columns if column.name != "publication_id")


def hidden_content(connection: psycopg.Connection[Any], schema: str) -> list[TableContent]:
    """Content of the models that a build left in `schema`; raises CityBrainError for one that is missing."""
    import psycopg

    found = []
    for table in model_tables():
        try:
            found.append(_content(connection, table.name, value_columns(table), f"{schema}.{table.name}", ""))
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise CityBrainError(
                f"{schema}.{table.name} does not hold what its contract says",
                why=str(error).splitlines()[0],
                remedy="run `citybrain build` for this run id; old builds are dropped after two newer ones",
            ) from error
    return found


def frozen_content(
    connection: psycopg.Connection[Any], publication_id: int, tables: list[TableContent]
) -> list[TableContent]:
    """The same tables and columns, as they lie in `published` under that number now."""
    where = f"where publication_id = {int(publication_id)}"
    return [_content(connection, one.table_name, one.columns, f"published.{one.table_name}", where) for one in tables]


def checksum_of(contents: list[TableContent]) -> str:
    """One SHA-256 for a whole publication."""
    ordered = [asdict(one) for one in sorted(contents, key=lambda one: one.table_name)]
    return hashlib.sha256(json.dumps(ordered, sort_keys=True).encode()).hexdigest()


def _content(
    connection: psycopg.Connection[Any], name: str, columns: tuple[str, ...], relation: str, where: str
) -> TableContent:
    listed = ", ".join(f'"{column}"' for column in columns)
    count, checksum = one_row(
        connection,
        f"select count(*), encode(sha256(coalesce(string_agg(hash, '' order by hash), '')::bytea), 'hex')"
        f" from (select md5(row({listed})::text) as hash from {relation} {where}) as hashed",
    )
    return TableContent(name, columns, count, checksum)

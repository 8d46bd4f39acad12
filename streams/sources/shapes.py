"""Tables whose columns are no fields yet: a date and a time in two columns; a column for each month."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from streams.errors import CityBrainError
from streams.sources.tables import LINE, Table

_NO_TIME = r"[ T]00:00(?::00(?:\.0+)?)?$"
"""How a date cell ends whose time stands elsewhere."""

_NO_DATE = r"^(?:1899-12-3[01]|1900-01-0[01])[ T]"
"""How a time cell begins whose date stands elsewhere."""


def shaped(table: Table, file_name: str, options: Mapping[str, Any]) -> Table:
    """Apply the reader options `join` and `unpivot`; the columns that they take are gone behind them.

    `join: {opened: [day, hour]}` makes one column of several, a blank between. `unpivot: {columns: [...], period:
    month, value: count}` makes a row of each filled cell of these columns; `columns` may be a regular expression.
    Raises CityBrainError for a column that the file lacks.
    """
    if not table.columns and not table.n_records:
        return table
    for name, columns in options["join"].items():
        table = _joined(table, file_name, name, columns)
    return _unpivoted(table, file_name, **options["unpivot"]) if options["unpivot"] else table


def _joined(table: Table, file_name: str, name: str, columns: Sequence[str]) -> Table:
    _needed(table, file_name, columns, f"reader.join.{name}")
    first, *others = (pl.col(column) for column in columns)
    behind = pl.concat_str([other.str.replace(_NO_DATE, "") for other in others], separator=" ", ignore_nulls=True)
    day = pl.when(behind.str.contains(":", literal=True)).then(first.str.replace(_NO_TIME, "")).otherwise(first)
    told = pl.concat_str([day, behind], separator=" ").str.strip_chars()
    made = table.frame.select(pl.all().exclude(columns), told.alias(name))
    return replace(table, frame=made)


def _unpivoted(table: Table, file_name: str, columns: Sequence[str] | str, period: str, value: str) -> Table:
    names = columns
    if isinstance(columns, str):
        names = [name for name in table.columns if re.fullmatch(columns, name)]
    _needed(table, file_name, names or [str(columns)], "reader.unpivot")
    # A cell's place: its row's, and which of the columns it stands in; 0 is the row as a whole.
    n_places, labelled = len(names) + 1, table.label
    at = pl.DataFrame({period: names, "\x00at": range(1, n_places)}, schema={period: pl.String, "\x00at": pl.Int64})
    long = table.frame.unpivot(
        on=list(names), index=[LINE, *(name for name in table.columns if name not in names)],
        variable_name=period, value_name=value,
    )  # fmt: skip
    long = long.join(at, on=period, how="left", maintain_order="left").filter(pl.col(value).is_not_null())
    placed = pl.col(LINE) * n_places

    def label(line: int) -> str:
        row, column = divmod(line, n_places)
        return f"{labelled(row)}, {names[column - 1]}" if column else labelled(row)

    frame = long.with_columns((placed + pl.col("\x00at")).alias(LINE)).drop("\x00at").sort(LINE)
    rejects = table.rejects.with_columns(line=pl.col("line") * n_places)
    return replace(table, frame=frame, rejects=rejects, label=label)


def _needed(table: Table, file_name: str, names: Sequence[str], option: str) -> None:
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise CityBrainError(
            f"{file_name} has no column {', '.join(missing)}",
            why=f"{option} in the mapping uses it; the file has: {', '.join(table.columns)[:500]}",
            remedy="correct the name in the mapping, or choose the mapping of this file",
            exit_code=2,
        )

"""The lake as others see it: true counts and frames straight from Delta's log, without Spark."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from streams.contracts.registry import contracts
from streams.lake.tables import table_uri
from streams.settings import Settings


@dataclass(frozen=True)
class Counts:
    """Rows of one topic's tables."""

    bronze: int
    silver: int


def counts(settings: Settings) -> dict[str, Counts]:
    """Topic -> rows in bronze and silver, counted from the log; 0 for a table not yet made."""
    return {
        topic: Counts(*(_count(table_uri(settings, layer, topic)) for layer in ("bronze", "silver")))
        for topic in contracts()
    }


def frame(settings: Settings, layer: str, topic: str, columns: list[str] | None = None) -> pl.DataFrame:
    """The table's present rows; raises TableNotFoundError (deltalake) when it was not made yet."""
    from deltalake import DeltaTable

    table = DeltaTable(table_uri(settings, layer, topic))
    return pl.DataFrame(table.to_pyarrow_table(columns=columns))


def is_made(settings: Settings, layer: str, topic: str) -> bool:
    """Whether the table was made already."""
    from deltalake import DeltaTable

    return DeltaTable.is_deltatable(table_uri(settings, layer, topic))


def _count(uri: str) -> int:
    """Rows by the log alone: each file's number stands there, and no file is opened."""
    from deltalake import DeltaTable

    if not DeltaTable.is_deltatable(uri):
        return 0
    files = pl.DataFrame(DeltaTable(uri).get_add_actions(flatten=True))
    return int(files["num_records"].sum()) if files.height else 0

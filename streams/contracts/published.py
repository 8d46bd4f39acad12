"""Typed view of the published door: the dbt contracts of `models/published` and the protocol's own tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from streams.contracts.registry import HERE, read_yaml
from streams.errors import CityBrainError

CHECKOUT = HERE.parent.parent
PROJECT_FILE = CHECKOUT / "dbt_project" / "dbt_project.yml"
MODELS_DIR = CHECKOUT / "dbt_project" / "models" / "published"
PROTOCOL_DIR = HERE / "published"

DATA_TYPES = ("text", "boolean", "integer", "bigint", "double precision", "date", "timestamp")
"""Types a published column may have; each is the same on PostgreSQL and Spark."""


@dataclass(frozen=True)
class PublishedColumn:
    """One column of a published table; `data_type` is one of DATA_TYPES, `required` means not null."""

    name: str
    data_type: str
    required: bool
    description: str


@dataclass(frozen=True)
class PublishedTable:
    """One relation of schema `published`. `from_dbt`: its rows come from the dbt model of the same name.

    `columns` and `primary_key` include `publication_id`, first. `period`: the column that says when a row is of, empty
    where rows are of no time. `source`: the source whose events rows are made of, where no column `source` says it.
    """

    name: str
    description: str
    columns: tuple[PublishedColumn, ...]
    primary_key: tuple[str, ...]
    from_dbt: bool
    period: str = ""
    source: str = ""

    @property
    def cell(self) -> tuple[str, ...]:
        """The key inside one publication."""
        return tuple(name for name in self.primary_key if name != "publication_id")

    @property
    def values(self) -> tuple[str, ...]:
        """Columns that a model fills, in contract order: all but `publication_id`."""
        return tuple(column.name for column in self.columns if column.name != "publication_id")

    def source_of(self, alias: str) -> str:
        """SQL of the source that a row is made of; empty text where it is made of several."""
        if "source" not in self.values:
            return f"'{self.source}'"
        return f"{alias}.source" if not self.source else f"coalesce({alias}.source, '{self.source}')"


_PUBLICATION_ID = PublishedColumn("publication_id", "bigint", True, "发布编号。Publication that holds the row.")


@cache
def project_vars() -> dict[str, Any]:
    """The constants that models and Python share: `vars` of `dbt_project.yml`."""
    found: dict[str, Any] = read_yaml(PROJECT_FILE)["vars"]
    return found


@cache
def published_tables() -> tuple[PublishedTable, ...]:
    """All tables, `publication` first (the others refer to it), then by name."""
    found = [*_read(PROTOCOL_DIR, from_dbt=False), *_read(MODELS_DIR, from_dbt=True)]
    return tuple(sorted(found, key=lambda table: (table.name != "publication", table.name)))


def published_table(name: str) -> PublishedTable:
    """One table by name; raises KeyError."""
    return {table.name: table for table in published_tables()}[name]


def _read(directory: Path, *, from_dbt: bool) -> Iterator[PublishedTable]:
    paths = sorted(directory.glob("*.yml"))
    if not paths:
        raise CityBrainError(f"no contract in {directory}", why="schema `published` is rendered from them")
    for path in paths:
        for model in read_yaml(path).get("models", ()):
            try:
                yield _table(model, from_dbt=from_dbt)
            except (KeyError, TypeError, ValueError) as error:
                raise CityBrainError(
                    f"published contract {path.name} is wrong", why=f"{type(error).__name__}: {error}"
                ) from None


def _table(model: dict[str, Any], *, from_dbt: bool) -> PublishedTable:
    meta = model.get("meta") or model["config"]["meta"]
    columns = tuple(
        PublishedColumn(
            column["name"],
            column["data_type"],
            any(item["type"] == "not_null" for item in column.get("constraints", ())),
            column["description"],
        )
        for column in model["columns"]
    )
    key = tuple(meta["primary_key"])
    optional = {column.name for column in columns if not column.required}
    strange = {column.data_type for column in columns} - set(DATA_TYPES)
    if strange or not key or optional & set(key) or not set(key) <= {column.name for column in columns}:
        raise ValueError(f"types {sorted(strange)} or a key {key} that is not made of required columns")
    if from_dbt:
        columns, key = (_PUBLICATION_ID, *columns), ("publication_id", *key)
    period, source = meta.get("period", ""), meta.get("source", "")
    if period and period not in {column.name for column in columns}:
        raise ValueError(f"period {period} is no column")
    return PublishedTable(model["name"], model["description"].strip(), columns, key, from_dbt, period, source)

"""What the API offers, and the SQL of each request: pure. Columns and their words come from the published contracts."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.contracts.published import PublishedColumn, published_table

MAX_ROWS = 10_000
"""Rows of one page, at most."""


@dataclass(frozen=True)
class Resource:
    """One list of rows. `key` orders and pages it; `filters` are columns that may be asked for by value.

    `of_publication`: rows belong to one publication, and a request is answered from one.
    """

    name: str
    title: str
    columns: tuple[PublishedColumn, ...]
    key: tuple[str, ...]
    relation: str
    filters: tuple[str, ...]
    of_publication: bool = True
    period: str = ""

    @property
    def types(self) -> dict[str, str]:
        """Column -> its type in SQL."""
        return {column.name: column.data_type for column in self.columns}


@dataclass(frozen=True)
class Statement:
    """One statement with its parameters; it asks for one row more than the page, which tells that there is a next."""

    sql: str
    parameters: dict[str, Any]


def resources() -> dict[str, Resource]:
    """All resources by name; each reads relations of `published` alone."""
    value = "indicator_value"
    found = (
        _table("publications", "publication", (), of_publication=False),
        _table("indicators", "indicator_definition", ("indicator_id", "indicator_version", "family", "state")),
        _table("values", value, (*_cell(value), "status", "suppressed", "is_latest_month", "is_latest_final")),
        _table("rankings", "ranking", (*_cell("ranking"), "status", "is_headline")),
        _table("restatements", "restatement", ("publication_id", *_cell("restatement"), "cause"), of_publication=False),
        _table("source_summary", "source_summary", _cell("source_summary")),
        _table("case_counts", "case_count", _cell("case_count")),
        _table(
            "case_facts",
            "case_fact",
            ("city_code", "source", "received_month", "category_code", "unit_code", "area_level", "area_code", "state"),
        ),
        _list("cities", ("city_code",), ("city_name_zh",)),
        _list("areas", ("city_code", "area_level", "area_code"), ("area_name_zh",)),
        _list("units", ("city_code", "unit_code"), ("unit_name_zh",)),
    )
    return {one.name: one for one in found}


def page_query(
    resource: Resource,
    *,
    publication_id: int | None,
    wanted: Mapping[str, Sequence[Any]],
    since: Any = None,
    before: Any = None,
    limit: int,
    after: Sequence[Any] | None = None,
) -> Statement:
    """The statement of one page in the order of the key.

    `wanted`: column -> values of which one must match; `since` and `before` bound the resource's period; `after` is
    the key of the last row that the caller has.
    """
    parameters: dict[str, Any] = {"limit": limit + 1}
    conditions = []
    if resource.of_publication:
        parameters["publication"] = publication_id
        conditions.append("publication_id = %(publication)s")
    for name, values in wanted.items():
        parameters[f"want_{name}"] = list(values)
        conditions.append(f'"{name}" = any(%(want_{name})s::{resource.types[name]}[])')
    for name, sign, bound in (("since", ">=", since), ("before", "<", before)):
        if bound is not None:
            parameters[name] = bound
            conditions.append(f'"{resource.period}" {sign} %({name})s')
    if after is not None:
        parameters |= {f"after_{number}": value for number, value in enumerate(after)}
        marks = ", ".join(f"%(after_{number})s::{resource.types[name]}" for number, name in enumerate(resource.key))
        conditions.append(f"({_listed(resource.key)}) > ({marks})")
    where = f" where {' and '.join(conditions)}" if conditions else ""
    columns = _listed(tuple(column.name for column in resource.columns))
    order = _listed(resource.key)
    return Statement(f"select {columns} from {resource.relation}{where} order by {order} limit %(limit)s", parameters)


def cursor_of(resource: Resource, row: Mapping[str, Any]) -> str:
    """The page mark after a row: its key, as text that a URL can hold."""
    key = json.dumps([str(row[name]) for name in resource.key], ensure_ascii=False)
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def key_of(resource: Resource, cursor: str) -> list[str] | None:
    """The key that a page mark holds; None for a text that `cursor_of` never wrote."""
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        return None
    is_key = isinstance(found, list) and len(found) == len(resource.key) and all(isinstance(one, str) for one in found)
    return found if is_key else None


def _cell(table: str) -> tuple[str, ...]:
    return published_table(table).cell


def _table(name: str, table: str, filters: tuple[str, ...], *, of_publication: bool = True) -> Resource:
    found = published_table(table)
    key = found.cell if of_publication else found.primary_key
    relation = f"published.{table}"
    return Resource(name, found.description, found.columns, key, relation, filters, of_publication, found.period)


def _list(name: str, key: tuple[str, ...], names: tuple[str, ...]) -> Resource:
    """A list of what a publication's values are of."""
    known = {column.name: column for column in published_table("indicator_value").columns}
    columns = tuple(known[column] for column in ("publication_id", *key, *names))
    listed = _listed(tuple(column.name for column in columns))
    where = " where unit_code <> ''" if "unit_code" in key else ""
    relation = f"(select distinct {listed} from published.indicator_value{where}) as listed"
    title = f"{name.capitalize()} that a publication has values of, with their Chinese names."
    return Resource(name, title, columns, key, relation, key)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)

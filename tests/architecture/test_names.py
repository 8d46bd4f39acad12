"""Names say unit, clock and kind; the two doors (wire contracts, published models) keep to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from streams.contracts.published import published_tables
from tests.architecture.checkout import ROOT, files, refuse

PUBLISHED_WITHOUT_PREFIX = {"suppressed"}
"""Booleans without is_ or has_: a promise made to readers before this rule."""

DATE_ENDINGS = ("_date", "_month", "_start", "_end", "_from", "_to")

QUANTITIES = re.compile(
    "(^|_)(area|age|confidence|delay|distance|duration|elapsed|height|lag|length|speed|temperature|wait|weight)(_|$)"
)
"""A number called so tells nothing without its unit."""

UNITS = {"minutes", "hours", "days", "seconds", "ms", "m", "km", "km2", "kmh", "c", "pct", "ugm3"}

PERSONAL = re.compile(
    "(^|_)(phone|mobile|telephone|plate|e?mail|address|caller|citizen|idcard|passport|birthday|gender|surname|person|"
    "face|voice|ip|imei|wechat|openid)(_|$)"
)
"""Words for personal data: no column of either door holds any."""

Column = dict[str, Any]


def wire_columns() -> dict[str, list[Column]]:
    """Topic -> its fields, with the types of ODCS."""
    found = {}
    for path in files("streams/contracts/topics/*.yaml"):
        contract = yaml.safe_load((ROOT / path).read_text())
        found[path.stem] = [{**one, "type": one["logicalType"]} for one in contract["schema"][0]["properties"]]
    return found


def published_columns() -> dict[str, list[Column]]:
    """Published table -> its columns, with the types of PostgreSQL."""
    found: dict[str, list[Column]] = {}
    for path in [*files("dbt_project/models/published/*.yml"), *files("streams/contracts/published/*.yml")]:
        for model in yaml.safe_load((ROOT / path).read_text()).get("models", []):
            found[model["name"]] = [{**one, "type": one["data_type"]} for one in model["columns"]]
    return found


def broken_names(table: str, columns: list[Column], clock_suffix: str) -> Iterator[str]:
    """Sentences on names that hide their kind; `clock_suffix` is what a time of this door ends in."""
    for column in columns:
        name, kind = column["name"], column["type"]
        words = name.split("_")
        at = f"{table}.{name} ({kind})"
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            yield f"{at} isn't lower_snake_case. SQL would need quotes for it. Rename it."
        if kind == "timestamp" and not name.endswith(clock_suffix):
            yield f"{at} doesn't end in {clock_suffix}. A time without its clock is read eight hours off. Rename it."
        if kind != "timestamp" and name.endswith(("_at", "_utc")) and not name.endswith("_as_of"):
            yield f"{at} is named like a time. Readers will compare it with one. Rename it, or make it a timestamp."
        if kind == "date" and not name.endswith(DATE_ENDINGS):
            yield f"{at} doesn't end in one of {', '.join(DATE_ENDINGS)}. Days and instants don't mix. Rename it."
        if kind == "boolean" and not name.startswith(("is_", "has_")) and name not in PUBLISHED_WITHOUT_PREFIX:
            yield f"{at} doesn't start with is_ or has_. A flag must read as a yes or no. Rename it."
        numeric = kind in ("integer", "bigint", "number", "double precision", "numeric")
        if numeric and QUANTITIES.search(name) and words[-1] not in UNITS and not declares_unit(column):
            yield f"{at} is a quantity without a unit. Minutes get added to hours. End it in a unit, as in _minutes."
        if PERSONAL.search(name):
            yield f"{at} is named after personal data. None may pass this door. Drop it at the adapter."


def declares_unit(column: Column) -> bool:
    return any(one["property"] == "unit" for one in column.get("customProperties", []))


def broken_descriptions(table: str, columns: list[Column]) -> Iterator[str]:
    """Sentences on columns that a leader or an engineer can't read about."""
    for column in columns:
        chinese = {one["property"]: one["value"] for one in column.get("customProperties", [])}.get("nameZh", "")
        description = chinese + " " + column.get("description", "")
        if not re.search("[\u4e00-\u9fff]", description) or not re.search("[A-Za-z]{2}", description):
            yield (
                f"{table}.{column['name']} is described as {description.strip()!r}. Leaders read Chinese, engineers "
                "English. Say it in both."
            )


def test_wire_names_say_unit_clock_and_kind():
    tables = wire_columns()
    assert len(tables) == len(files("streams/contracts/topics/*.yaml")) > 8
    refuse([one for table, columns in tables.items() for one in broken_names(table, columns, "_at")])


def test_published_names_say_unit_clock_and_kind():
    tables = published_columns()
    assert set(tables) == {table.name for table in published_tables()} and len(tables) > 8
    refuse([one for table, columns in tables.items() for one in broken_names(table, columns, "_utc")])


def test_every_column_is_described_in_chinese_and_english():
    tables = wire_columns() | published_columns()
    assert sum(len(columns) for columns in tables.values()) > 150
    refuse([one for table, columns in tables.items() for one in broken_descriptions(table, columns)])


def test_the_same_name_has_the_same_type_in_every_published_table():
    types: dict[str, dict[str, str]] = {}
    for table, columns in published_columns().items():
        for column in columns:
            types.setdefault(column["name"], {})[table] = column["type"]
    shared = {name: tables for name, tables in types.items() if len(tables) > 1}
    assert len(shared) > 10
    assert {name: tables for name, tables in shared.items() if len(set(tables.values())) > 1} == {}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("closedAt", "text"),
        ("closed_at", "timestamp"),
        ("closed_time_utc", "text"),
        ("closed_at", "text"),
        ("month", "date"),
        ("late", "boolean"),
        ("wait", "bigint"),
        ("mean_delay", "double precision"),
        ("caller_phone", "text"),
    ],
)
def test_the_name_rule_fires(name, kind):
    assert len(list(broken_names("t", [{"name": name, "type": kind}], "_utc"))) == 1


@pytest.mark.parametrize("description", ["", "只有中文", "Only English."])
def test_the_description_rule_fires(description):
    assert len(list(broken_descriptions("t", [{"name": "a", "type": "text", "description": description}]))) == 1

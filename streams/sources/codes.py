"""Codes that a source uses: looked up by name, found missing in the reference data, and rows that make them known."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from streams.contracts.registry import City, city
from streams.reference import registry
from streams.sources.mapping import SourceMapping

KNOWN_SINCE = "2000-01-01"
"""First day of rows that are added: before any event that is taken in."""

FAMILY_TO_DECIDE = "其他事项"
"""Family of an added category until somebody gives it its own."""

ADDABLE = ("area", "unit", "category")
"""Reference tables whose rows can be made from a code and a name; devices and signs need more."""

COMMUNITY_ENDINGS = ("社区", "村", "居委会", "村委会", "Community", "Village")


@dataclass(frozen=True)
class Missing:
    """One code without a row in a reference table, its name (the code, where nothing is said) and its events.

    `by_name`: the source gives names alone, so the code is free to choose.
    """

    table: str
    code: str
    name: str
    scheme: str
    by_name: bool
    n_events: int


def codes_by_name(mapping: SourceMapping, field: str) -> dict[str, str]:
    """Name (Chinese or English) -> code of the mapping's city, for a field of NAMED_FIELDS; no name that two share."""
    rows: Sequence[Any]
    if field == "category_code":
        scheme = mapping.fields["category_scheme"].constant if "category_scheme" in mapping.fields else None
        rows = [one for one in registry.categories(mapping.city_code) if one.category_scheme == scheme]
    else:
        rows = registry.areas(mapping.city_code) if field == "area_code" else registry.units(mapping.city_code)
    codes: dict[str, set[str]] = {}
    for row in rows:
        if not row.valid_to:
            for name in (row.name_zh, row.name_en):
                codes.setdefault(name, set()).add(getattr(row, field))
    return {name: found.pop() for name, found in codes.items() if name and len(found) == 1}


def missing_codes(events: pl.DataFrame, mapping: SourceMapping) -> list[Missing]:
    """Codes of adapted events that the reference data of their city lacks, by table and code.

    Such rows are loaded all the same and counted as unclassified.
    """
    city_code = mapping.city_code
    areas = {one.area_code for one in registry.areas(city_code)} | {one.grid_code for one in registry.grids(city_code)}
    known: Mapping[str, tuple[str, set[str]]] = {
        "area_code": ("area", areas),
        "unit_code": ("unit", {one.unit_code for one in registry.units(city_code)}),
        "device_id": ("device", {one.device_id for one in registry.devices(city_code)}),
        "sign_code": ("sign", {one.sign_code for one in registry.signs(city_code)}),
    }
    found = []
    for column, (table, codes) in known.items():
        if column in events.columns:
            strange = events.filter(~pl.col(column).is_in(list(codes))).group_by(column).len().sort(column)
            by_name = column in mapping.fields and mapping.fields[column].by_name
            found += [Missing(table, code, code, "", by_name, n) for code, n in strange.iter_rows()]
    return found + _missing_categories(events, mapping)


def _missing_categories(events: pl.DataFrame, mapping: SourceMapping) -> list[Missing]:
    if not {"category_scheme", "category_code"} <= set(events.columns):
        return []
    codes = {(one.category_scheme, one.category_code) for one in registry.categories(mapping.city_code)}
    name = pl.col("category_name" if "category_name" in events.columns else "category_code")
    counted = (
        events.drop_nulls(["category_scheme", "category_code"])
        .group_by("category_scheme", "category_code")
        .agg(name=name.drop_nulls().first(), n=pl.len())
        .sort("category_scheme", "category_code")
    )
    by_name = mapping.fields["category_code"].by_name
    return [
        Missing("category", code, name or code, scheme, by_name, n)
        for scheme, code, name, n in counted.iter_rows()
        if (scheme, code) not in codes
    ]


# --- rows -------------------------------------------------------------------------------------------------


def city_rows(city_code: str, area_code: str, name_zh: str, name_en: str) -> dict[str, list[dict[str, str]]]:
    """Reference rows of a city that has none yet: the city itself as an area."""
    row = {"area_code": area_code, "area_level": "city", "name_zh": name_zh, "name_en": name_en}
    return {"area": [_row("area", city_code, row)]}


def rows_for(missing: Sequence[Missing], city_code: str) -> dict[str, list[dict[str, str]]]:
    """Reference table -> rows for the missing codes that can be added; areas stand right below the city.

    A category scheme that is new gets its row too.
    """
    jurisdiction = city(city_code)
    makers = {"area": _area, "unit": _unit, "category": _category}
    made: dict[str, list[dict[str, str]]] = {}
    schemes = {row["category_scheme"] for row in registry.rows("category_scheme")}
    for scheme in sorted({one.scheme for one in missing if one.table == "category"} - schemes):
        names = {"name_zh": f"{jurisdiction.name_zh}事项分类", "name_en": f"Matters of {jurisdiction.name_en}"}
        values = {"category_scheme": scheme, "code_pattern": ".+", "source": f"the data of {jurisdiction.name_en}"}
        made.setdefault("category_scheme", []).append(_row("category_scheme", city_code, names | values))
    for one in missing:
        if one.table in makers:
            rows = made.setdefault(one.table, [])
            values = {"name_zh": one.name, "name_en": one.name} | makers[one.table](one, jurisdiction, len(rows))
            rows.append(_row(one.table, city_code, values))
    return made


def _area(one: Missing, jurisdiction: City, _number: int) -> dict[str, str]:
    """A name gets its official code where the city's code is one; else it is its own code."""
    official = {
        row["name_zh"]: row["area_code"]
        for row in registry.rows("admin_area")
        if row["parent_area_code"] == jurisdiction.admin_code and not row["valid_to"]
    }
    is_fine = "street" not in jurisdiction.area_levels or one.name.endswith(COMMUNITY_ENDINGS)
    return {
        "area_code": official.get(one.name, one.code) if one.by_name else one.code,
        "area_level": "community" if is_fine else "street",
        "parent_area_code": jurisdiction.city_area_code,
    }


def _unit(one: Missing, jurisdiction: City, number: int) -> dict[str, str]:
    code = one.code
    if one.by_name:
        slug = re.sub(r"[^a-z0-9]+", "_", one.name.lower()).strip("_") if one.name.isascii() else ""
        code = slug or f"u{len(registry.units(jurisdiction.city_code)) + number + 1:03d}"
    return {"unit_code": code, "unit_type": "department"}


def _category(one: Missing, _jurisdiction: City, _number: int) -> dict[str, str]:
    return {"category_scheme": one.scheme, "category_code": one.code, "family": FAMILY_TO_DECIDE}


def add_rows(rows: Mapping[str, Sequence[Mapping[str, str]]], data_dir: Path = registry.DATA_DIR) -> dict[str, int]:
    """Append rows to the reference CSVs; returns file name -> rows added."""
    added = {}
    for table, new in rows.items():
        path = data_dir / registry.FILES[table]
        text = path.read_text(encoding="utf-8")
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write("" if text.endswith("\n") else "\n")
            csv.DictWriter(file, registry.COLUMNS[table], lineterminator="\n").writerows(new)
        added[path.name] = len(new)
    return added


def _row(table: str, city_code: str, values: Mapping[str, str]) -> dict[str, str]:
    known = {**values, "city_code": city_code, "valid_from": KNOWN_SINCE}
    return {column: known.get(column, "") for column in registry.COLUMNS[table]}

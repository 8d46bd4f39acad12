"""Codes and names: looked up, missed, and made known by rows that the reference check accepts."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from streams.errors import CityBrainError
from streams.reference import registry
from streams.sources.adapter import Adapted, adapt
from streams.sources.codes import Missing, add_rows, city_rows, codes_by_name, missing_codes, rows_for
from streams.sources.mapping import mapping_from
from streams.sources.tables import LINE, REJECT_SCHEMA, Table

MAPPING: dict[str, Any] = {
    "topic": "city.hotline.ticket.v1",
    "city": "shuifu",
    "system": "test",
    "times": {"formats": ["%Y-%m-%d"]},
    "stages": {"accepted": {"at": "day"}},
    "fields": {
        "case_id": {"column": "n"},
        "unit_code": {"column": "unit", "by_name": True},
        "area_code": {"column": "area", "by_name": True},
        "category_scheme": {"constant": "shuifu-12345"},
        "category_code": {"column": "kind", "by_name": True},
        "category_name": {"column": "kind"},
    },
}


def adapted(*rows: tuple[str | None, str | None, str | None], **changes: Any) -> Adapted:
    """One case per (unit, area, kind)."""
    columns = {"unit": pl.String, "area": pl.String, "kind": pl.String}
    frame = pl.DataFrame(list(rows), schema=columns, orient="row").with_columns(
        pl.int_range(2, pl.len() + 2).alias(LINE), n=pl.int_range(pl.len()).cast(pl.String), day=pl.lit("2026-03-02")
    )
    return adapt(Table(frame, pl.DataFrame(schema=REJECT_SCHEMA)), mapping_from({**MAPPING, **changes}, "test"))


def missing(made: Adapted) -> list[Missing]:
    return missing_codes(made.events, made.mapping)


def test_names_become_codes_in_both_languages_and_unknown_ones_stay() -> None:
    made = adapted(
        ("城市管理局", "云富街道", "暴露垃圾"),
        ("Urban Management Bureau", "Yunfu Subdistrict", "Exposed garbage"),
        ("某某局", "某某街道", "某某事"),
        (None, None, None),
    )
    assert made.events.select("unit_code", "area_code", "category_code").rows() == [
        ("urban_management", "530681001", "0101"),
        ("urban_management", "530681001", "0101"),
        ("某某局", "某某街道", "某某事"),
        (None, None, None),
    ]
    assert missing(made) == [
        Missing("area", "某某街道", "某某街道", "", True, 1),
        Missing("unit", "某某局", "某某局", "", True, 1),
        Missing("category", "某某事", "某某事", "shuifu-12345", True, 1),
    ]


def test_a_name_that_two_share_stands_for_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    unit = registry.units("shuifu")[0]
    twin = registry.Unit(**{**vars(unit), "unit_code": "twin", "name_en": "Another"})
    gone = registry.Unit(**{**vars(unit), "unit_code": "gone", "name_zh": "旧局", "valid_to": "2021-01-01"})
    monkeypatch.setattr(registry, "units", lambda _city: (unit, twin, gone))
    assert codes_by_name(mapping_from(MAPPING, "test"), "unit_code") == {
        unit.name_en: unit.unit_code,
        "Another": "twin",
    }


@pytest.mark.parametrize(
    "rule",
    [
        {"case_id": {"column": "n", "by_name": True}},
        {"unit_code": {"constant": "x", "by_name": True}},
        {"unit_code": {"column": "unit", "by_name": True, "slug": True}},
        {"unit_code": {"column": "unit", "by_name": True, "map": {"a": "b"}}},
    ],
)
def test_by_name_is_refused_where_it_means_nothing(rule: dict[str, Any]) -> None:
    with pytest.raises(CityBrainError) as caught:
        mapping_from({**MAPPING, "fields": {**MAPPING["fields"], **rule}}, "test")
    assert "by_name is for" in caught.value.why


def test_a_declared_grid_is_a_known_area() -> None:
    grid = registry.grids("shuifu")[0].grid_code
    fields = {**MAPPING["fields"], "area_code": {"column": "area"}}
    assert missing(adapted((None, grid, None), fields=fields)) == []


def test_devices_and_signs_are_looked_for_in_their_registers() -> None:
    known = registry.devices("shuifu")[0].device_id
    events = pl.DataFrame({"device_id": [known, "CAM-X", "CAM-X"], "sign_code": [None, None, "S-X"]})
    assert missing_codes(events, mapping_from(MAPPING, "test")) == [
        Missing("device", "CAM-X", "CAM-X", "", False, 2),
        Missing("sign", "S-X", "S-X", "", False, 1),
    ]


def test_rows_are_made_for_what_is_missing_and_appended_as_the_files_are_written(tmp_path: Path) -> None:
    found = [
        Missing("area", "城关街道", "城关街道", "", True, 9),
        Missing("area", "云富街道", "云富街道", "", True, 9),
        Missing("area", "北门社区", "北门社区", "", True, 9),
        Missing("unit", "某某局", "某某局", "", True, 9),
        Missing("unit", "Public Works", "Public Works", "", True, 9),
        Missing("unit", "x-1", "x-1", "", False, 9),
        Missing("category", "P1", "Pothole", "new-311", False, 9),
        Missing("device", "CAM-X", "CAM-X", "", False, 2),
    ]
    shutil.copytree(registry.DATA_DIR, tmp_path / "data")
    before = {table: list(registry.rows(table, tmp_path / "data")) for table in registry.FILES}
    added = add_rows(rows_for(found, "shuifu"), tmp_path / "data")
    assert added == {"category_schemes.csv": 1, "areas.csv": 3, "units.csv": 3, "categories.csv": 1}
    new = {table: list(registry.rows(table, tmp_path / "data"))[len(rows) :] for table, rows in before.items()}
    assert {table for table, rows in new.items() if rows} == {"area", "unit", "category", "category_scheme"}
    assert [(row["area_code"], row["area_level"], row["parent_area_code"]) for row in new["area"]] == [
        ("城关街道", "street", "530681"),
        ("530681001", "street", "530681"),  # the official list knows it
        ("北门社区", "community", "530681"),
    ]
    first = len(registry.units("shuifu")) + 1
    assert [row["unit_code"] for row in new["unit"]] == [f"u{first:03d}", "public_works", "x-1"]
    assert new["category"] == [
        {
            "city_code": "shuifu",
            "category_scheme": "new-311",
            "category_code": "P1",
            "name_zh": "Pothole",
            "name_en": "Pothole",
            "family": "其他事项",
            "valid_from": "2000-01-01",
            "valid_to": "",
        }
    ]


def test_a_file_without_a_last_line_end_is_not_glued(tmp_path: Path) -> None:
    shutil.copytree(registry.DATA_DIR, tmp_path / "data")
    path = tmp_path / "data" / "areas.csv"
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    add_rows(city_rows("qs", "429099", "青山,市", "Qingshan"), tmp_path / "data")
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[-1][:5] == ["qs", "429099", "city", "", "青山,市"]


def test_the_family_of_an_added_category_is_one_of_the_vocabulary() -> None:
    [row] = rows_for([Missing("category", "P1", "P1", "shuifu-12345", False, 1)], "shuifu")["category"]
    assert row["family"] in {one["family"] for one in registry.rows("category_family")}

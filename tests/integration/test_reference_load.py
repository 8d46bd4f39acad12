"""Reference data in a real PostgreSQL: all or nothing, and a second load changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.builds import calendars
from streams.errors import CityBrainError
from streams.reference import load, registry
from streams.settings import Settings
from tests.fixtures.warehouse import fetch, own_warehouse


@pytest.fixture
def warehouse(postgres: Settings, tmp_path: Path) -> Iterator[Settings]:
    with own_warehouse(postgres, "reference_load", tmp_path / "lake") as settings:
        yield settings


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(registry.DATA_DIR, tmp_path / "data"))


def counts(settings: Settings) -> dict[str, int]:
    return {t: int(fetch(settings, f"select count(*) from raw.ref_{t}")[0][0]) for t in registry.TABLES}


def test_the_first_load_brings_all_and_the_second_changes_nothing(warehouse: Settings) -> None:
    first = load.load(warehouse)
    assert first == {table: len(rows) for table, rows in load.tables().items()} == counts(warehouse)
    assert load.load(warehouse) == dict.fromkeys(first, 0)
    ((parent, valid_to),) = fetch(
        warehouse, "select parent_area_code, valid_to from raw.ref_area where area_code = '530681'"
    )
    assert parent is None and valid_to is None
    assert fetch(warehouse, "select has_time_limits from raw.ref_city order by city_code") == [(False,), (True,)]


def test_a_changed_a_new_and_a_removed_row_are_all_that_is_touched(warehouse: Settings, data: Path) -> None:
    load.load(warehouse)
    path = data / "categories.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line.replace("土地承包与流转", "承包地") for line in lines if ",petition,1199," not in line]
    path.write_text("".join([*kept, "shuifu,petition,1198,档案,Archives,其他事项,2026-01-01,\n"]), encoding="utf-8")
    assert load.load(warehouse, data) == dict.fromkeys(registry.TABLES, 0) | {"category": 3}
    found = dict(
        fetch(warehouse, "select category_code, name_zh from raw.ref_category where category_scheme = 'petition'")
    )
    assert found["0101"] == "承包地" and found["1198"] == "档案" and "1199" not in found


def test_a_fault_in_one_file_leaves_every_table_as_it_was(warehouse: Settings, data: Path) -> None:
    load.load(warehouse)
    units = data / "units.csv"
    units.write_text(units.read_text(encoding="utf-8").replace("交通运输局", "交通局"), encoding="utf-8")
    grids = data / "grids.csv"
    grids.write_text(grids.read_text(encoding="utf-8").replace(",urban,", ",suburban,", 1), encoding="utf-8")
    with pytest.raises(CityBrainError, match="fault"):
        load.load(warehouse, data)
    assert fetch(warehouse, "select name_zh from raw.ref_unit where unit_code = 'transport'") == [("交通运输局",)]


def test_every_table_and_most_columns_say_in_the_database_what_they_are(warehouse: Settings) -> None:
    load.load(warehouse)
    rows = fetch(
        warehouse,
        "select relname, obj_description(oid) from pg_class where relname like 'ref\\_%' and relkind = 'r'",
    )
    clocks = {"ref_clock_calendar", *calendars.LOOKUPS}
    assert {name for name, _ in rows} == {f"ref_{table}" for table in registry.TABLES} | clocks
    assert all(comment for _, comment in rows), rows

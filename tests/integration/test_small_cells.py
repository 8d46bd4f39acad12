"""The step that withholds, and the gate's attack on what is shown, over tables of a warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.builds import suppress
from streams.quality import measures
from streams.quality.gate import RuleResult, judge_frame, quiet_context, told_apart_frame
from streams.quality.suites import cells
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.fixtures.warehouse import own_warehouse

SCHEMA = "wap_cells"

CANDIDATES = f"""
    create schema {SCHEMA};
    create table {SCHEMA}.indicator_catalogue as
    select 'G01b' as indicator_id, 1 as indicator_version, 'count' as formula, 'case_counted' as numerator_atom,
        null::text as denominator_atom, 'case_counted' as n_atom;
    create table {SCHEMA}.atom as
    select 'case_counted' as atom_id, 'count' as measure, 'sum' as time_rollup, 'sum' as place_rollup;
    create table {SCHEMA}.dim_area as
    select * from (values ('c', 's1', 'city'), ('c', 's2', 'city'), ('c', 's3', 'city'), ('c', 'city', ''))
        as areas (city_code, area_code, parent_area_code);
    create table {SCHEMA}.fct_indicator_value as
    select 'c' as city_code, 'G01b' as indicator_id, 1 as indicator_version, 'raw' as variant, 'month' as period_type,
        date '2026-01-01' as period_start, date '2026-02-01' as period_end, area_level, area_code, '' as unit_code,
        '' as breakdown_type, '' as breakdown_code, n::float8 as numerator, null::float8 as denominator, n::bigint as n,
        '' as na_reason, 10 as small_cell_k, false as small_cell_both_sides
    from (values ('city', 'city', 90), ('street', 's1', 60), ('street', 's2', 4), ('street', 's3', 26))
        as told (area_level, area_code, n);
"""

DOOR = f"""
    create table {SCHEMA}.indicator_value as
    select told.*, masks.reason is not null as suppressed
    from {SCHEMA}.fct_indicator_value as told
    left join {SCHEMA}.suppression as masks using (city_code, indicator_id, area_level, area_code);
"""


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    lake: Path = tmp_path_factory.mktemp("lake")
    with own_warehouse(postgres, "test_small_cells", lake) as settings, connect(settings, "dbt") as connection:
        connection.execute(CANDIDATES)
        suppress.prepare(connection, SCHEMA)
        loss = suppress.suppress(connection, SCHEMA)
        assert str(loss) == "2 cells withheld, 1 of them small: city 0% (small 0%), street 67% (small 33%)"
        connection.execute(DOOR)
        connection.commit()
        yield settings


def verdict(settings: Settings) -> list[RuleResult]:
    frame = measures.cells(settings, SCHEMA)
    with quiet_context() as context:
        results = judge_frame(context, "cells", frame, cells.suite())
        return told_apart_frame(context, "cells", frame, cells.suite(), results)


def test_a_small_cell_and_the_cheapest_that_gives_it_away_are_withheld(warehouse: Settings) -> None:
    with connect(warehouse, "dbt") as connection:
        found = connection.execute(f"select area_code, reason from {SCHEMA}.suppression order by 1").fetchall()
    assert found == [("s2", "small_cell"), ("s3", "complementary")]
    (result,) = verdict(warehouse)
    assert (result.rule, result.passed) == ("no_small_cell_can_be_found_out", True)


def test_the_gate_is_red_for_the_city_of_which_one_cell_too_many_is_shown(warehouse: Settings) -> None:
    with connect(warehouse, "dbt") as connection:
        connection.execute(f"update {SCHEMA}.indicator_value set suppressed = false where area_code = 's3'")
        connection.commit()
    (result,) = verdict(warehouse)
    assert (result.passed, result.severity, result.city_code) == (False, "critical", "c")
